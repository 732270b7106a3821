import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, puppet, until } from './bench.ts'

const test = suite('lib/sandbox/docker/health')

const second = 1e9

const ready = async (parts: Parameters<typeof puppet>[0], Healthcheck: object) => {
  const { program } = puppet(parts)
  const made = await bench({ programs: { chat: program }, pace: 0.01 })
  made.double.addImage('chat:1', { healthcheck: { Test: ['CMD', 'probe'], Interval: second, Retries: 2 } })
  const container = await made.docker.createContainer({ name: 'chat', Image: 'chat:1', Healthcheck })
  await container.start()
  const health = async () => (await container.inspect()).State.Health
  return { ...made, container, health }
}

test('health goes from starting to healthy to unhealthy and back', async () => {
  let code = 0
  const { promise: seen, resolve: goOn } = Promise.withResolvers<void>()
  const { container, double, docker, health, end } = await ready(
    {
      exec: async ({ cmd }) => {
        await seen
        return cmd[0] === 'probe' ? { code, stdout: `said ${code}` } : undefined
      },
    },
    { Timeout: 1000 * second },
  )
  try {
    assert.is((await health())?.Status, 'starting')
    assert.match((await docker.listContainers())[0]?.Status ?? '', /\(health: starting\)$/)
    goOn()
    await until('it is healthy', async () => (await health())?.Status === 'healthy')
    code = 1
    await until('it is unhealthy', async () => (await health())?.Status === 'unhealthy')
    const found = await health()
    assert.ok((found?.FailingStreak ?? 0) >= 2)
    assert.is(found?.Log?.at(-1)?.Output, 'said 1')
    assert.ok((found?.Log?.length ?? 0) <= 5)
    assert.is((await docker.listContainers({ filters: { health: ['unhealthy'] } })).length, 1)
    code = 0
    await until('it is healthy again', async () => (await health())?.Status === 'healthy')
    const actions = double.events().map(({ Action }) => Action)
    assert.equal(
      actions.filter((action) => action.startsWith('health_status')),
      ['health_status: healthy', 'health_status: unhealthy', 'health_status: healthy'],
    )
    assert.is(double.execs(), 0)
    await container.stop()
    assert.is((await health())?.Status, 'unhealthy')
  } finally {
    await end()
  }
})

test('failures of the start period do not count', async () => {
  let asked = 0
  let code = 1
  const { health, end } = await ready(
    {
      exec: async () => {
        asked++
        return { code }
      },
    },
    { StartPeriod: 6000 * second, StartInterval: second / 2 },
  )
  try {
    await until('it was asked often', () => asked >= 4)
    assert.is((await health())?.Status, 'starting')
    assert.is((await health())?.FailingStreak, 0)
    code = 0
    await until('it is healthy', async () => (await health())?.Status === 'healthy')
  } finally {
    await end()
  }
})

test('a check that is not there or hangs fails', async () => {
  const absent = await ready({}, {})
  try {
    await until('it is unhealthy', async () => (await absent.health())?.Status === 'unhealthy')
    const last = (await absent.health())?.Log?.at(-1)
    assert.is(last?.ExitCode, -1)
    assert.match(last?.Output ?? '', /exec: "probe": executable file not found in \$PATH/)
  } finally {
    await absent.end()
  }
  const slow = await ready({ exec: () => new Promise(() => {}) }, { Timeout: second })
  try {
    await until('it is unhealthy', async () => (await slow.health())?.Status === 'unhealthy')
    assert.is((await slow.health())?.Log?.at(-1)?.Output, 'Health check exceeded timeout (1s)')
  } finally {
    await slow.end()
  }
})

test('a program may answer for itself; NONE means no check', async () => {
  const own = await ready({ healthy: () => true }, {})
  try {
    await until('it is healthy', async () => (await own.health())?.Status === 'healthy')
  } finally {
    await own.end()
  }
  const none = await ready({}, { Test: ['NONE'] })
  try {
    assert.is(await none.health(), undefined)
  } finally {
    await none.end()
  }
})

test.run()
