import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, puppet, refusal } from './bench.ts'

const test = suite('lib/sandbox/docker/networks')

const ready = async () => {
  const { program, starts } = puppet({ ports: { 80: 40_080 } })
  const made = await bench({ programs: { web: program } })
  made.double.addImage('web:1', { env: { A: '1' } })
  const run = async (name: string, NetworkMode: string, Aliases: readonly string[] = []) => {
    const container = await made.docker.createContainer({
      name,
      Image: 'web:1',
      HostConfig: { NetworkMode },
      ...(Aliases.length === 0
        ? {}
        : { NetworkingConfig: { EndpointsConfig: { [NetworkMode]: { Aliases: [...Aliases] } } } }),
    })
    await container.start()
    return container
  }
  return { ...made, run, starts }
}

test('containers of a network find each other by name and alias', async () => {
  const { docker, double, run, starts, end } = await ready()
  try {
    await docker.createNetwork({ Name: 'net', Labels: { a: 'b' } })
    await run('one', 'net', ['first'])
    await run('two', 'net')
    await run('lone', 'bridge')
    const [one, two, third] = starts
    assert.is(two?.resolve('one', 80), 40_080)
    assert.is(two?.resolve('first', 80), 40_080)
    assert.is(two?.resolve('first', 81), undefined)
    assert.is(one?.peer('two')?.env.A, '1')
    assert.is(third?.peer('one'), undefined)
    assert.is(third?.resolve('localhost', 80), 40_080)
    await docker.getNetwork('net').connect({ Container: 'lone', EndpointConfig: { Aliases: ['late'] } })
    assert.is(one?.peer('late')?.name, 'lone')
    const found = await docker.getNetwork('net').inspect()
    assert.is(found.IPAM?.Config?.[0]?.Subnet, '172.18.0.0/16')
    assert.equal(
      Object.values(found.Containers ?? {}).map((each) => `${each.Name} ${each.IPv4Address}`),
      ['one 172.18.0.2/16', 'two 172.18.0.3/16', 'lone 172.18.0.4/16'],
    )
    assert.equal(double.inspect('lone').NetworkSettings.Networks.net?.Aliases, ['late'])
    assert.ok(double.inspect('lone').NetworkSettings.Networks.net?.DNSNames?.includes('lone'))
    await docker.getNetwork('net').disconnect({ Container: 'lone' })
    assert.is(one?.peer('late'), undefined)
    await docker.getContainer('two').stop()
    assert.is(one?.peer('two'), undefined)
  } finally {
    await end()
  }
})

test('networks are refused as the real engine does', async () => {
  const { docker, run, end } = await ready()
  const create = (options: { Name: string; Driver?: string; IPAM?: object }) => refusal(docker.createNetwork(options))
  try {
    await docker.createNetwork({ Name: 'net', IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } })
    assert.is(await create({ Name: 'net' }), '409 network with name net already exists')
    assert.is(await create({ Name: 'bridge' }), '403 operation is not permitted on predefined bridge network')
    assert.match(await create({ Name: 'x', Driver: 'odd' }), /^404 could not find plugin odd/)
    assert.match(await create({ Name: 'x', IPAM: { Config: [{ Subnet: '10.9.0.0/16' }] } }), /^403 .*Pool overlaps/)
    assert.match(await create({ Name: 'x', IPAM: { Config: [{ Subnet: 'odd' }] } }), /^400 invalid network config/)
    assert.is(await refusal(docker.getNetwork('gone').inspect()), '404 network gone not found')
    assert.is(
      await refusal(docker.getNetwork('host').remove()),
      '403 host is a pre-defined network and cannot be removed',
    )
    await run('one', 'net')
    const net = docker.getNetwork('net')
    assert.match(
      await refusal(net.remove()),
      /^403 error while removing network: network net has active endpoints \(name:"one" id:"\w{12}"\)$/,
    )
    assert.is(
      await refusal(net.connect({ Container: 'one' })),
      '403 endpoint with name one already exists in network net',
    )
    assert.is(await refusal(net.connect({ Container: 'gone' })), '404 No such container: gone')
    assert.match(
      await refusal(docker.getNetwork('bridge').connect({ Container: 'one', EndpointConfig: { Aliases: ['x'] } })),
      /^400 .*network-scoped alias is supported only for containers in user defined networks$/s,
    )
    await docker.getContainer('one').stop()
    await net.remove()
    assert.match(await refusal(docker.getContainer('one').start()), /^404 .*network net not found$/)
  } finally {
    await end()
  }
})

test('volumes are made once, kept while used and removed with their content', async () => {
  const { docker, double, end } = await ready()
  try {
    await docker.createVolume({ Name: 'data', Labels: { a: 'b' } })
    await docker.createVolume({ Name: 'data', Labels: { other: 'x' } })
    const found = await docker.getVolume('data').inspect()
    assert.is(found.Mountpoint, '/var/lib/docker/volumes/data/_data')
    assert.equal(found.Labels, { a: 'b' })
    assert.is((await docker.listVolumes({ filters: { label: ['a=b'] } })).Volumes.length, 1)
    assert.match(
      await refusal(docker.createVolume({ Name: 'a b' })),
      /^400 create a b: "a b" includes invalid characters/,
    )
    assert.match(await refusal(docker.createVolume({ Name: 'xx', Driver: 'odd' })), /^404 .*plugin "odd" not found$/)
    assert.is(await refusal(docker.getVolume('gone').inspect()), '404 get gone: no such volume')
    const container = await docker.createContainer({ Image: 'web:1', HostConfig: { Binds: ['data:/x'] } })
    assert.is(await refusal(docker.getVolume('data').remove()), `409 remove data: volume is in use - [${container.id}]`)
    await container.remove()
    await docker.getVolume('data').remove()
    assert.is((await docker.listVolumes()).Volumes.length, 0)
    assert.ok(double.volumeFolder('data').endsWith('/state/volumes/data/_data'))
  } finally {
    await end()
  }
})

test.run()
