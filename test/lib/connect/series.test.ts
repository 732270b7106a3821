import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownHostsLine } from '../../../lib/connect/known-hosts.ts'
import { connectSsh } from '../../../lib/connect/ssh.ts'
import type { Connection, ExecOptions, Output } from '../../../lib/core/connection.ts'
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

/** Runs a script with something that rides on it, and waits for both; undefined where that could not ride, or was cut. */
async function together(
  link: Connection,
  script: ReturnType<typeof sh>,
  rider: ReturnType<typeof sh>,
  options: ExecOptions = {},
) {
  const all: { rode?: Promise<Output | undefined> } = {}
  const taken = (output: Promise<Output | undefined>) => {
    all.rode = output
    output.catch(() => undefined)
  }
  const output = await link.exec(script, { ...options, rider: { script: rider, timeout: 10_000, taken } })
  const words = (one: Output | undefined) => one && [one.stdout.toString(), one.stderr.toString(), one.code]
  return { script: words(output), rode: all.rode && words(await all.rode) }
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
  assert.equal(await text(sh`: ${'x'.repeat(70_000)}; echo long`), ['long\n', '', 0])
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

test('a long script is read in one piece, and nothing behind it', async () => {
  const { server, link } = await host()
  const word = `${"it's ".repeat(3000)}\n\n`
  const { script, rode } = await together(
    link,
    sh`printf %s ${word}; echo; cat; exit 0`,
    sh`printf %s ${word} | wc -c; cat`,
  )
  assert.equal(
    [script, rode],
    [
      [`${word}\n`, '', 0],
      [`${word.length}\n`, '', 0],
    ],
  )
  assert.equal((await together(link, sh`: ${word}; exit 4`, sh`: ${word}`)).script, ['', '', 4])
  assert.equal((await link.exec(sh`printf after`)).stdout.toString(), 'after')
  assert.is(server.sessions, 1)
})

for (const dd of ['exit 1', 'exec /bin/false', 'cat >/dev/null; exit 1', 'head -c 4000']) {
  test(`a host whose dd cannot read one piece runs a long script whole or not at all: ${dd}`, async () => {
    const bin = join(folder, 'bin')
    rmSync(bin, { recursive: true, force: true })
    mkdirSync(bin)
    writeFileSync(join(bin, 'dd'), `#!/bin/sh\n${dd}\n`, { mode: 0o755 })
    const { link } = await host({ env: { PATH: `${bin}:${process.env.PATH}` } })
    const file = join(folder, 'ran')
    rmSync(file, { force: true })
    const long = sh`: ${'x'.repeat(5000)}; : >${file}; echo ran; : ${'x'.repeat(5000)}; echo whole`
    const [said, code] = await link
      .exec(long, { timeout: 1000 })
      .then(({ stdout, code }) => [stdout.toString(), code])
      .catch((error: unknown) => [error instanceof ToolError ? error.code : '', 1])
    if (dd === 'exit 1' || dd === 'exec /bin/false') assert.equal([said, code], ['ran\nwhole\n', 0])
    else assert.equal([code === 0, existsSync(file)], [false, false], String(said))
  })
}

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

test('what rides on a script is one trip with it, and finds nothing of it but its work', async () => {
  const { server, link } = await host()
  const file = join(folder, 'made')
  const work = sh`cd /; umask 000; export LEFT=1; ulimit -c 0; exec 8>${file}; echo content >&8; printf 'out)'; printf err >&2`
  const look = sh`cat ${file}; echo "\${LEFT-none}"; umask; [ "$PWD" = / ] || echo elsewhere; ( : >&8 ) 2>/dev/null || echo closed; cat; echo oops >&2; exit 3`
  const { script, rode } = await together(link, work, look)
  assert.equal(script, ['out)', 'err', 0])
  const umask = process.umask().toString(8).padStart(4, '0')
  assert.equal(rode, [`content\nnone\n${umask}\nelsewhere\nclosed\n`, 'oops\n', 3])
  assert.equal([server.sessions, link.traffic.shell], [1, 1])
  assert.equal((await together(link, sh`true`, sh`printf again`)).rode, ['again', '', 0])
  assert.equal((await link.exec(sh`printf after`)).stdout.toString(), 'after')
  assert.equal([server.sessions, link.traffic.shell], [1, 3])
})

test('nothing rides on a script that fails, and the next one has the shell for itself', async () => {
  const { server, link, text } = await host()
  const file = join(folder, 'never')
  assert.equal(await together(link, sh`echo no; exit 4`, sh`: >${file}`), { script: ['no\n', '', 4], rode: undefined })
  assert.equal(await text(sh`echo next`), ['next\n', '', 0])
  assert.equal([server.sessions, existsSync(file)], [1, false])
})

test('nothing rides on what is long, reads input, kills its shell or leaves something running', async () => {
  const { link, text } = await host()
  const rider = sh`echo here`
  const input = async function* () {
    yield Buffer.from('x')
  }
  assert.is((await together(link, sh`cat`, rider, { input })).rode, undefined)
  assert.is((await together(link, sh`true`, sh`: ${'x'.repeat(70_000)}`)).rode, undefined)
  assert.is((await together(link, sh`kill -9 $$; sleep 0.2`, rider)).rode, undefined)
  const left = await together(link, sh`sleep 5 & echo $!`, rider)
  assert.equal([left.script?.[2], left.rode], [0, undefined])
  process.kill(Number(left.script?.[0]))
  assert.equal(await text(sh`echo calm`), ['calm\n', '', 0])
})

test('a shell that a script has made too old carries nothing more', async () => {
  const { server, link } = await host()
  await link.exec(sh`true`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const { script, rode } = await together(link, sh`echo 'export ADDED=1' >~/.bashrc`, sh`echo old`)
  assert.equal([script, rode], [['', '', 0], undefined])
  await link.exec(sh`true`)
  assert.is(server.sessions, 2)
})

test('a rider that hangs is not waited for: neither by its script, nor by the next one, nor at the end', async () => {
  const { server, link, text } = await host()
  const file = join(folder, 'hanging')
  let rode: Promise<Output | undefined> | undefined
  const rider = {
    script: sh`echo $$ >${file}; sleep 30`,
    timeout: 2500,
    taken: (output: Promise<Output | undefined>) => {
      rode = output
      output.catch(() => undefined)
    },
  }
  const began = Date.now()
  assert.equal((await link.exec(sh`echo done`, { rider })).stdout.toString(), 'done\n')
  assert.equal(await text(sh`echo next`), ['next\n', '', 0])
  assert.ok(Date.now() - began < 2400)
  assert.is(server.sessions, 2)
  assert.is(await codeOf(rode as Promise<unknown>), 'command-timeout')
  assert.ok(await soon(() => !running(readFileSync(file, 'utf8').trim())))
  assert.equal(await text(sh`echo again`), ['again\n', '', 0])
  await link.exec(sh`true`, { rider: { ...rider, timeout: 60_000 } })
  await link.close()
  assert.is((await rode?.catch(() => undefined)) ?? undefined, undefined)
  assert.ok(Date.now() - began < 20_000)
})

test('the time of a script is its own, whatever rides on it', async () => {
  const { link } = await host()
  const slow = await together(link, sh`echo quick`, sh`sleep 1.5; echo slow`, { timeout: 1400 })
  assert.equal(slow, { script: ['quick\n', '', 0], rode: ['slow\n', '', 0] })
  const never = together(link, sh`sleep 5`, sh`true`, { timeout: 200 })
  assert.is(await codeOf(never), 'command-timeout')
})

test.run()
