import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Docker, openDocker } from '../../../lib/connect/docker.ts'
import { knownHostsLine } from '../../../lib/connect/known-hosts.ts'
import { connectLocal } from '../../../lib/connect/local.ts'
import { connectSsh } from '../../../lib/connect/ssh.ts'
import type { Connection } from '../../../lib/core/connection.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { type FakeEngine, fakeEngine } from '../../fakes/docker-engine.ts'
import { fakeServer, testKey } from '../../fakes/ssh-server.ts'
import { fakeSudo } from '../../fakes/sudo.ts'

const test = suite('lib/connect/docker')
const folder = mkdtempSync(join(tmpdir(), 'connect-docker-'))
const socket = join(folder, 'docker.sock')
const sudo = fakeSudo()
const bin = join(folder, 'bin')
const [hostKey, userKey] = [testKey(), testKey()]
const { signal } = new AbortController()
const opened: { close(): unknown }[] = []
let engine: FakeEngine
let link: Connection

const reach = async (more: object = {}) => {
  const made = await fakeServer({
    hostKeys: [hostKey.private],
    keys: [userKey.blob],
    env: { ...process.env, PATH: [bin, sudo.folder, process.env.PATH].join(delimiter) },
    ...more,
  })
  const connection = await connectSsh(
    {
      via: 'ssh',
      address: '127.0.0.1',
      port: made.port,
      user: 'ops',
      key: userKey.private,
      hostKeys: 'strict',
      knownHosts: knownHostsLine(`[127.0.0.1]:${made.port}`, hostKey.blob),
      knownHostsFiles: [],
      connectTimeout: 2_000,
    },
    { signal },
  )
  opened.push(connection, made)
  return { server: made, link: connection }
}

const open = (connection: Connection, options: object = {}): Docker => {
  const docker = openDocker(connection, { socket, ...options })
  opened.unshift(docker)
  return docker
}

test.before(async () => {
  mkdirSync(bin)
  engine = await fakeEngine(socket)
  link = (await reach()).link
})
test.after(async () => {
  for (const one of opened) await one.close()
  await engine.close()
  sudo.remove()
  rmSync(folder, { recursive: true })
})

/** A `docker` with this body. */
const bridge = (body: string) => writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${body}\n`, { mode: 0o755 })

/** What `docker system dial-stdio` does. */
const dialStdio = `[ "$*" = "-H unix://${socket} system dial-stdio" ] || exit 64
exec ${process.execPath} -e '
const s = require("net").connect({ path: "${socket}", allowHalfOpen: true })
process.stdin.pipe(s).pipe(process.stdout)'`

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ToolError) return error.code
    throw error
  }
  return 'no error'
}

test('asks the engine over one stream that is kept open', async () => {
  const docker = open(link)
  const before = engine.connections
  const { docker: requests, streams } = link.traffic
  const warnings: string[] = []
  const warned = ({ message }: Error) => void warnings.push(message)
  process.on('warning', warned)
  for (let index = 0; index < 15; index++) {
    const answer = await docker.request('GET', '/info')
    assert.equal([answer.ok, answer.code, answer.json], [true, 200, { Name: 'fake' }])
  }
  assert.is(engine.connections, before + 1)
  assert.equal([link.traffic.docker, link.traffic.streams], [requests + 15, streams + 1])
  process.off('warning', warned)
  assert.equal(warnings, [])
})

test('a status is an answer, and paths with a query arrive whole', async () => {
  const answer = await open(link).request('GET', '/containers/none/json?size=1')
  assert.equal([answer.ok, answer.code], [false, 404])
  assert.equal(answer.json, { message: 'page not found: /containers/none/json?size=1' })
})

test('sends bodies with secrets revealed, and takes no others from the environment', async () => {
  const body = { Env: ['A=1'], Password: new Secret('hunter', 'x') }
  for (const method of ['POST', 'PUT'] as const) {
    await open(link).request(method, '/containers/create', { body, headers: { 'X-Registry-Auth': 'abc' } })
    const seen = engine.seen.at(-1)
    assert.is(seen?.body.toString(), '{"Env":["A=1"],"Password":"hunter"}')
    assert.is(seen?.headers['x-registry-auth'], 'abc')
    assert.is(seen?.headers['content-type'], 'application/json')
  }
})

test('tells a stream of JSON line by line', async () => {
  const lines: string[] = []
  const answer = await open(link).request('POST', '/images/create?fromImage=a&tag=b', {
    onProgress: (line) => lines.push(line),
  })
  assert.equal(lines, ['{"status":"Pulling"}', '{"status":"Dön€"}'])
  assert.ok(answer.ok)
  assert.is(engine.seen.at(-1)?.path, '/images/create?fromImage=a&tag=b')
})

test('uploads from a stream', async () => {
  const content = () => Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)))
  const answer = await open(link).request('POST', '/images/load', { upload: content })
  assert.equal(answer.json, { stream: '10000000 bytes' })
  assert.is(engine.seen.at(-1)?.headers['content-type'], 'application/x-tar')
})

test('runs commands in containers, with input, and takes their streams apart', async () => {
  const docker = open(link)
  const said = await docker.exec('app', ['fail', 'now'], { user: 'node', env: ['A=1'] })
  assert.equal([said.code, said.stdout.toString(), said.stderr.toString()], [3, 'fail now', 'oops\n'])
  const large = 'x'.repeat(3_000_000)
  const echoed = await docker.exec('app', ['cat'], { stdin: new Secret(large, 'input') })
  assert.is(echoed.stdout.length, large.length)
  assert.is(echoed.code, 0)
  assert.is(await codeOf(docker.exec('stopped', ['true'])), 'docker-exec-failed')
})

test('asks once more when the engine was restarted in between', async () => {
  const docker = open(link)
  await docker.request('GET', '/info')
  engine.drop()
  assert.ok((await docker.request('GET', '/info')).ok)
})

test('gives up after its time', async () => {
  for (const path of ['/slow', '/stall']) {
    assert.is(await codeOf(open(link).request('GET', path, { timeout: 100 })), 'docker-timeout')
  }
  assert.is(await codeOf(open(link).exec('app', ['hang'], { timeout: 100 })), 'command-timeout')
})

test('stops with the run', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 50)
  assert.is(await codeOf(open(link, { signal: stop.signal }).request('GET', '/slow')), 'stopped')
})

test('an engine that is not there makes the answer unavailable, and says why', async () => {
  const none = await open(link, { socket: join(folder, 'none.sock') }).request('GET', '/info')
  assert.equal([none.ok, none.code, none.unavailable?.code], [false, -1, 'docker-unavailable'])
  const dead = join(folder, 'dead.sock')
  writeFileSync(dead, '')
  writeFileSync(join(bin, 'systemctl'), '#!/bin/sh\necho inactive; exit 3\n', { mode: 0o755 })
  const stopped = await open(link, { socket: dead }).request('GET', '/info')
  assert.match(stopped.unavailable?.message ?? '', 'the Docker engine does not run there')
  assert.match(stopped.unavailable?.mend ?? '', 'systemctl start docker')
  assert.is(await codeOf(open(link, { socket: dead }).exec('app', ['true'])), 'docker-unavailable')
  rmSync(join(bin, 'systemctl'))
  bridge('echo Cannot connect to the Docker daemon at $2. >&2; exit 1')
  const dumb = await open(link, { socket: dead }).request('GET', '/info')
  assert.match(dumb.unavailable?.message ?? '', 'the Docker engine does not run there')
})

test('a socket that is not there yet is opened in vain only once, and found when it has come', async () => {
  let dials = 0
  const counting = Object.create(link, {
    dial: {
      value: (endpoint: Parameters<Connection['dial']>[0]) => {
        dials++
        return link.dial(endpoint)
      },
    },
  }) as Connection
  const late = join(folder, 'late.sock')
  const docker = open(counting, { socket: late })
  const many = Array.from({ length: 6 }, () => docker.request('GET', '/info'))
  const answers = [...(await Promise.all(many)), await docker.request('GET', '/info')]
  assert.ok(answers.every((one) => one.unavailable?.code === 'docker-unavailable'))
  assert.is(dials, 1)
  const come = await fakeEngine(late)
  opened.push(come)
  assert.ok((await docker.request('GET', '/info')).ok)
})

test('goes through the docker program when the server forwards no sockets', async () => {
  bridge(dialStdio)
  const closed = await reach({ refuse: 'sockets' })
  const docker = open(closed.link)
  assert.ok((await docker.request('GET', '/info')).ok)
  const echoed = await docker.exec('app', ['cat'], { stdin: 'over the bridge' })
  assert.is(echoed.stdout.toString(), 'over the bridge')
})

test('leaves the host its sessions when many things are asked over bridges', async () => {
  bridge(dialStdio)
  const closed = await reach({ refuse: 'sockets', maxSessions: 3 })
  const docker = open(closed.link)
  const answers = await Promise.all(Array.from({ length: 12 }, () => docker.request('GET', '/info')))
  assert.ok(answers.every(({ ok }) => ok))
  const { stdout } = await closed.link.exec(sh`echo still there`, { timeout: 5_000 })
  assert.is(stdout.toString(), 'still there\n')
})

test('becomes the other account on the way when the socket is not ours', async () => {
  bridge(dialStdio)
  sudo.set('open')
  const denied: Connection = {
    ...link,
    dial: () => link.dial({ socket: join(folder, 'none.sock') }),
    exec: async () => ({ code: 0, stdout: Buffer.from('there\n-\ninstalled\nactive\nops\n'), stderr: Buffer.alloc(0) }),
  }
  const before = sudo.log().length
  assert.ok((await open(denied, { become: { user: 'root2' } }).request('GET', '/info')).ok)
  assert.equal(sudo.log().slice(before), ['run root2'])
  const refused = await open(denied).request('GET', '/info')
  assert.match(refused.unavailable?.message ?? '', 'ops may not open')
  assert.match(refused.unavailable?.mend ?? '', 'become: true')
})

test('says why the bridge did not hold', async () => {
  bridge('echo permission denied while trying to connect >&2; exit 1')
  const closed = await reach({ refuse: 'sockets' })
  const answer = await open(closed.link).request('GET', '/info')
  assert.is(answer.unavailable?.code, 'docker-unavailable')
  assert.match(answer.unavailable?.message ?? '', 'may not open its socket either')
  assert.match(answer.unavailable?.detail ?? '', 'permission denied while trying')
})

test('asks the engine of this machine the same way', async () => {
  const docker = open(connectLocal({ user: userInfo().username }))
  assert.ok((await docker.request('GET', '/info')).ok)
})

test('a lost link is not taken for an engine that is not there', async () => {
  const other = await reach()
  const docker = open(other.link)
  await docker.request('GET', '/info')
  const asking = codeOf(docker.request('POST', '/slow'))
  setTimeout(() => other.server.cut(), 50)
  assert.is(await asking, 'link-lost')
  assert.is(await codeOf(docker.request('GET', '/info')), 'link-lost')
})

test('the same in the middle of an answer, and of a command in a container', async () => {
  for (const ask of [
    (docker: Docker) => docker.request('POST', '/stall'),
    (docker: Docker) => docker.exec('app', ['hang']),
  ]) {
    const other = await reach()
    const docker = open(other.link)
    await docker.request('GET', '/info')
    const asking = codeOf(ask(docker).then(({ code }) => Promise.reject(new Error(`answered with ${code}`))))
    setTimeout(() => other.server.cut(), 100)
    assert.is(await asking, 'link-lost')
  }
})

test.run()
