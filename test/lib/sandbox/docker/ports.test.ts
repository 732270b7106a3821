import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, puppet, refusal } from './bench.ts'

const test = suite('lib/sandbox/docker/ports')

const ready = async (more = {}) => {
  const { program } = puppet({ ports: { 80: 40_080, 81: 40_081 } })
  const made = await bench({ programs: { web: program }, ...more })
  made.double.addImage('web:1', { exposedPorts: ['80/tcp'] })
  const create = async (name: string, PortBindings: object, rest: object = {}) => {
    const { HostConfig, ...others } = { HostConfig: {}, ...rest }
    return made.docker.createContainer({ name, Image: 'web:1', HostConfig: { PortBindings, ...HostConfig }, ...others })
  }
  return { ...made, create }
}

test('a port can be published once per address', async () => {
  const { create, double, end } = await ready()
  try {
    const local = await create('local', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] })
    await local.start()
    const wide = await create('wide', { '80/tcp': [{ HostPort: '8080' }] })
    assert.match(
      await refusal(wide.start()),
      /^500 failed to set up container networking: driver failed programming external connectivity on endpoint wide \(\w+\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
    )
    const { State } = await wide.inspect()
    assert.is(State.Status, 'created')
    assert.is(State.ExitCode, 128)
    assert.match(State.Error, /port is already allocated$/)
    const other = await create('other', { '80/tcp': [{ HostIp: '10.0.0.5', HostPort: '8080' }] })
    await other.start()
    assert.is(double.resolvePort('10.0.0.5', 8080), 40_080)
    assert.is(double.resolvePort('10.0.0.6', 8080), undefined)
    assert.is(double.resolvePort('localhost', 8080), 40_080)
    await local.stop()
    await other.stop()
    await wide.start()
    assert.equal(double.published(), [
      { address: '0.0.0.0', port: 8080, process: 'docker-proxy' },
      { address: '::', port: 8080, process: 'docker-proxy' },
    ])
    assert.is(double.resolvePort('10.0.0.6', 8080), 40_080)
  } finally {
    await end()
  }
})

test('a binding of a port that is not exposed does nothing', async () => {
  const { create, double, end } = await ready()
  try {
    const hidden = await create('hidden', { '81/tcp': [{ HostPort: '8081' }] })
    await hidden.start()
    assert.is(double.resolvePort('127.0.0.1', 8081), undefined)
    assert.equal((await hidden.inspect()).NetworkSettings.Ports, { '80/tcp': null })
    const shown = await create('shown', { '81/tcp': [{ HostPort: '8081' }] }, { ExposedPorts: { '81/tcp': {} } })
    await shown.start()
    assert.is(double.resolvePort('127.0.0.1', 8081), 40_081)
  } finally {
    await end()
  }
})

test('an empty port is chosen by the engine', async () => {
  const { create, end } = await ready()
  try {
    const one = await create('one', { '80/tcp': [{ HostPort: '' }] })
    const two = await create('two', {}, { HostConfig: { PublishAllPorts: true } })
    await one.start()
    await two.start()
    const portOf = async (container: typeof one) =>
      (await container.inspect()).NetworkSettings.Ports['80/tcp']?.[0]?.HostPort
    assert.is(await portOf(one), '32768')
    assert.is(await portOf(two), '32769')
  } finally {
    await end()
  }
})

test('a port that something else on the machine holds is refused', async () => {
  const { create, end } = await ready({ portTaken: (_: string, port: number) => port === 22 })
  try {
    const container = await create('one', { '80/tcp': [{ HostPort: '22' }] })
    assert.match(
      await refusal(container.start()),
      /^500 .*failed to bind host port for 0\.0\.0\.0:22:172\.17\.0\.2:80\/tcp: address already in use$/,
    )
  } finally {
    await end()
  }
})

test('a container on the host network is reached directly', async () => {
  const { create, double, end } = await ready()
  try {
    const container = await create('one', {}, { HostConfig: { NetworkMode: 'host' } })
    await container.start()
    assert.is(double.resolvePort('127.0.0.1', 81), 40_081)
  } finally {
    await end()
  }
})

test.run()
