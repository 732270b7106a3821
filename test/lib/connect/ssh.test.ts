import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fingerprint, knownHostsLine } from '../../../lib/connect/known-hosts.ts'
import type { Account } from '../../../lib/connect/route.ts'
import { connectSsh } from '../../../lib/connect/ssh.ts'
import type { Connection } from '../../../lib/core/connection.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import type { Target } from '../../../lib/core/host.ts'
import { sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { fakeAgent } from '../../fakes/ssh-agent.ts'
import { type FakeServer, type FakeServerOptions, fakeServer, testKey } from '../../fakes/ssh-server.ts'
import { fakeSudo } from '../../fakes/sudo.ts'

const test = suite('lib/connect/ssh')
const folder = mkdtempSync(join(tmpdir(), 'connect-ssh-'))
const hostKey = testKey()
const userKey = testKey()
const servers: FakeServer[] = []
const { signal } = new AbortController()

test.after(async () => {
  await Promise.all(links.map((one) => one.close()))
  await Promise.all(servers.map((one) => one.close()))
  rmSync(folder, { recursive: true })
})

const start = async (options: Partial<FakeServerOptions> = {}) => {
  const server = await fakeServer({ hostKeys: [hostKey.private], keys: [userKey.blob], ...options })
  servers.push(server)
  return server
}

const target = (port: number, more: Partial<Target> = {}): Target => ({
  via: 'ssh',
  address: '127.0.0.1',
  port,
  user: 'ops',
  key: userKey.private,
  hostKeys: 'strict',
  knownHosts: knownHostsLine(`[127.0.0.1]:${port}`, hostKey.blob),
  knownHostsFiles: [],
  connectTimeout: 2_000,
  ...more,
})

async function errorOf(promise: Promise<unknown>): Promise<ToolError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ToolError) return error
    throw error
  }
  throw new Error('no error')
}

const links: Connection[] = []

/** Connects; the link is closed after the tests. */
const connect = async (port: number, more: Partial<Target> = {}, account?: Account) => {
  const link = await connectSsh(target(port, more), { signal, account })
  links.push(link)
  return link
}

const refusal = (port: number, more: Partial<Target> = {}, account?: Account) => errorOf(connect(port, more, account))
const detail = (error: ToolError) => error.diagnostics[0]?.detail ?? ''
const mend = (error: ToolError) => error.diagnostics[0]?.mend ?? ''
const temporary = (name: string, content: string) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 })
  return join(folder, name)
}

test('logs in with a key and runs a command', async () => {
  const server = await start()
  const link = await connect(server.port)
  const { stdout, stderr, code } = await link.exec(sh`echo out; echo err >&2; exit 3`)
  assert.equal([stdout.toString(), stderr.toString(), code], ['out\n', 'err\n', 3])
  assert.is(link.traffic.shell, 1)
  assert.ok(link.traffic.sent > 1000 && link.traffic.received > 1000)
  await link.close()
  assert.is((await errorOf(link.exec(sh`true`))).code, 'link-lost')
})

test('keeps trying while the port answers before the SSH server does', async () => {
  const server = await start({ closeFirst: 2 })
  const seen: string[] = []
  const link = await connectSsh(target(server.port), { signal, onProgress: (text) => seen.push(text) })
  await link.close()
  assert.is(server.connections, 3)
  const other = await start({ closeFirst: 1 })
  const authority = `@cert-authority * ${knownHostsLine('', testKey().blob).trim()}`
  await connect(other.port, { knownHosts: `${authority}\n${target(other.port).knownHosts}` })
  assert.is(other.connections, 3)
  assert.match(seen.join('\n'), 'closed the connection; trying again')
})

test('says what it waited for when the time is up', async () => {
  const silent = net.createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const error = await refusal(port, { connectTimeout: 200 })
  silent.close()
  assert.is(error.code, 'connection-timeout')
  assert.match(error.message, `127.0.0.1 port ${port}: no answer within 200 ms`)
  assert.match(detail(error), 'does not say SSH')
})

test('a port that always closes is tried no longer than the time allows', async () => {
  const server = await start({ closeFirst: Number.POSITIVE_INFINITY })
  const began = performance.now()
  const error = await refusal(server.port, { connectTimeout: 700 })
  assert.ok(performance.now() - began < 5_000)
  assert.ok(server.connections > 1)
  assert.match(error.message, 'closed the connection')
})

test('stops connecting when the run is stopped', async () => {
  const silent = net.createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 50)
  const { port } = silent.address() as AddressInfo
  assert.is((await errorOf(connectSsh(target(port), { signal: stop.signal }))).code, 'stopped')
  silent.close()
})

test('tells a refused connection from a host that is not there', async () => {
  const server = await fakeServer({ hostKeys: [hostKey.private] })
  await server.close()
  assert.is((await refusal(server.port, { connectTimeout: 500 })).code, 'connection-refused')
  const missing = await refusal(22, { address: 'no such host' })
  assert.is(missing.code, 'host-not-found')
  assert.match(mend(missing), 'ansible_host')
})

test('refuses a host whose key is not known, and says how to make it known', async () => {
  const server = await start()
  const error = await refusal(server.port, { knownHosts: '', knownHostsFiles: [join(folder, 'none')] })
  assert.is(error.code, 'host-key-unknown')
  assert.match(detail(error), `${fingerprint(hostKey.blob)} (ssh-ed25519)`)
  assert.match(
    mend(error),
    `add this line to ${join(folder, 'none')}:\n${knownHostsLine(`[127.0.0.1]:${server.port}`, hostKey.blob)}`,
  )
  assert.match(mend(error), 'ansible_ssh_host_key_policy: accept-new')
})

test('refuses a host with another key, and shows both and where the old one is written', async () => {
  const server = await start()
  const old = testKey()
  const file = temporary('changed', `# comment\n${knownHostsLine(`[127.0.0.1]:${server.port}`, old.blob)}\n`)
  for (const hostKeys of ['strict', 'accept-new'] as const) {
    const error = await refusal(server.port, { knownHosts: '', knownHostsFiles: [file], hostKeys })
    assert.is(error.code, 'host-key-changed')
    assert.match(detail(error), `known: ${fingerprint(old.blob)} (ssh-ed25519), ${file}:2`)
    assert.match(detail(error), `it presents: ${fingerprint(hostKey.blob)}`)
    assert.match(mend(error), `replace line 2 of ${file}`)
  }
})

test('records the key of a new host once when told to, in a private file', async () => {
  const server = await start()
  const file = join(folder, 'fresh', 'known_hosts')
  const more = { knownHosts: '', knownHostsFiles: [file], hostKeys: 'accept-new' as const }
  await Promise.all([connect(server.port, more), connect(server.port, more)])
  await connect(server.port, more)
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.match(readFileSync(file, 'utf8'), new RegExp(`^\\[127.0.0.1\\]:${server.port} ssh-ed25519 \\S+\n`))
  await connect(server.port, { ...more, hostKeys: 'strict' })
})

test('keys of the inventory win over those of the files, revoked ones over all', async () => {
  const server = await start()
  const name = `[127.0.0.1]:${server.port}`
  const wrong = temporary('wrong', `${knownHostsLine(name, testKey().blob)}\n`)
  await connect(server.port, { knownHostsFiles: [wrong] })
  const revoked = temporary('revoked', `@revoked * ${knownHostsLine('', hostKey.blob).trim()}\n`)
  const error = await refusal(server.port, { knownHostsFiles: [revoked] })
  assert.is(error.code, 'host-key-revoked')
  assert.match(detail(error), `revoked by: ${revoked}:1`)
})

test('judges a host by the key it is known for, though it has others', async () => {
  const rsa = testKey('rsa')
  const ecdsa = testKey('ecdsa')
  const server = await start({ hostKeys: [hostKey.private, ecdsa.private, rsa.private] })
  for (const { blob } of [rsa, ecdsa, hostKey]) {
    await connect(server.port, { knownHosts: knownHostsLine(`[127.0.0.1]:${server.port}`, blob) })
  }
})

test('a line without the port is enough, and none against', async () => {
  const server = await start()
  await connect(server.port, { knownHosts: knownHostsLine('127.0.0.1', hostKey.blob) })
  const error = await refusal(server.port, { knownHosts: knownHostsLine('127.0.0.1', testKey().blob) })
  assert.is(error.code, 'host-key-unknown')
})

test('logs in with a password, also as the answer to a question', async () => {
  const password = new Secret('s3cret', 'ansible_password')
  const { key: _, ...noKey } = target(0)
  const plain = await start({ keys: [], password: 's3cret' })
  const link = async (server: FakeServer, word: Secret | string) => {
    const knownHosts = knownHostsLine(`[127.0.0.1]:${server.port}`, hostKey.blob)
    const made = await connectSsh({ ...noKey, port: server.port, password: word, knownHosts }, { signal })
    await made.close()
  }
  await link(plain, password)
  const asking = await start({ answers: ['s3cret'] })
  await link(asking, password)
  const wrong = await errorOf(link(plain, 'guess'))
  assert.is(wrong.code, 'auth-refused')
  assert.match(detail(wrong), 'tried: the password')
  assert.match(detail(wrong), 'the server takes: publickey, password')
  assert.not.match(detail(wrong) + mend(wrong) + wrong.message, 'guess')
  const otp = await start({
    answers: ['s3cret', '123456'],
    questions: [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Code: ', echo: true },
    ],
  })
  assert.match(detail(await errorOf(link(otp, password))), 'it asked: Code:')
})

test('says which keys it tried', async () => {
  const server = await start({ keys: [testKey().blob] })
  const file = temporary('id_other', testKey('ecdsa').private)
  const error = await refusal(server.port, { keyFile: file })
  assert.is(error.code, 'auth-refused')
  assert.match(detail(error), `the key in the inventory (${fingerprint(userKey.blob)}); ${file} (SHA256:`)
  assert.match(mend(error), '~ops/.ssh/authorized_keys')
})

test('opens encrypted keys, and tells a missing passphrase from a wrong one', async () => {
  const locked = testKey('ed25519', 'open sesame')
  const server = await start({ keys: [locked.blob] })
  const keyFile = temporary('id_locked', locked.private)
  const { key: _, ...plain } = target(server.port)
  const attempt = (more: Partial<Target>) => connectSsh({ ...plain, keyFile, ...more }, { signal })
  await (await attempt({ passphrase: new Secret('open sesame', 'x') })).close()
  assert.is((await errorOf(attempt({}))).code, 'key-passphrase-missing')
  const wrong = await errorOf(attempt({ passphrase: 'close sesame' }))
  assert.is(wrong.code, 'key-passphrase-wrong')
  assert.not.match(wrong.message + detail(wrong) + mend(wrong), 'sesame')
  assert.is((await errorOf(attempt({ keyFile: join(folder, 'no-key') }))).code, 'key-unreadable')
  const open = temporary('id_public', locked.line)
  const error = await errorOf(attempt({ keyFile: open }))
  assert.is(error.code, 'key-unreadable')
  assert.match(error.message, 'public key')
  assert.is((await errorOf(attempt({ keyFile: temporary('id_junk', 'junk') }))).code, 'key-unreadable')
})

test('uses the agent, alone and for a key whose passphrase nobody gave', async () => {
  const locked = testKey('ed25519', 'open sesame')
  const agent = await fakeAgent([
    { private: testKey().private },
    { private: locked.private, passphrase: 'open sesame' },
  ])
  const server = await start({ keys: [locked.blob] })
  const { key: _, ...plain } = target(server.port, { agent: agent.path })
  await (await connectSsh(plain, { signal })).close()
  const keyFile = temporary('id_locked2', locked.private)
  const before = agent.signed
  await (await connectSsh({ ...plain, keyFile }, { signal })).close()
  assert.is(agent.signed, before + 1)
  const error = await errorOf(connectSsh({ ...plain, keyFile, agent: join(folder, 'no.sock') }, { signal }))
  assert.is(error.code, 'key-passphrase-missing')
  await agent.close()
})

test("follows the account's configuration: alias, port, user, keys and known hosts", async () => {
  const server = await start({ user: 'deploy' })
  const home = join(folder, 'home')
  mkdirSync(join(home, '.ssh', 'conf.d'), { recursive: true })
  writeFileSync(join(home, '.ssh', 'id_web'), userKey.private)
  writeFileSync(join(home, '.ssh', 'known_hosts'), `${knownHostsLine(`[127.0.0.1]:${server.port}`, hostKey.blob)}\n`)
  writeFileSync(join(home, '.ssh', 'config'), 'Include conf.d/*\nHost *\n  User nobody\n')
  writeFileSync(
    join(home, '.ssh', 'conf.d', 'web'),
    `Host web*\n  HostName 127.0.0.1\n  Port ${server.port}\n  User deploy\n  IdentityFile ~/.ssh/id_%n\n`,
  )
  const account: Account = { name: 'me', home }
  const bare: Target = { via: 'ssh', address: 'web', hostKeys: 'strict', connectTimeout: 2_000 }
  const link = await connectSsh(bare, { signal, account })
  assert.is((await link.exec(sh`echo hello`)).stdout.toString(), 'hello\n')
  await link.close()
})

test('goes through a chain of jump hosts and checks the key of each', async () => {
  const [first, second, last] = await Promise.all([start(), start(), start()])
  const known = [first, second, last].map(({ port }) => knownHostsLine(`[127.0.0.1]:${port}`, hostKey.blob))
  const jump = `ops@127.0.0.1:${first.port},ops@localhost:${second.port}`
  const names = known.map((line, index) => (index === 1 ? line.replace('127.0.0.1', 'localhost') : line))
  const more = { jump, knownHosts: names.join('\n') }
  const link = await connect(last.port, { ...more, address: '127.0.0.1' })
  assert.is((await link.exec(sh`echo far`)).stdout.toString(), 'far\n')
  const file = join(folder, 'through-jumps')
  await link.put(file, Buffer.alloc(3_000_000, 'x'), { mode: 0o600 })
  assert.is(statSync(file).size, 3_000_000)
  const error = await refusal(last.port, { ...more, knownHosts: names.slice(1).join('\n') })
  assert.is(error.code, 'host-key-unknown')
  assert.match(error.message, `port ${first.port}`)
  second.cut()
  assert.is((await errorOf(link.exec(sh`true`))).code, 'link-lost')
})

test('says which jump host could not go on', async () => {
  const [closed, jumpHost] = await Promise.all([start({ refuse: 'ports' }), start()])
  const known = [closed, jumpHost].map(({ port }) => knownHostsLine(`[127.0.0.1]:${port}`, hostKey.blob)).join('\n')
  const more = { knownHosts: known, connectTimeout: 400 }
  const refused = await refusal(1, { ...more, jump: `ops@127.0.0.1:${jumpHost.port}` })
  assert.is(refused.code, 'connection-refused')
  assert.match(refused.message, 'from 127.0.0.1')
  assert.is((await refusal(1, { ...more, jump: `ops@127.0.0.1:${closed.port}` })).code, 'jump-refused')
})

test('runs 30 commands at once, whatever the server allows', async () => {
  for (const maxSessions of [10, 3]) {
    const server = await start({ maxSessions })
    const link = await connect(server.port)
    const all = await Promise.all(Array.from({ length: 30 }, (_, index) => link.exec(sh`sleep 0.05; echo ${index}`)))
    all.forEach(({ stdout }, index) => {
      assert.is(Number(stdout), index)
    })
    assert.ok(server.busiest <= Math.min(8, maxSessions))
    assert.ok(server.refused <= 8 - Math.min(8, maxSessions), `${server.refused} refused`)
  }
  const none = await start({ maxSessions: 0 })
  assert.is((await errorOf((await connect(none.port)).exec(sh`true`))).code, 'channel-refused')
})

test('says what was under way when the link is cut', async () => {
  const server = await start()
  const link = await connect(server.port)
  const running = errorOf(link.exec(sh`sleep 30; echo done`))
  setTimeout(() => server.cut(), 100)
  const error = await running
  assert.is(error.code, 'link-lost')
  assert.match(error.message, 'sleep 30')
  assert.is((await errorOf(link.dial({ host: '127.0.0.1', port: server.port }))).code, 'link-lost')
})

test('leaves the old file and no other when the link is cut in the middle of a new one', async () => {
  const server = await start()
  const link = await connect(server.port)
  const file = join(folder, 'cut', 'file')
  mkdirSync(join(folder, 'cut'))
  await link.put(file, 'old', { mode: 0o600 })
  const endless = () =>
    Readable.from(
      (async function* () {
        for (let sent = 0; ; sent += 65_536) {
          if (sent > 5_000_000) server.cut()
          yield Buffer.alloc(65_536, 'x')
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      })(),
    )
  const error = await errorOf(link.put(file, endless, { mode: 0o600 }))
  assert.is(error.code, 'link-lost')
  assert.match(error.message, `writing ${file}`)
  for (let tries = 0; readdirSync(join(folder, 'cut')).length > 1 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal(readdirSync(join(folder, 'cut')), ['file'])
  assert.is(readFileSync(file, 'utf8'), 'old')
})

test('ends a command that takes too long, or is no longer wanted, with its children', async () => {
  const server = await start()
  const link = await connect(server.port)
  const alive = (file: string) => {
    const pid = readFileSync(join(folder, file), 'utf8').trim()
    return existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  }
  const late = await errorOf(link.exec(sh`sleep 30 & echo $! >${join(folder, 'pid1')}; wait`, { timeout: 200 }))
  assert.is(late.code, 'command-timeout')
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 200)
  const running = link.exec(sh`sleep 30 & echo $! >${join(folder, 'pid2')}; wait`, { signal: stop.signal })
  assert.is((await errorOf(running)).code, 'stopped')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal([alive('pid1'), alive('pid2')], [false, false])
  assert.is((await link.exec(sh`echo still here`)).stdout.toString(), 'still here\n')
})

test('becomes another account over the link', async () => {
  const sudo = fakeSudo()
  const server = await start({ env: { ...process.env, PATH: `${sudo.folder}:${process.env.PATH}` } })
  sudo.set({ password: 'pw' })
  const link = await connect(server.port)
  const become = { user: 'rocket', password: new Secret('pw', 'x') }
  assert.is((await link.exec(sh`echo $FAKE_USER`, { become })).stdout.toString(), 'rocket\n')
  await link.put(join(folder, 'as-rocket'), 'x', { mode: 0o640, become })
  assert.is(statSync(join(folder, 'as-rocket')).mode & 0o777, 0o640)
  const other = await connect(server.port)
  assert.is(
    (await errorOf(other.exec(sh`true`, { become: { user: 'rocket', password: 'no' } }))).code,
    'become-password-wrong',
  )
  sudo.remove()
})

test('says that commands are not allowed, or that there is no shell', async () => {
  const none = await start({ refuse: 'commands' })
  assert.is((await errorOf((await connect(none.port)).exec(sh`true`))).code, 'no-shell')
  const nologin = await start({ shell: '/bin/false' })
  assert.is((await errorOf((await connect(nologin.port)).exec(sh`true`))).code, 'no-shell')
})

test('writes 150 MB without holding them', async () => {
  const server = await start()
  const link = await connect(server.port)
  const file = join(folder, 'large')
  const chunk = Buffer.alloc(1_000_000, 'x')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const before = held()
  let most = 0
  const content = () =>
    Readable.from(
      (function* () {
        for (let index = 0; index < 150; index++) {
          if (index % 15 === 0) most = Math.max(most, held() - before)
          yield chunk
        }
      })(),
    )
  await link.put(file, content, { mode: 0o600 })
  assert.is(statSync(file).size, 150_000_000)
  rmSync(file)
  assert.ok(most < 75_000_000, `${most} bytes were held`)
})

test('asks for a piece of a content when the one before has left its place', async () => {
  const server = await start()
  const link = await connect(server.port)
  const file = join(folder, 'pieces')
  const place = Buffer.alloc(600_000)
  const content = async function* () {
    for (let index = 0; index < 20; index++) {
      place.fill(index)
      yield place
    }
  }
  await link.put(file, content, { mode: 0o600 })
  const wanted = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(600_000, index)))
  assert.ok(readFileSync(file).equals(wanted))
  rmSync(file)
})

test('opens streams to ports and sockets of the host, with the manners of a socket', async () => {
  const server = await start()
  const link = await connect(server.port)
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  const path = join(folder, 'echo.sock')
  await new Promise<void>((resolve) => echo.listen(path, resolve))
  const stream = (await link.dial({ socket: path })) as net.Socket
  stream.setNoDelay(true).setKeepAlive(true).setTimeout(1000).ref().unref()
  const sent = Buffer.alloc(8_000_000, 'y')
  stream.end(sent)
  const received: Buffer[] = []
  for await (const chunk of stream) received.push(chunk)
  assert.is(Buffer.concat(received).length, sent.length)
  const broken = await link.dial({ socket: path })
  const breaking = new Promise<Error>((resolve) => broken.once('error', resolve))
  echo.close()
  assert.is((await errorOf(link.dial({ host: '127.0.0.1', port: 1 }))).code, 'dial-refused')
  server.cut()
  assert.match((await breaking).message, /./)
  const closed = await start({ refuse: 'sockets' })
  assert.is((await errorOf((await connect(closed.port)).dial({ socket: path }))).code, 'forwarding-refused')
})

test.run()
