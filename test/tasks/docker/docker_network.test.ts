import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import container from '../../../tasks/docker/docker_container.ts'
import network from '../../../tasks/docker/docker_network.ts'
import volume from '../../../tasks/docker/docker_volume.ts'
import { type DockerWorld, dockerWorld } from '../../fakes/docker-world.ts'
import { check, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: DockerWorld }>('tasks/docker/docker_network')

test.before.each(async (my) => {
  my.world = await dockerWorld({ registry: () => ({}) })
})
test.after.each((my) => my.world.remove())

const inside = (world: DockerWorld, name: string) => Object.keys(world.engine.inspect(name).NetworkSettings.Networks)

test('makes a network with its properties', async ({ world }) => {
  const run = await ritual(
    network,
    {
      name: 'back',
      internal: true,
      ipam_config: [{ subnet: '172.30.5.0/24', gateway: '172.30.5.1' }],
      labels: { a: 'b' },
      driver_options: { 'com.docker.network.bridge.name': 'br-back' },
    },
    world,
  )
  assert.equal(shown(run.changes), [{ action: 'create', target: 'network back', after: { driver: 'bridge' } }])
  assert.is((run.values.network as { Internal: boolean }).Internal, true)
})

test('makes it anew when a property differs, with the containers in it', async ({ world }) => {
  await perform(network, { name: 'back' }, world)
  await perform(container, { name: 'web', image: 'app:1', networks: [{ name: 'back', aliases: ['www'] }] }, world)
  const run = await ritual(network, { name: 'back', internal: true }, world)
  assert.equal(shown(run.changes), [
    { action: 'update', target: 'network back', before: { internal: false }, after: { internal: true } },
  ])
  assert.equal(inside(world, 'web'), ['back'])
  assert.equal(await check(container, { name: 'web', networks: [{ name: 'back', aliases: ['www'] }] }, world), [])
})

test('connects and disconnects containers only when they are listed', async ({ world }) => {
  await perform(network, { name: 'back' }, world)
  await perform(container, { name: 'web', image: 'app:1', networks: [{ name: 'back' }] }, world)
  await perform(container, { name: 'db', image: 'app:1' }, world)
  assert.equal(await check(network, { name: 'back' }, world), [])
  await ritual(network, { name: 'back', connected: ['db'], appends: true }, world)
  assert.ok(inside(world, 'web').includes('back'))
  await ritual(network, { name: 'back', connected: ['db'] }, world)
  assert.not(inside(world, 'web').includes('back'))
})

test('removes a network', async ({ world }) => {
  await perform(network, { name: 'back' }, world)
  await perform(container, { name: 'web', image: 'app:1', networks: [{ name: 'back' }] }, world)
  await ritual(network, { name: 'back', state: 'absent', force: true }, world)
})

test('volumes are made and removed', async ({ world }) => {
  await ritual(volume, { name: 'data', labels: { a: 'b' } }, world)
  assert.equal(await check(volume, { name: 'data', labels: { a: 'c' } }, world), [], 'never made anew unless asked')
  await ritual(volume, { name: 'data', labels: { a: 'c' }, recreate: 'options-changed' }, world)
  const run = await ritual(volume, { name: 'data', state: 'absent' }, world)
  assert.equal(run.values.volume, {})
})

test.run()
