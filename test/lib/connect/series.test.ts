import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownHostsLine } from '../../../lib/connect/known-hosts.ts'
import { connectSsh } from '../../../lib/connect/ssh.ts'
import type { Connection } from '../../../lib/core/connection.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { type FakeServer, type FakeServerOptions, fakeServer, testKey } from '../../fakes/ssh-server.ts'
import { fakeSudo } from '../../fakes/sudo.ts'

const test = suite('lib/connect/series')
const hostKey = testKey()
const folder = mkdtempSync(join(tmpdir(), 'connect-series-'))
const servers: FakeServer[] = []
const links: Connection[] = []
const home = join(folder, 'home')

test.after(async () => {
  for (const link of links) await link.close()
  for (const server of servers) await server.close()
  rmSync(folder, { recursive: true })
})

/** A link to a host whose account has a home of its own, and the server behind it. */
async function host(options: Partial<FakeServerOptions> = {}) {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home)
  const env = { ...process.env, HOME: home, ...options.env }
  const server = await fakeServer({ hostKeys: [hostKey.private], open: true, ...options, env })
  servers.push(server)
  const target = {
    via: 'ssh' as const,
    address: '127.0.0.1',
    port: server.port,
    user: 'ops',
    hostKeys: 'strict' as const,
    knownHosts: knownHostsLine(`[127.0.0.1]:${server.port}`, hostKey.blob),
  }
  const link = await connectSsh(target, { signal: new AbortController().signal })
  links.push(link)
  const text = async (script: ReturnType<typeof sh>) => {
    const { stdout, stderr, code } = await link.exec(script)
    return [stdout.toString(), stderr.toString(), code]
  }
  return { server, link, text }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ToolError) return error.code
    throw error
  }
  throw new Error('no error')
}

const running = (pid: string) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
const soon = async (done: () => boolean) => {
  for (let tries = 0; !done() && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  return done()
}

test('runs small scripts one after the other in one session, each in a shell of its own', async () => {
  const { server, text, link } = await host()
  assert.equal(await text(sh`x=1; cd /; umask 000; echo out; echo err >&2; exit 3`), ['out\n', 'err\n', 3])
  assert.equal(await text(sh`echo \${x-none}; [ "$PWD" = / ] || echo elsewhere`), ['none\nelsewhere\n', '', 0])
  assert.equal(await text(sh`set -e; false; echo no`), ['', '', 1])
  assert.equal(await text(sh`exec echo gone`), ['gone\n', '', 0])
  assert.equal(await text(sh`if then`).then(([, , code]) => code), 2)
  assert.equal(await text(sh`cat; printf 'no newline'`), ['no newline', '', 0])
  assert.equal(await text(sh`exec >&- 2>&-; exit 7`), ['', '', 7])
  const { stdout } = await link.exec(sh`printf 'é\\001\\377)'; head -c 300000 /dev/zero`)
  assert.equal([stdout.length, stdout.subarray(0, 5).toString('latin1')], [300_005, 'Ã©\x01ÿ)'])
  assert.equal([server.sessions, link.traffic.shell], [1, 8])
})

test('goes another way while it is at work, and for what is long or reads input', async () => {
  const { server, link, text } = await host()
  await Promise.all([1, 2, 3].map((one) => link.exec(sh`sleep 0.1; echo ${one}`)))
  assert.is(server.sessions, 3)
  assert.equal(await text(sh`: ${'x'.repeat(10_000)}; echo long`), ['long\n', '', 0])
  assert.is(server.sessions, 4)
  const seen: string[] = []
  await link.exec(sh`echo one; sleep 0.2; echo two`, { onOutput: (_, chunk) => seen.push(chunk.toString()) })
  assert.equal(seen, ['one\n', 'two\n'])
  await link.exec(sh`cat`, {
    input: async function* () {
      yield Buffer.from('x')
    },
  })
  assert.is(server.sessions, 5)
  await text(sh`true`)
  assert.is(server.sessions, 5)
})

test('what a script left running goes on, and does not meet the next one', async () => {
  const { server, text, link } = await host()
  const [out] = await text(sh`(while sleep 0.05; do echo noise; echo noise >&2; done) & echo $! $$`)
  const [pid = '', shell = ''] = String(out).trim().split(' ')
  assert.equal(await text(sh`sleep 0.2; echo calm`), ['calm\n', '', 0])
  assert.is(server.sessions, 3, 'one to work in, one to end the shell, and a new one')
  assert.is(await codeOf(link.exec(sh`sleep 30`, { timeout: 100 })), 'command-timeout')
  assert.ok(running(pid), 'a later command that is ended does not take it along')
  assert.ok(await soon(() => !running(shell)))
  process.kill(Number(pid))
})

test('a script that is given up ends with its children, and the next one has a new shell', async () => {
  const { text, link } = await host()
  await text(sh`true`)
  const file = join(folder, 'pid')
  assert.is(await codeOf(link.exec(sh`sleep 30 & echo $! >${file}; wait`, { timeout: 200 })), 'command-timeout')
  assert.ok(await soon(() => !running(readFileSync(file, 'utf8').trim())))
  assert.equal(await text(sh`echo again`), ['again\n', '', 0])
})

test('a shell that ends in between is noticed, and one that ends itself is told as ever', async () => {
  const { text, link } = await host()
  const [pid] = await text(sh`echo $$`)
  process.kill(Number(pid), 'SIGKILL')
  assert.equal(await text(sh`echo new`), ['new\n', '', 0])
  assert.is((await link.exec(sh`kill -9 $$; sleep 0.2`)).code, 137)
  assert.equal(await text(sh`echo newer`), ['newer\n', '', 0])
})

test('a shell that is older than what a login reads is not used again', async () => {
  const { server, text } = await host()
  await text(sh`true`)
  await text(sh`true`)
  assert.is(server.sessions, 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  writeFileSync(join(home, '.bashrc'), 'export ADDED=1\n')
  await text(sh`true`)
  assert.is(server.sessions, 2)
  // Times of files are as fine as the kernel's ticks.
  await new Promise((resolve) => setTimeout(resolve, 50))
  appendFileSync(join(home, '.bashrc'), '\n')
  await text(sh`true`)
  assert.is(server.sessions, 3)
})

test('gives its place up where sessions are few', async () => {
  const { link, text } = await host({ maxSessions: 1 })
  for (let round = 0; round < 3; round++) {
    await text(sh`true`)
    await link.put(join(folder, 'few'), Buffer.alloc(20_000), { mode: 0o600 })
  }
})

test('one sudo is enough for many scripts, and secrets stay out of its arguments', async () => {
  const sudo = fakeSudo()
  const { server, link } = await host({ env: { PATH: `${sudo.folder}:${process.env.PATH}` } })
  sudo.set({ password: 'pw' })
  const become = { user: 'rocket', password: new Secret('pw', 'x') }
  for (const index of [1, 2, 3]) {
    const script = sh`echo ${index} $FAKE_USER \${LC_ALL-unset} ${new Secret('s3cret', 'y')}; tr '\\000' ' ' </proc/$$/cmdline >&2`
    const { stdout, stderr } = await link.exec(script, { become })
    assert.is(stdout.toString(), `${index} rocket unset s3cret\n`)
    assert.not.match(stderr.toString(), 's3cret')
  }
  assert.is(server.sessions, 1)
  sudo.set('refuse')
  assert.is(await codeOf(link.exec(sh`true`, { become: { user: 'other' } })), 'become-refused')
  sudo.remove()
})

test('leaves nothing behind when the link is closed', async () => {
  const { text, link } = await host()
  const [pid] = await text(sh`echo $$`)
  assert.ok(running(String(pid).trim()))
  await link.close()
  assert.ok(await soon(() => !running(String(pid).trim())))
})

test('says what was under way when the link is lost', async () => {
  const { server, text, link } = await host()
  await text(sh`true`)
  setTimeout(() => server.cut(), 100)
  assert.is(await codeOf(link.exec(sh`sleep 20`)), 'link-lost')
})

test.run()
