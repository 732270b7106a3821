import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, puppet, refusal, until } from './bench.ts'

const test = suite('lib/sandbox/docker/life')

const policy = (Name: string, MaximumRetryCount = 0) => ({ HostConfig: { RestartPolicy: { Name, MaximumRetryCount } } })

const ready = async (more: object) => {
  const { program, starts } = puppet()
  const made = await bench({ programs: { chat: program } })
  made.double.addImage('chat:1', {})
  const container = await made.docker.createContainer({ name: 'chat', Image: 'chat:1', ...more })
  await container.start()
  return { ...made, container, starts }
}

test('a program that ends is started again as the policy says', async () => {
  for (const [name, code, again] of [
    ['no', 1, false],
    ['always', 0, true],
    ['unless-stopped', 1, true],
    ['on-failure', 0, false],
    ['on-failure', 1, true],
  ] as const) {
    const { container, starts, end } = await ready(policy(name))
    try {
      starts[0]?.exit(code)
      if (again) await until(`${name} starts again`, () => starts.length === 2)
      else await new Promise((resolve) => setTimeout(resolve, 10))
      const { State, RestartCount } = await container.inspect()
      assert.is(State.Running, again, `${name} after ${code}`)
      assert.is(RestartCount, again ? 1 : 0)
      if (!again) assert.is(State.ExitCode, code)
    } finally {
      await end()
    }
  }
})

test('on-failure gives up after so many times', async () => {
  const { container, double, starts, end } = await ready(policy('on-failure', 2))
  try {
    for (const round of [1, 2, 3]) {
      await until(`start ${round}`, () => starts.length === round)
      double.crash('chat', 9)
    }
    const { State, RestartCount } = await container.inspect()
    assert.is(State.Status, 'exited')
    assert.is(State.ExitCode, 9)
    assert.is(RestartCount, 2)
  } finally {
    await end()
  }
})

test('a container that waits for its restart counts as running', async () => {
  const { program, starts } = puppet()
  const { docker, double, end } = await bench({ programs: { chat: program }, pace: 1000 })
  try {
    double.addImage('chat:1', {})
    const container = await docker.createContainer({ name: 'chat', Image: 'chat:1', ...policy('always') })
    await container.start()
    double.crash('chat', 137, { oomKilled: true })
    const { State } = await container.inspect()
    assert.is(State.Status, 'restarting')
    assert.is(State.Running, true)
    assert.is(State.OOMKilled, true)
    assert.match(await refusal(container.start()), /^304/)
    assert.match(await refusal(container.exec({ Cmd: ['true'] })), /^409 container \w+ is restarting, wait until/)
    await container.stop()
    assert.is((await container.inspect()).State.Status, 'exited')
    assert.is(starts.length, 1)
    await container.start()
    assert.is((await container.inspect()).RestartCount, 0)
  } finally {
    await end()
  }
})

test('stopping by hand is the end of it', async () => {
  const { container, starts, end } = await ready(policy('always'))
  try {
    await container.stop()
    await container.start()
    await container.kill()
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.is(starts.length, 2)
    assert.is((await container.inspect()).State.ExitCode, 137)
  } finally {
    await end()
  }
})

test('auto-removed containers are gone when they end', async () => {
  const { container, double, starts, end } = await ready({ HostConfig: { AutoRemove: true, Binds: ['kept:/x'] } })
  try {
    const gone = container.wait({ condition: 'removed' })
    await until('the request is in', () => double.requests().some(({ path }) => path.includes('/wait')))
    starts[0]?.exit(5)
    assert.equal(await gone, { StatusCode: 5 })
    assert.match(await refusal(container.inspect()), /^404/)
  } finally {
    await end()
  }
})

test('what ran comes back with the engine', async () => {
  const { program, starts } = puppet()
  const options = { programs: { chat: program } }
  const first = await bench(options)
  first.double.addImage('chat:1', {})
  const create = async (name: string, more: object) => {
    const container = await first.docker.createContainer({ name, Image: 'chat:1', Labels: { kept: 'yes' }, ...more })
    await container.start()
    return container
  }
  await create('once', policy('no'))
  await create('steady', { ...policy('unless-stopped'), Env: ['A=1'] })
  await (await create('stopped', policy('unless-stopped'))).stop()
  await (await create('eager', policy('always'))).stop()
  await first.docker.createContainer({ name: 'new', Image: 'chat:1', Labels: { kept: 'yes' }, ...policy('always') })
  await first.docker.createNetwork({ Name: 'net' })
  await first.docker.createVolume({ Name: 'data' })
  await first.double.close()

  const { docker, end } = await bench(options, first.folder)
  try {
    const states = await docker.listContainers({ all: true, filters: { label: ['kept'] } })
    assert.equal(states.map(({ Names, State }) => `${Names[0]} ${State}`).sort(), [
      '/eager running',
      '/new created',
      '/once exited',
      '/steady running',
      '/stopped exited',
    ])
    assert.is(starts.filter(({ env }) => env.A === '1').length, 2)
    assert.is((await docker.getContainer('once').inspect()).State.ExitCode, 255)
    assert.is((await docker.listNetworks({ filters: { name: ['net'] } })).length, 1)
    assert.is((await docker.listVolumes()).Volumes.length, 1)
    assert.is((await docker.listImages()).length, 1)
  } finally {
    await end()
  }
})

test.run()
