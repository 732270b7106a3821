import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectSsh } from '../../lib/connect/ssh.ts'
import type { Connection } from '../../lib/core/connection.ts'
import { ToolError } from '../../lib/core/diagnostic.ts'
import type { Target } from '../../lib/core/host.ts'
import { sh } from '../../lib/core/script.ts'

const test = suite('e2e/openssh')
const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((path) => existsSync(path))
const folder = mkdtempSync(join(tmpdir(), 'e2e-openssh-'))
const at = (name: string) => join(folder, name)
const user = userInfo().username
const { signal } = new AbortController()
const links: Connection[] = []
const servers: ChildProcess[] = []

test.before(() => {
  if (sshd === undefined) throw new Error('this test needs sshd: install the package openssh-server')
  keygen('-t', 'ed25519', '-N', '', '-f', at('host_ed25519'))
  keygen('-t', 'rsa', '-b', '2048', '-N', '', '-f', at('host_rsa'))
  keygen('-t', 'ecdsa', '-N', '', '-f', at('host_ecdsa'))
  keygen('-t', 'ed25519', '-N', '', '-f', at('id'))
})
test.after(async () => {
  await Promise.all(links.map((link) => link.close()))
  for (const server of servers) {
    server.kill()
    server.stderr?.destroy()
    server.stdout?.destroy()
  }
  rmSync(folder, { recursive: true })
})

function keygen(...args: string[]): void {
  execFileSync('ssh-keygen', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const publicKey = (name: string) =>
  readFileSync(at(`${name}.pub`), 'utf8')
    .trim()
    .split(' ')
    .slice(0, 2)
    .join(' ')

async function freePort(): Promise<number> {
  const probe = net.createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

let started = 0

/** Starts an sshd of our own; it may not listen yet when this returns, as after a reboot. */
async function start(options: { lines?: readonly string[]; keys?: readonly string[]; users?: readonly string[] } = {}) {
  const port = await freePort()
  const name = `sshd${++started}`
  writeFileSync(at(`${name}.keys`), (options.users ?? ['id']).map(publicKey).join('\n'))
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...(options.keys ?? ['host_ed25519', 'host_rsa', 'host_ecdsa']).map((key) => `HostKey ${at(key)}`),
    `AuthorizedKeysFile ${at(`${name}.keys`)}`,
    `PidFile ${at(`${name}.pid`)}`,
    'StrictModes no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    ...(options.lines ?? []),
  ]
  writeFileSync(at(name), `${config.join('\n')}\n`)
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const child = spawn(sshd ?? '', ['-D', '-e', '-f', at(name)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  servers.push(child)
  return { port, child, log: () => log }
}

const target = (port: number, more: Partial<Target> = {}): Target => ({
  via: 'ssh',
  address: '127.0.0.1',
  port,
  user,
  keyFile: at('id'),
  hostKeys: 'strict',
  knownHosts: `[127.0.0.1]:${port} ${publicKey('host_ed25519')}`,
  knownHostsFiles: [],
  connectTimeout: 5_000,
  ...more,
})

async function connect(port: number, more: Partial<Target> = {}): Promise<Connection> {
  const link = await connectSsh(target(port, more), { signal })
  links.push(link)
  return link
}

async function errorOf(promise: Promise<unknown>): Promise<ToolError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ToolError) return error
    throw error
  }
  throw new Error('no error')
}

test('logs in, runs 30 commands at once and counts its traffic', async () => {
  const { port } = await start()
  const link = await connect(port)
  const all = await Promise.all(Array.from({ length: 30 }, (_, index) => link.exec(sh`sleep 0.1; echo ${index}`)))
  assert.equal(
    all.map(({ stdout }) => Number(stdout)),
    Array.from({ length: 30 }, (_, index) => index),
  )
  assert.is(link.traffic.shell, 30)
})

test('makes do with a server that allows two sessions', async () => {
  const { port } = await start({ lines: ['MaxSessions 2'] })
  const link = await connect(port)
  const all = await Promise.all(Array.from({ length: 10 }, (_, index) => link.exec(sh`sleep 0.05; echo ${index}`)))
  assert.is(all.length, 10)
})

test('takes each kind of host key it knows, also hashed', async () => {
  const { port } = await start()
  for (const key of ['host_rsa', 'host_ecdsa', 'host_ed25519']) {
    await connect(port, { knownHosts: `[127.0.0.1]:${port} ${publicKey(key)}` })
  }
  const file = at('hashed')
  writeFileSync(file, `other.example.org ${publicKey('host_rsa')}\n[127.0.0.1]:${port} ${publicKey('host_rsa')}\n`)
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
  assert.not.match(readFileSync(file, 'utf8'), '127.0.0.1')
  await connect(port, { knownHosts: '', knownHostsFiles: [file] })
})

for (const [kind, ca] of [
  ['ed25519', 'host_ed25519'],
  ['rsa', 'host_ecdsa'],
  ['ecdsa', 'host_rsa'],
] as const) {
  test(`takes a host certificate of an ${kind} authority, and no other`, async () => {
    keygen('-t', kind, '-N', '', '-f', at(`ca_${kind}`))
    const sign = (...args: string[]) => keygen('-s', at(`ca_${kind}`), '-I', 'web', '-h', ...args, at(`${ca}.pub`))
    const authority = (port: number) => `@cert-authority [127.0.0.1]:${port} ${publicKey(`ca_${kind}`)}`
    const serve = () => start({ keys: [ca], lines: [`HostCertificate ${at(`${ca}-cert.pub`)}`] })

    sign('-n', '127.0.0.1,web.example.org', '-V', '+1h')
    const good = await serve()
    await connect(good.port, { knownHosts: authority(good.port) })
    const revoked = `${authority(good.port)}\n@revoked * ${publicKey(`ca_${kind}`)}`
    assert.match(
      (await errorOf(connect(good.port, { knownHosts: revoked }))).diagnostics[0]?.detail ?? '',
      'is revoked',
    )
    const key = `${authority(good.port)}\n@revoked * ${publicKey(ca)}`
    assert.is((await errorOf(connect(good.port, { knownHosts: key }))).code, 'host-key-revoked')
    const stranger = `@cert-authority * ${publicKey('id')}`
    assert.match(
      (await errorOf(connect(good.port, { knownHosts: stranger }))).diagnostics[0]?.detail ?? '',
      'an authority that is not known for this host',
    )

    sign('-n', 'other.example.org', '-V', '+1h')
    const other = await serve()
    const error = await errorOf(connect(other.port, { knownHosts: authority(other.port) }))
    assert.is(error.code, 'host-key-unknown')
    assert.match(error.diagnostics[0]?.detail ?? '', 'it is for other.example.org, not for 127.0.0.1')

    sign('-n', '127.0.0.1', '-V', '20200101:20210101')
    const old = await serve()
    const expired = await errorOf(connect(old.port, { knownHosts: authority(old.port) }))
    assert.match(expired.diagnostics[0]?.detail ?? '', 'it expired on 20')
    await connect(old.port, { knownHosts: `${authority(old.port)}\n[127.0.0.1]:${old.port} ${publicKey(ca)}` })
  })
}

for (const [name, args] of [
  ['an ed25519 key in the form of OpenSSH', ['-t', 'ed25519']],
  ['an RSA key in the form of OpenSSH', ['-t', 'rsa', '-b', '2048']],
  ['an ECDSA key in PEM form', ['-t', 'ecdsa', '-m', 'PEM']],
  ['an RSA key in PEM form', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
] as const) {
  test(`opens ${name} with its passphrase`, async () => {
    const id = `id_${started}_locked`
    keygen(...args, '-N', 'open sesame', '-f', at(id))
    const { port } = await start({ users: [id] })
    await connect(port, { keyFile: at(id), passphrase: 'open sesame' })
    assert.is((await errorOf(connect(port, { keyFile: at(id), passphrase: 'no' }))).code, 'key-passphrase-wrong')
    assert.is((await errorOf(connect(port, { keyFile: at(id) }))).code, 'key-passphrase-missing')
  })
}

test('uses a real agent, also for a key it cannot open itself', async () => {
  const socket = at('agent.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  servers.push(agent)
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20))
  execFileSync('ssh-add', ['-q', at('id')], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  const { port } = await start()
  const { keyFile: _, ...none } = target(port, { agent: socket })
  const link = await connectSsh(none, { signal })
  await link.close()
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'later', '-f', at('id')], { stdio: 'ignore' })
  try {
    await connect(port, { agent: socket })
  } finally {
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'later', '-N', '', '-f', at('id')], { stdio: 'ignore' })
  }
})

test('says that the server ended too many attempts', async () => {
  const { port } = await start({ lines: ['MaxAuthTries 2'], users: ['host_rsa'] })
  const account = { name: user, home: folder, configFiles: [], identityFiles: [at('host_ed25519'), at('host_ecdsa')] }
  const error = await errorOf(connectSsh(target(port), { signal, account }))
  assert.is(error.code, 'auth-refused')
  assert.match(error.diagnostics[0]?.detail ?? '', 'it ended our attempts')
})

test('goes through a jump host', async () => {
  const [jump, last] = [await start(), await start()]
  const known = [jump, last].map(({ port }) => `[127.0.0.1]:${port} ${publicKey('host_ed25519')}`).join('\n')
  const link = await connect(last.port, { jump: `${user}@127.0.0.1:${jump.port}`, knownHosts: known })
  assert.is((await link.exec(sh`echo far`)).stdout.toString(), 'far\n')
})

test('writes 200 MB intact without holding them in memory', async () => {
  const { port } = await start()
  const source = at('large')
  execFileSync('sh', ['-c', `head -c 200000000 /dev/urandom >${source}`])
  const sum = (path: string) => execFileSync('sha256sum', [path], { encoding: 'utf8' }).split(' ')[0]
  const link = await connect(port)
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  await link.put(at('large.put'), () => createReadStream(source), { mode: 0o600 })
  clearInterval(watch)
  assert.is(sum(at('large.put')), sum(source))
  assert.is(statSync(at('large.put')).mode & 0o777, 0o600)
  assert.ok(most - before < 120_000_000, `the memory grew by ${most - before} bytes`)
  for (const name of ['large', 'large.put']) rmSync(at(name))
})

test('notices a server that stopped answering, and says what was under way', async () => {
  const { port, child } = await start()
  const config = at('config')
  writeFileSync(config, 'ServerAliveInterval 1\n')
  const account = { name: user, home: folder, configFiles: [config], identityFiles: [] }
  const link = await connectSsh(target(port), { signal, account })
  const pids = execFileSync('ps', ['-o', 'pid=,ppid=', '-A'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    pids.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid, ...below(pid)] : []))
  const running = errorOf(link.exec(sh`sleep 60`))
  await new Promise((resolve) => setTimeout(resolve, 300))
  const frozen = below(child.pid ?? 0)
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  const before = performance.now()
  const error = await running
  for (const pid of frozen) process.kill(pid, 'SIGKILL')
  assert.is(error.code, 'link-lost')
  assert.match(error.message, 'sleep 60')
  assert.match(error.diagnostics[0]?.detail ?? '', 'nothing was heard')
  assert.ok(performance.now() - before < 6_000)
})

test('opens ports and sockets, and says when the server does not', async () => {
  const echo = net.createServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => echo.listen(at('echo.sock'), resolve))
  const { port } = await start()
  const link = await connect(port)
  const stream = await link.dial({ socket: at('echo.sock') })
  stream.end('hello')
  assert.is(Buffer.concat(await stream.toArray()).toString(), 'hello')
  assert.is((await errorOf(link.dial({ socket: at('none.sock') }))).code, 'dial-refused')
  assert.is((await errorOf(link.dial({ host: '127.0.0.1', port: 1 }))).code, 'dial-refused')
  const closed = await start({ lines: ['AllowStreamLocalForwarding no', 'AllowTcpForwarding no'] })
  const other = await connect(closed.port)
  // OpenSSH does not say whether it would not or could not open a socket.
  const refused = await errorOf(other.dial({ socket: at('echo.sock') }))
  assert.is(refused.code, 'dial-refused')
  assert.match(refused.diagnostics[0]?.mend ?? '', 'AllowStreamLocalForwarding')
  assert.is((await errorOf(other.dial({ host: '127.0.0.1', port: 1 }))).code, 'forwarding-refused')
  echo.close()
})

test('ends a command that is no longer wanted, with its children', async () => {
  const { port } = await start()
  const link = await connect(port)
  const error = await errorOf(link.exec(sh`sleep 60 & echo $! >${at('pid')}; wait`, { timeout: 5000 }))
  assert.is(error.code, 'command-timeout')
  const stat = `/proc/${readFileSync(at('pid'), 'utf8').trim()}/stat`
  const ended = () => !existsSync(stat) || / Z /.test(readFileSync(stat, 'utf8'))
  for (let tries = 0; tries < 100 && !ended(); tries++) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(ended())
})

test('says that a forced command ran instead of sh', async () => {
  const { port } = await start({ lines: ['ForceCommand echo only backups here'] })
  const error = await errorOf((await connect(port)).exec(sh`true`))
  assert.is(error.code, 'no-shell')
  assert.match(error.diagnostics[0]?.detail ?? '', 'only backups here')
})

test('becomes another account with the real sudo', async () => {
  if (userInfo().uid !== 0 || !existsSync('/usr/bin/sudo')) return
  const { port } = await start()
  const link = await connect(port)
  const become = { user: 'nobody' }
  const { stdout, stderr } = await link.exec(sh`id -un; echo $HOME; cat; echo err >&2`, { become })
  assert.equal([stdout.toString(), stderr.toString()], ['nobody\n/nonexistent\n', 'err\n'])
  await link.put('/tmp/e2e-openssh-nobody', 'x', { mode: 0o640, become })
  assert.is(
    (await link.exec(sh`stat -c '%U %a' /tmp/e2e-openssh-nobody; rm /tmp/e2e-openssh-nobody`)).stdout.toString(),
    'nobody 640\n',
  )
  assert.is((await errorOf(link.put(at('denied'), 'x', { mode: 0o600, become }))).code, 'permission-denied')
  assert.is((await errorOf(link.exec(sh`true`, { become: { user: 'nobody-here' } }))).code, 'become-no-such-user')
})

test.run()
