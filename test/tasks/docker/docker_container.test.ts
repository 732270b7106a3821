import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configLabel } from '../../../lib/containers/compare.ts'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import type { Program } from '../../../lib/sandbox/docker/program.ts'
import container from '../../../tasks/docker/docker_container.ts'
import network from '../../../tasks/docker/docker_network.ts'
import { type DockerWorld, dockerWorld } from '../../fakes/docker-world.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

/** A program that is healthy, sick or ends at once, as its variable MOOD says. */
const moody: Program = {
  start: async ({ env, log, exit }) => {
    log(`mood: ${env.MOOD ?? 'fine'}`)
    if (env.MOOD === 'ends') exit(3)
    if (env.MOOD === 'ends soon') setTimeout(() => exit(4), 15)
    return { ports: {}, stop: async () => 0, healthy: () => env.MOOD !== 'sick' }
  },
}

const registry = (reference: string) =>
  reference.startsWith('app:') ? { env: { FROM_IMAGE: 'yes' }, labels: { made: reference } } : 'no-repository'

const test = suite<{ world: DockerWorld }>('tasks/docker/docker_container')

test.before.each(async (my) => {
  my.world = await dockerWorld({ programs: { app: moody }, registry })
})
test.after.each((my) => my.world.remove())

const healthcheck = { test: ['CMD', 'is-it-well'], interval: '1s', timeout: '1s', retries: 2 }
const base = { name: 'web', image: 'app:1', env: { MOOD: 'fine' } }
const failure = (world: DockerWorld, written: { readonly [key: string]: unknown }) =>
  perform(container, written, world).then(
    () => undefined,
    (error) => error,
  )

test('makes and starts a container, pulling its image', async ({ world }) => {
  const run = await ritual(container, base, world)
  assert.equal(shown(run.changes), [
    { action: 'create', target: 'container web', after: { image: 'app:1', env: ['MOOD'], state: 'started' } },
  ])
  assert.is(world.engine.inspect('web').State.Running, true)
  assert.is((run.values.container as { Name: string }).Name, '/web')
})

test('every argument is found again as it was given', async ({ world }) => {
  await perform(network, { name: 'inner', ipam_config: [{ subnet: '172.30.9.0/24' }] }, world)
  await ritual(
    container,
    {
      ...base,
      command: 'serve --port "80 81"',
      entrypoint: ['/bin/app'],
      volumes: ['data:/data/', '/etc/app:/etc/app:ro', '/scratch', '/var/lib/x:/x:rw'],
      mounts: [{ type: 'volume', source: 'more', target: '/more', read_only: false }],
      networks: [{ name: 'inner', aliases: ['www'], ipv4_address: '172.30.9.7' }],
      published_ports: ['127.0.0.1:18080:80', '18081:81/udp', '18090-18091:90-91'],
      exposed_ports: ['9000'],
      restart_policy: 'on-failure',
      restart_retries: 3,
      memory: '256M',
      memory_swap: '512M',
      cpus: 1.5,
      log_driver: 'json-file',
      log_options: { 'max-size': '10m' },
      healthcheck: { test: 'is-it-well', interval: '1m30s', timeout: '500ms', retries: 3, start_period: '5s' },
      labels: { role: 'web' },
      user: '1000:1000',
      working_dir: '/srv',
      hostname: 'web1',
      capabilities: ['NET_ADMIN'],
      cap_drop: ['ALL'],
      read_only: true,
      tmpfs: ['/tmp:size=64m', '/run'],
      ulimits: ['nofile:1024:2048'],
      sysctls: { 'net.core.somaxconn': '1024' },
      security_opts: ['no-new-privileges:true'],
      init: true,
      stop_signal: 'SIGINT',
      stop_timeout: 30,
      shm_size: '64M',
      etc_hosts: { db: '10.0.0.7' },
      dns_servers: ['10.0.0.53'],
      auto_remove: false,
      blkio_weight: 300,
      cgroup_parent: '/app.slice',
      cgroupns_mode: 'private',
      cpu_period: 50_000,
      cpu_quota: 25_000,
      cpuset_mems: '0',
      memory_swappiness: 10,
      oom_killer: true,
      publish_all_ports: true,
      storage_opts: { size: '10G' },
      uts: 'host',
      volume_driver: 'local',
      volumes_from: ['other:ro'],
      links: ['db', 'cache:store'],
    },
    world,
  )
})

test('names what differs, and makes the container anew', async ({ world }) => {
  await perform(container, { ...base, user: '1000' }, world)
  const { Id } = world.engine.inspect('web')
  const run = await ritual(container, { ...base, user: '1001', image: 'app:2' }, world)
  const [change] = run.changes
  assert.equal(Object.keys(change?.after as object), ['image', 'user'])
  assert.is(change?.action, 'update')
  assert.is.not(world.engine.inspect('web').Id, Id)
  assert.throws(() => world.engine.inspect('web-previous'))
})

test('pauses a container as it is made or started, and lets it go on', async ({ world }) => {
  await ritual(container, { ...base, paused: true }, world)
  assert.is(world.engine.inspect('web').State.Paused, true)
  assert.equal(await check(container, base, world), [])
  const run = await ritual(container, { ...base, paused: false }, world)
  assert.equal(shown(run.changes), [{ action: 'update', target: 'container web', before: 'paused', after: 'running' }])
  await perform(container, { ...base, state: 'stopped' }, world)
  await ritual(container, { ...base, paused: true }, world)
  assert.is(world.engine.inspect('web').State.Paused, true)
})

test('kills with the signal that is named', async ({ world }) => {
  await perform(container, base, world)
  await ritual(container, { ...base, state: 'stopped', force_kill: true, kill_signal: 'SIGKILL' }, world)
  assert.is(world.engine.inspect('web').State.ExitCode, 137)
})

test('does not wait for containers that end', () => {
  const [finding] = container.validate?.(argsOf(container, { ...base, detach: false, cleanup: true }), context) ?? []
  assert.equal(finding?.path, ['detach'])
})

test('limits are changed as it runs', async ({ world }) => {
  await perform(container, { ...base, memory: '128M', restart_policy: 'no' }, world)
  const { Id } = world.engine.inspect('web')
  const run = await ritual(container, { ...base, memory: '512M', restart_policy: 'always', cpus: 0.5 }, world)
  assert.equal(shown(run.changes)[0]?.before, { restart_policy: 'no', memory: 128 * 2 ** 20, cpus: 0 })
  assert.is(world.engine.inspect('web').Id, Id)
})

test('an argument that is no longer given is noticed by the label', async ({ world }) => {
  await perform(container, { ...base, volumes: ['data:/data'], env: { MOOD: 'fine', OLD: '1' } }, world)
  assert.match(world.engine.inspect('web').Config.Labels?.[configLabel] ?? '', /^[0-9a-f]{64}$/)
  const run = await ritual(container, base, world)
  assert.equal(Object.keys(run.changes[0]?.after as object), ['arguments'])
})

test('variables that differ are named, their values never shown', async ({ world }) => {
  const env = (password: string) => ({ MOOD: 'fine', PASSWORD: new Secret(password, 'password'), PLAIN: 'x' })
  await perform(container, { ...base, env: env('sentinel-old') }, world)
  assert.ok(world.engine.inspect('web').Config.Env.includes('PASSWORD=sentinel-old'))
  const run = await ritual(container, { ...base, env: env('sentinel-new') }, world)
  assert.equal(shown(run.changes)[0]?.before, { env: { PASSWORD: 'has another value' } })
  assert.not.match(JSON.stringify([shown(run.changes), run.values]), 'sentinel')
  assert.ok(world.engine.inspect('web').Config.Env.includes('PASSWORD=sentinel-new'))
})

test('a replacement that becomes healthy takes the place', async ({ world }) => {
  await perform(container, { ...base, healthcheck }, world)
  await ritual(container, { ...base, healthcheck, user: '1' }, world)
  assert.is(world.engine.inspect('web').State.Health?.Status, 'healthy')
})

test('one that does not is removed, and the former one runs again', async ({ world }) => {
  await perform(container, { ...base, healthcheck }, world)
  const { Id } = world.engine.inspect('web')
  const error = await failure(world, { ...base, healthcheck, env: { MOOD: 'sick' }, healthy_timeout: 1 })
  assert.is(error.code, 'container-not-healthy')
  assert.match(error.diagnostics[0].detail, 'mood: sick')
  assert.match(error.diagnostics[0].detail, 'the former container is back')
  assert.is(world.engine.inspect('web').Id, Id)
  assert.is(world.engine.inspect('web').State.Running, true)
  assert.throws(() => world.engine.inspect('web-previous'))
})

test('one that ends at once does not take the place either', async ({ world }) => {
  await perform(container, base, world)
  const error = await failure(world, { ...base, env: { MOOD: 'ends' } })
  assert.is(error.code, 'container-not-healthy')
  assert.match(error.diagnostics[0].detail, 'exit code 3')
  assert.ok(world.engine.inspect('web').Config.Env.includes('MOOD=fine'))
})

test('nor does one that ends a moment later', async ({ world }) => {
  await perform(container, base, world)
  const error = await failure(world, { ...base, env: { MOOD: 'ends soon' } })
  assert.match(error.diagnostics[0].detail, 'exit code 4')
})

test('one that cannot be started leaves nothing behind, and says so', async ({ world }) => {
  const published_ports = ['127.0.0.1:18082:80']
  await perform(container, { ...base, name: 'first', published_ports }, world)
  const error = await failure(world, { ...base, published_ports })
  assert.is(error.code, 'docker-refused')
  assert.match(error.message, 'start the container web')
  assert.match(error.diagnostics[0].detail, 'was removed again')
  assert.is(error.undone, true)
  assert.throws(() => world.engine.inspect('web'))
})

test('a container that was started and ended stays to be looked into', async ({ world }) => {
  const error = await failure(world, { ...base, env: { MOOD: 'ends' }, state: 'healthy' })
  assert.is(error.undone, false)
  assert.is(world.engine.inspect('web').State.ExitCode, 3)
})

test('one that somebody kills while it is waited for is not waited for any longer', async ({ world }) => {
  const wish = { ...base, env: { MOOD: 'sick' }, healthcheck, restart_policy: 'unless-stopped', healthy_timeout: 60 }
  const failing = failure(world, wish)
  const runs = () => {
    try {
      return world.engine.inspect('web').State.Running
    } catch {
      return false
    }
  }
  while (!runs()) await new Promise((resolve) => setTimeout(resolve, 2))
  await world.io.docker.request('POST', '/containers/web/kill')
  const error = await failing
  assert.is(error.code, 'container-not-healthy')
  assert.match(error.message, 'it was stopped or killed from outside')
})

test('the former one comes back when the new one cannot even be made', async ({ world }) => {
  await perform(container, { ...base, published_ports: ['127.0.0.1:18080:80'] }, world)
  const error = await failure(world, {
    ...base,
    published_ports: ['127.0.0.1:18080:80'],
    networks: [{ name: 'no-such-network' }],
    user: '7',
  })
  assert.ok(error.code.startsWith('docker-refused'), error.code)
  assert.is(world.engine.inspect('web').State.Running, true)
})

test('nothing is stopped when the new image cannot be pulled', async ({ world }) => {
  await perform(container, base, world)
  const before = world.changes.length
  const error = await failure(world, { ...base, image: 'other:1' })
  assert.is(error.code, 'image-not-pulled')
  assert.is(world.changes.length, before + 1)
  assert.is(world.engine.inspect('web').State.Running, true)
})

test('an interrupted replacement is taken up: the new one was not made yet', async ({ world }) => {
  await perform(container, base, world)
  await world.io.docker.request('POST', '/containers/web/stop')
  await world.io.docker.request('POST', '/containers/web/rename?name=web-previous')
  await ritual(container, { ...base, user: '1' }, world)
  assert.is(world.engine.inspect('web').State.Running, true)
  assert.throws(() => world.engine.inspect('web-previous'))
})

test('an interrupted replacement is taken up: the new one was not proven yet', async ({ world }) => {
  await perform(container, { ...base, healthcheck }, world)
  await world.io.docker.request('POST', '/containers/web/rename?name=web-previous')
  await perform(container, { ...base, healthcheck, name: 'web2' }, world)
  await world.io.docker.request('POST', '/containers/web2/rename?name=web')
  const run = await ritual(container, { ...base, healthcheck }, world)
  assert.is(run.changes[0]?.before, 'replacement interrupted')
  assert.throws(() => world.engine.inspect('web-previous'))
})

test('an interrupted replacement that turns out sick is undone', async ({ world }) => {
  await perform(container, { ...base, healthcheck, user: '5' }, world)
  await world.io.docker.request('POST', '/containers/web/stop')
  await world.io.docker.request('POST', '/containers/web/rename?name=web-previous')
  const sick = { ...base, healthcheck, env: { MOOD: 'sick' } }
  await perform(container, { ...sick, name: 'web2' }, world)
  await world.io.docker.request('POST', '/containers/web2/rename?name=web')
  const error = await failure(world, { ...sick, healthy_timeout: 1 })
  assert.is(error.code, 'container-not-healthy')
  assert.is(world.engine.inspect('web').Config.User, '5')
})

test('starts, stops, makes without starting, removes', async ({ world }) => {
  await ritual(container, { ...base, state: 'present' }, world)
  assert.is(world.engine.inspect('web').State.Running, false)
  await ritual(container, base, world)
  await ritual(container, { ...base, state: 'stopped' }, world)
  await ritual(container, { name: 'web', state: 'started' }, world)
  await ritual(container, { name: 'web', state: 'absent' }, world)
  assert.throws(() => world.engine.inspect('web'))
})

test('a task that names no image neither compares nor makes a whole container', async ({ world }) => {
  await perform(container, { ...base, volumes: ['data:/data'] }, world)
  assert.equal(await check(container, { name: 'web' }, world), [])
  assert.is((await failure(world, { name: 'web', user: '7' })).code, 'image-needed')
  assert.is((await failure(world, { name: 'web', recreate: true })).code, 'image-needed')
  assert.is((await failure(world, { name: 'other' })).code, 'image-needed')
})

test('restart and recreate are done each time', async ({ world }) => {
  await perform(container, base, world)
  const { Id } = world.engine.inspect('web')
  assert.ok((await perform(container, { ...base, restart: true }, world)).changed)
  assert.is(world.engine.inspect('web').Id, Id)
  assert.ok((await perform(container, { ...base, recreate: true }, world)).changed)
  assert.is.not(world.engine.inspect('web').Id, Id)
})

test('pull looks for a newer image and says whether there was one', async ({ world }) => {
  await perform(container, base, world)
  const again = await perform(container, { ...base, pull: true }, world)
  assert.not(again.changed)
  assert.is(again.changes.length, 1)
})

test('state healthy waits', async ({ world }) => {
  await perform(container, { ...base, healthcheck, state: 'healthy', healthy_timeout: 5 }, world)
  assert.is(world.engine.inspect('web').State.Health?.Status, 'healthy')
  assert.equal(await check(container, { ...base, healthcheck, state: 'healthy' }, world), [])
})

test('joins and leaves networks as it runs', async ({ world }) => {
  await perform(network, { name: 'a' }, world)
  await perform(network, { name: 'b' }, world)
  await perform(container, { ...base, networks: [{ name: 'a' }] }, world)
  const { Id } = world.engine.inspect('web')
  await ritual(container, { ...base, networks: [{ name: 'a', aliases: ['x'] }, { name: 'b' }] }, world)
  assert.equal(Object.keys(world.engine.inspect('web').NetworkSettings.Networks).sort(), ['a', 'b'])
  await ritual(container, { ...base, networks: [{ name: 'b' }], purge_networks: true }, world)
  assert.equal(Object.keys(world.engine.inspect('web').NetworkSettings.Networks), ['b'])
  assert.is(world.engine.inspect('web').Id, Id)
})

test('comparisons can be left out', async ({ world }) => {
  await perform(container, base, world)
  assert.equal(await check(container, { ...base, env: { MOOD: 'other' }, comparisons: { env: 'ignore' } }, world), [])
})

test('leaves a container alone that others made, where nothing differs', async ({ world }) => {
  await world.io.docker.request('POST', '/images/create?fromImage=app&tag=1')
  await world.io.docker.request('POST', '/containers/create?name=web', { body: { Image: 'app:1', Env: ['MOOD=fine'] } })
  await world.io.docker.request('POST', '/containers/web/start')
  assert.equal(await check(container, base, world), [])
})

test('says who made a container, and does not make it anew for somebody else', async ({ world }) => {
  const made = (run: string) => ({ ...base, labels: { kind: 'a' }, labels_when_made: { run } })
  await perform(container, made('first'), world)
  assert.equal(await check(container, made('second'), world), [])
  const { run, kind } = world.engine.inspect('web').Config.Labels ?? {}
  assert.equal([run, kind], ['first', 'a'])
})

test('without an image, a container that an earlier task would make is not there yet', async ({ world }) => {
  assert.instance(await failure(world, { name: 'other', state: 'healthy' }), NotYetError)
  await perform(container, base, world)
  assert.equal(await check(container, { name: 'web', state: 'healthy' }, world), [])
})

const findings = (written: { readonly [key: string]: unknown }) =>
  (container.validate?.(argsOf(container, { name: 'web', ...written }), context) ?? []).map((one) => one.path[0])

test('finds what is wrong before anything is touched', () => {
  assert.equal(findings({ name: 'a/b' }), ['name'])
  assert.equal(findings({ published_ports: ['http:80'] }), ['published_ports'])
  assert.equal(findings({ memory: 'much' }), ['memory'])
  assert.equal(findings({ healthcheck: { interval: '5 minutes' } }), ['healthcheck'])
  assert.equal(findings({ restart_retries: 2 }), ['restart_retries'])
  assert.equal(findings({ ulimits: ['nofile'] }), ['ulimits'])
  assert.equal(findings({ mounts: [{ type: 'bind', target: '/x' }] }), ['mounts'])
  assert.throws(() => argsOf(container, { name: 'web', env: { A: true } }))
})

test.run()
