import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, overStreams, puppet, refusal, until } from './bench.ts'

const test = suite('lib/sandbox/docker/containers')

const image = {
  cmd: ['serve'],
  env: { FROM: 'image', BOTH: 'image' },
  exposedPorts: ['3000/tcp'],
  labels: { maker: 'image' },
  volumes: ['/app/uploads'],
}

const wish = {
  name: 'chat',
  Image: 'chat:1',
  Env: ['BOTH=mine', 'MINE=1'],
  Labels: { role: 'chat' },
  Healthcheck: { Test: ['NONE'] },
  HostConfig: {
    Binds: ['data:/data', '/srv/conf:/conf:ro'],
    PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] },
    RestartPolicy: { Name: 'unless-stopped' },
    Memory: 512 * 1024 * 1024,
    CapDrop: ['ALL'],
  },
}

test('a container lives from create to remove, over a socket and over streams', async () => {
  const { program, starts, signals } = puppet({ ports: { 3000: 40_001 } })
  const { double, docker, end } = await bench({ programs: { chat: program } })
  try {
    double.addImage('chat:1', image)
    for (const client of [docker, overStreams(double)]) {
      const created = await client.createContainer(wish)
      const container = client.getContainer('chat')
      const before = await container.inspect()
      assert.is(before.Id, created.id)
      assert.is(before.State.Status, 'created')
      assert.equal(before.Config.Env, [
        'BOTH=mine',
        'MINE=1',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'FROM=image',
      ])
      assert.equal(before.Config.Labels, { maker: 'image', role: 'chat' })
      assert.equal(before.Config.Cmd, ['serve'])
      assert.equal(before.HostConfig.RestartPolicy, { Name: 'unless-stopped', MaximumRetryCount: 0 })
      assert.is(before.HostConfig.MemorySwap, 1024 * 1024 * 1024)
      assert.equal(before.HostConfig.CapDrop, ['ALL'])
      assert.equal(
        before.Mounts.map(({ Type, Destination, RW }) => `${Type} ${Destination} ${RW}`),
        ['volume /app/uploads true', 'volume /data true', 'bind /conf false'],
      )

      await container.start()
      const running = await container.inspect()
      assert.is(running.State.Running, true)
      assert.equal(running.NetworkSettings.Ports, { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] })
      assert.is(running.NetworkSettings.Networks.bridge?.IPAddress, '172.17.0.2')
      const context = starts.at(-1)
      assert.is(context?.env.BOTH, 'mine')
      assert.equal(context?.argv, ['serve'])
      assert.is(context?.mounts['/data'], double.volumeFolder('data'))
      assert.is(double.resolvePort('127.0.0.1', 3000), 40_001)
      const [listed] = await client.listContainers({ filters: { label: ['role=chat'] } })
      assert.is(listed?.State, 'running')
      assert.match(listed?.Status ?? '', /^Up /)

      await container.restart()
      assert.is(starts.length % 2, 0, 'the program started again')
      await container.stop()
      assert.is(signals.at(-1), 'SIGTERM')
      const stopped = await container.inspect()
      assert.is(stopped.State.Status, 'exited')
      assert.is(stopped.State.ExitCode, 0)
      assert.equal(await client.listContainers(), [])
      assert.is((await client.listContainers({ all: true })).length, 1)
      assert.is(double.resolvePort('127.0.0.1', 3000), undefined)

      await container.update({ RestartPolicy: { Name: 'no' } })
      await container.rename({ name: 'old' })
      const renamed = await client.getContainer('old').inspect()
      assert.is(renamed.Name, '/old')
      assert.is(renamed.HostConfig.RestartPolicy?.Name, 'no')
      await client.getContainer('old').remove({ v: true })
      assert.equal(
        (await client.listVolumes()).Volumes.map(({ Name }) => Name),
        ['data'],
      )
    }
  } finally {
    await end()
  }
})

test('only changes count as writes', async () => {
  const { program } = puppet()
  const { double, docker, end } = await bench({ programs: { chat: program } })
  try {
    double.addImage('chat:1', image)
    const container = await docker.createContainer({ name: 'chat', Image: 'chat:1' })
    await container.start()
    assert.is(double.writes(), 2)
    await container.start().catch(() => undefined)
    await container.inspect()
    await docker.listContainers()
    await docker.ping()
    await refusal(docker.createContainer({ name: 'chat', Image: 'chat:1' }))
    assert.is(double.writes(), 2)
    const exec = await container.exec({ Cmd: ['true'], AttachStdout: true })
    ;(await exec.start({})).resume()
    assert.is(double.writes(), 2)
    assert.is(double.execs(), 1)
    const [first] = double.requests()
    assert.is(first?.method, 'POST')
    assert.match(first?.path ?? '', /^\/containers\/create\?name=chat/)
    assert.is(first?.status, 201)
  } finally {
    await end()
  }
})

test('what the real engine refuses is refused', async () => {
  const { program } = puppet()
  const { double, docker, end } = await bench({ programs: { chat: program } })
  const create = (more: object) => refusal(docker.createContainer({ name: 'other', Image: 'chat:1', ...more }))
  const check = async (found: Promise<string>, wanted: string | RegExp) => {
    const said = await found
    if (typeof wanted === 'string') assert.is(said, wanted)
    else assert.match(said, wanted)
  }
  try {
    double.addImage('chat:1', image)
    const chat = await docker.createContainer({ name: 'chat', Image: 'chat:1' })
    const gone = docker.getContainer('gone')
    await check(refusal(gone.inspect()), '404 No such container: gone')
    await check(refusal(gone.start()), '404 No such container: gone')
    await check(create({ Image: 'chat:2' }), '404 No such image: chat:2')
    await check(create({ Image: 'absent' }), '404 No such image: absent:latest')
    await check(
      create({ name: 'chat' }),
      `409 Conflict. The container name "/chat" is already in use by container "${chat.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
    await check(create({ name: 'a b' }), /^400 Invalid container name \(a b\), only /)
    await check(
      create({ HostConfig: { RestartPolicy: { Name: 'often' } } }),
      /^400 invalid restart policy: unknown policy 'often'/,
    )
    await check(create({ HostConfig: { Memory: 1000 } }), '400 Minimum memory limit allowed is 6MB')
    await check(create({ HostConfig: { Binds: ['data:there'] } }), /mount path must be absolute$/)
    await check(create({ HostConfig: { Binds: ['one:/x', 'two:/x'] } }), '400 Duplicate mount point: /x')
    await check(
      create({ HostConfig: { Mounts: [{ Type: 'bind', Source: '/absent', Target: '/x' }] } }),
      '400 invalid mount config for type "bind": bind source path does not exist: /absent',
    )
    await check(create({ HostConfig: { CapAdd: ['FLY'] } }), '400 invalid CapAdd: unknown capability: "CAP_FLY"')
    await check(
      create({ HostConfig: { PortBindings: { web: [{ HostPort: '80' }] } } }),
      '400 invalid port specification: "web"',
    )
    await check(
      create({ Healthcheck: { Test: ['CMD', 'x'], Interval: 5 } }),
      '400 Interval in Healthcheck cannot be less than 1ms',
    )
    await check(create({ Env: 'A=1' }), /^400 invalid JSON: json: cannot unmarshal string/)
    await check(create({ StopSignal: 'SIGNOPE' }), '400 invalid signal: SIGNOPE')

    await check(refusal(chat.stop()), /^304/)
    await check(refusal(chat.kill()), `409 cannot kill container: ${chat.id}: container ${chat.id} is not running`)
    await check(refusal(chat.exec({ Cmd: ['true'] })), `409 container ${chat.id} is not running`)
    await chat.start()
    await check(refusal(chat.start()), /^304/)
    await check(
      refusal(chat.remove()),
      '409 cannot remove container "/chat": container is running: stop the container before removing or force remove',
    )
    await check(
      refusal(chat.rename({ name: 'chat' })),
      '400 Renaming a container with the same name as its current name',
    )
    await check(refusal(chat.update({ Memory: 1e9 })), /^409 Cannot update container .* memoryswap/)
    await check(refusal(docker.listContainers({ filters: { odd: ['x'] } })), "400 invalid filter 'odd'")
    await check(refusal(docker.listContainers({ filters: { status: ['odd'] } })), "400 invalid filter 'status=odd'")
    await chat.remove({ force: true })
    await check(refusal(chat.inspect()), `404 No such container: ${chat.id}`)
  } finally {
    await end()
  }
})

test('a start that fails leaves its reason in the state', async () => {
  const { docker, double, end } = await bench({
    programs: {
      broken: { start: () => Promise.reject(new Error('exec: "serve": executable file not found in $PATH')) },
    },
  })
  try {
    double.addImage('broken:1', image)
    const lost = await docker.createContainer({
      name: 'lost',
      Image: 'broken:1',
      HostConfig: { NetworkMode: 'absent' },
    })
    assert.is(await refusal(lost.start()), '404 failed to set up container networking: network absent not found')
    assert.is((await lost.inspect()).State.ExitCode, 128)
    const broken = await docker.createContainer({ name: 'broken', Image: 'broken:1' })
    assert.match(await refusal(broken.start()), /^400 failed to create task .* executable file not found in \$PATH/)
    const { State } = await broken.inspect()
    assert.is(State.ExitCode, 127)
    assert.is(State.Status, 'created')
    assert.match(State.Error, /executable file not found/)
  } finally {
    await end()
  }
})

test('a program that ignores the stop signal is killed', async () => {
  const { program } = puppet({
    stop: (signal) => (signal === 'SIGKILL' ? Promise.resolve(137) : new Promise(() => {})),
  })
  const { docker, double, end } = await bench({ programs: { deaf: program } })
  try {
    double.addImage('deaf:1', image)
    const deaf = await docker.createContainer({ Image: 'deaf:1' })
    await deaf.start()
    await deaf.stop({ t: 0 })
    assert.is((await deaf.inspect()).State.ExitCode, 137)
  } finally {
    await end()
  }
})

test('wait answers with the exit code', async () => {
  const { program, starts } = puppet()
  const { docker, double, end } = await bench({ programs: { chat: program } })
  try {
    double.addImage('chat:1', image)
    const chat = await docker.createContainer({ Image: 'chat:1' })
    await chat.start()
    const waiting = chat.wait()
    await until('the request is in', () => double.requests().some(({ path }) => path.includes('/wait')))
    starts[0]?.exit(3)
    assert.equal(await waiting, { StatusCode: 3 })
    assert.equal(await chat.wait(), { StatusCode: 3 })
  } finally {
    await end()
  }
})

test('plain commands run without a program', async () => {
  const { docker, double, end } = await bench()
  try {
    double.addImage('tools:1', {})
    const once = await docker.createContainer({ Image: 'tools:1', Cmd: ['sh', '-c', 'echo one; echo two >&2; exit 3'] })
    await once.start()
    assert.is((await once.wait()).StatusCode, 3)
    const sits = await docker.createContainer({ Image: 'tools:1' })
    await sits.start()
    await sits.stop()
    assert.is((await sits.inspect()).State.ExitCode, 143)
  } finally {
    await end()
  }
})

test.run()
