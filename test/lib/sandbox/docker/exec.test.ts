import { request } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ExecRequest } from '../../../../lib/sandbox/docker/program.ts'
import { bench, frames, overStreams, puppet, refusal, whole } from './bench.ts'

const test = suite('lib/sandbox/docker/exec')

const ready = async () => {
  const asked: ExecRequest[] = []
  const { program } = puppet({
    exec: async (request) => {
      asked.push(request)
      if (request.cmd[0] === 'upper') return { code: 0, stdout: (await request.stdin()).toString().toUpperCase() }
      return request.cmd[0] === 'both' ? { code: 4, stdout: 'out\n', stderr: 'err\n' } : undefined
    },
  })
  const made = await bench({ programs: { chat: program } })
  made.double.addImage('chat:1', { env: { A: 'image' } })
  const container = await made.docker.createContainer({ name: 'chat', Image: 'chat:1' })
  await container.start()
  return { ...made, container, asked }
}

test('output comes in frames, the exit code with the inspection', async () => {
  const { docker, double, end, asked } = await ready()
  try {
    for (const client of [docker, overStreams(double)]) {
      for (const hijack of [true, false]) {
        const exec = await client
          .getContainer('chat')
          .exec({ Cmd: ['both'], AttachStdout: true, AttachStderr: true, Env: ['B=2'], User: '7', WorkingDir: '/srv' })
        assert.equal(frames(await whole(await exec.start({ hijack }))), [
          ['stdout', 'out\n'],
          ['stderr', 'err\n'],
        ])
        const { ExitCode, Running } = await exec.inspect()
        assert.equal({ ExitCode, Running }, { ExitCode: 4, Running: false })
      }
    }
    assert.is(asked[0]?.env.A, 'image')
    assert.is(asked[0]?.env.B, '2')
    assert.is(asked[0]?.user, '7')
    assert.is(asked[0]?.workingDir, '/srv')
  } finally {
    await end()
  }
})

test('input goes in over a connection taken over', async () => {
  const { docker, double, end } = await ready()
  try {
    for (const client of [docker, overStreams(double)]) {
      const exec = await client.getContainer('chat').exec({ Cmd: ['upper'], AttachStdin: true, AttachStdout: true })
      const stream = await exec.start({ hijack: true, stdin: true })
      stream.write('some ')
      stream.end('text')
      assert.equal(frames(await whole(stream)), [['stdout', 'SOME TEXT']])
    }
    const exec = await docker
      .getContainer('chat')
      .exec({ Cmd: ['upper'], AttachStdin: true, AttachStdout: true, Tty: true })
    const stream = await exec.start({ hijack: true, stdin: true, Tty: true })
    stream.end('bare')
    assert.is((await whole(stream)).toString(), 'BARE')
  } finally {
    await end()
  }
})

test('a body in chunks may come before the input', async () => {
  const { socket, docker, end } = await ready()
  try {
    const exec = await docker.getContainer('chat').exec({ Cmd: ['upper'], AttachStdin: true, AttachStdout: true })
    const said = await new Promise<string>((resolve, reject) => {
      const asked = request({
        socketPath: socket,
        method: 'POST',
        path: `/v1.43/exec/${exec.id}/start`,
        headers: {
          'Content-Type': 'application/json',
          'Transfer-Encoding': 'chunked',
          Connection: 'Upgrade',
          Upgrade: 'tcp',
        },
      })
      asked.on('error', reject)
      asked.on('upgrade', (_, stream, head) => {
        stream.unshift(head)
        stream.end('late')
        whole(stream).then((raw) => resolve(raw.toString('utf8', 8)), reject)
      })
      asked.end('{"Detach":false}')
    })
    assert.is(said, 'LATE')
  } finally {
    await end()
  }
})

test('commands that are not there, ran already or are detached', async () => {
  const { docker, container, end } = await ready()
  try {
    const absent = await container.exec({ Cmd: ['absent'], AttachStdout: true, AttachStderr: true })
    const [said] = frames(await whole(await absent.start({ hijack: true })))
    assert.is(said?.[0], 'stderr')
    assert.match(
      said?.[1] ?? '',
      /^OCI runtime exec failed: .* exec: "absent": executable file not found in \$PATH: unknown\r\n$/,
    )
    assert.is((await absent.inspect()).ExitCode, 127)
    assert.match(await refusal(absent.start({})), /^409 Error: Exec command \w+ has already run$/)
    const detached = await container.exec({ Cmd: ['absent'] })
    assert.match(await refusal(detached.start({ Detach: true })), /^400 OCI runtime exec failed/)
    assert.is(await refusal(docker.getExec('gone').inspect()), '404 No such exec instance: gone')
    assert.is(await refusal(container.exec({ Cmd: [] })), '400 No exec command specified')
    await container.pause()
    assert.match(await refusal(container.exec({ Cmd: ['both'] })), /^409 container chat is paused, unpause/)
    await container.unpause()
  } finally {
    await end()
  }
})

test('plain commands and shell lines stand in for those the program lacks', async () => {
  const { container, end } = await ready()
  const say = async (...cmd: string[]): Promise<string> => {
    const exec = await container.exec({ Cmd: cmd, AttachStdout: true, AttachStderr: true })
    const text = frames(await whole(await exec.start({ hijack: true })))
      .map(([stream, said]) => (stream === 'stdout' ? said : `!${said}`))
      .join('')
    return `${(await exec.inspect()).ExitCode} ${text}`
  }
  try {
    assert.is(await say('echo', 'one', 'two'), '0 one two\n')
    assert.is(await say('sh', '-c', 'both'), '4 out\n!err\n')
    assert.is(await say('sh', '-c', 'both 2>/dev/null | grep -q out && echo yes || echo no'), '0 yes\n')
    assert.is(await say('sh', '-c', 'X="a  b"; echo $X "$X" $(echo in) > /tmp/f; cat /tmp/f'), '0 a b a  b in\n')
    assert.is(await say('sh', '-c', 'if test -f /tmp/f; then exit 3; else exit 4; fi'), '3 ')
    assert.is(await say('sh', '-c', 'absent'), '127 !sh: 1: absent: not found\n')
    assert.match(await say('sh', '-c', 'echo "'), /^2 !sh: 1: Syntax error: Unterminated quoted string\n$/)
  } finally {
    await end()
  }
})

test.run()
