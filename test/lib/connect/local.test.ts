import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectLocal } from '../../../lib/connect/local.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { raw, sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { fakeSudo } from '../../fakes/sudo.ts'

const test = suite('lib/connect/local')
const user = userInfo().username
const local = connectLocal({ user })
const sudo = fakeSudo()
const folder = mkdtempSync(join(tmpdir(), 'connect-local-'))
const path = process.env.PATH ?? ''

test.before(() => {
  process.env.PATH = `${sudo.folder}${delimiter}${path}`
})
test.after(() => {
  process.env.PATH = path
  sudo.remove()
  rmSync(folder, { recursive: true })
})

/** Waits for the error and gives its code; fails when there is none. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await errorOf(promise)).code
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

const text = async (script: ReturnType<typeof sh>) => {
  const { stdout, stderr, code } = await local.exec(script)
  return [stdout.toString(), stderr.toString(), code]
}

test('gives output, errors and exit code', async () => {
  assert.equal(await text(sh`printf 'a\nb'; echo oops >&2; exit 3`), ['a\nb', 'oops\n', 3])
})

test('keeps output without a final newline apart from the marks, also when it is empty', async () => {
  assert.equal(await text(sh`:`), ['', '', 0])
  assert.equal(await text(sh`printf x; printf y >&2`), ['x', 'y', 0])
})

test('survives whatever the script does to its shell', async () => {
  assert.equal(await text(sh`set -e; false; echo no`), ['', '', 1])
  assert.equal(await text(sh`exec echo gone`), ['gone\n', '', 0])
  assert.equal((await text(sh`if then`))[2], 2)
  assert.equal(await text(sh`cat; echo after`), ['after\n', '', 0])
  assert.is((await local.exec(sh`kill -9 $$`)).code, 137)
})

test('does not wait for what the script left running', async () => {
  const before = performance.now()
  assert.equal(await text(sh`sleep 20 & echo started`), ['started\n', '', 0])
  assert.ok(performance.now() - before < 5000)
})

test('carries binary output and 10 MB of it', async () => {
  const { stdout } = await local.exec(sh`head -c 10000000 /dev/zero; printf '\\001\\377'`)
  assert.is(stdout.length, 10_000_002)
  assert.equal([...stdout.subarray(-3)], [0, 1, 255])
})

test('hands on output as it arrives', async () => {
  const seen: string[] = []
  const output = await local.exec(sh`echo one; sleep 0.2; echo two >&2`, {
    onOutput: (stream, chunk) => seen.push(`${stream} ${chunk}`),
  })
  assert.equal(seen, ['stdout one\n', 'stderr two\n'])
  assert.is(output.stdout.toString(), 'one\n')
})

test('keeps the script out of every argument list', async () => {
  const { stdout } = await local.exec(
    sh`secret=${new Secret('hunter-2', 'x')}; tr '\\000' ' ' </proc/$$/cmdline; echo $secret`,
  )
  assert.match(stdout.toString(), /hunter-2\n$/)
  assert.is(stdout.toString().split('hunter-2').length, 2)
})

test('gives up after the timeout and ends the command with its children', async () => {
  const pidFile = join(folder, 'pid')
  const error = await errorOf(local.exec(sh`sleep 30 & echo $! >${pidFile}; wait`, { timeout: 300 }))
  assert.is(error.code, 'command-timeout')
  assert.match(error.message, /sleep 30/)
  const pid = readFileSync(pidFile, 'utf8').trim()
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.not.ok(existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
})

test('stops when asked to', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 100)
  assert.is(await codeOf(local.exec(sh`sleep 30`, { signal: stop.signal })), 'stopped')
  assert.is(await codeOf(local.exec(sh`true`, { signal: stop.signal })), 'stopped')
})

test('runs 30 at once, 8 at a time', async () => {
  const all = await Promise.all(Array.from({ length: 30 }, (_, index) => local.exec(sh`sleep 0.05; echo ${index}`)))
  assert.equal(
    all.map(({ stdout }) => Number(stdout)),
    Array.from({ length: 30 }, (_, index) => index),
  )
})

test('becomes another account without a password', async () => {
  sudo.set('open')
  const { stdout } = await local.exec(sh`echo $FAKE_USER \${LC_ALL-unset}`, { become: { user: 'rocket' } })
  assert.is(stdout.toString(), 'rocket unset\n')
})

test('needs no sudo to be who it is', async () => {
  sudo.set('refuse')
  assert.is((await local.exec(sh`true`, { become: { user } })).code, 0)
})

test('becomes another account with a password, asked for or not, also side by side', async () => {
  const password = new Secret('pa ss\\n"$', 'ansible_become_password')
  for (const mode of [{ password: 'pa ss\\n"$' }, 'open'] as const) {
    sudo.set(mode)
    const fresh = connectLocal({ user })
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        fresh.exec(sh`echo ${index} $FAKE_USER; echo err >&2`, { become: { user: 'rocket', password } }),
      ),
    )
    all.forEach(({ stdout, stderr }, index) => {
      assert.is(stdout.toString(), `${index} rocket\n`)
      assert.is(stderr.toString(), 'err\n')
    })
  }
})

test('tries a wrong password once, whatever is waiting behind it', async () => {
  sudo.set({ password: 'right' })
  const before = sudo.log().filter((line) => line === 'try WRONG').length
  const fresh = connectLocal({ user })
  const codes = await Promise.all(
    [1, 2, 3].map(() => codeOf(fresh.exec(sh`true`, { become: { user: 'rocket', password: 'wrong' } }))),
  )
  assert.equal(codes, ['become-password-wrong', 'become-password-wrong', 'become-password-wrong'])
  assert.is(sudo.log().filter((line) => line === 'try WRONG').length, before + 1)
})

test('says why sudo does not let it in', async () => {
  const become = { user: 'rocket' }
  sudo.set({ password: 'x' })
  assert.is(await codeOf(local.exec(sh`true`, { become })), 'become-password-missing')
  sudo.set('refuse')
  const error = await errorOf(local.exec(sh`true`, { become }))
  assert.is(error.code, 'become-refused')
  assert.is(error.diagnostics[0]?.detail, 'ops is not in the sudoers file.')
  const asked = await errorOf(local.exec(sh`true`, { become: { ...become, password: 'x' } }))
  assert.is(asked.diagnostics[0]?.detail, 'ops is not in the sudoers file.')
  sudo.set('quote')
  const quoted = await errorOf(local.exec(sh`true`, { become }))
  assert.is(quoted.diagnostics[0]?.detail, "Sorry, user ops is not allowed to execute 'sh -c …' as rocket on web1.")
  sudo.set('tty')
  assert.match((await errorOf(local.exec(sh`true`, { become }))).diagnostics[0]?.mend ?? '', 'requiretty')
  sudo.set('unknown')
  assert.is(await codeOf(local.exec(sh`true`, { become })), 'become-no-such-user')
  assert.is(await codeOf(local.exec(sh`true`, { become: { user: "x'; id" } })), 'become-no-such-user')
})

test('says that sudo is missing', async () => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const name of ['sh', 'cat'])
    writeFileSync(join(bin, name), `#!/bin/sh\nexec /bin/${name} "$@"\n`, { mode: 0o755 })
  process.env.PATH = bin
  try {
    assert.is(await codeOf(local.exec(sh`true`, { become: { user: 'rocket' } })), 'become-missing')
  } finally {
    process.env.PATH = `${sudo.folder}${delimiter}${path}`
  }
})

test('says that the login shell ran no sh', async () => {
  const nologin = join(folder, 'nologin')
  writeFileSync(nologin, '#!/bin/sh\necho This account is currently not available.\nexit 1\n', { mode: 0o755 })
  const error = await errorOf(connectLocal({ user, shell: nologin }).exec(sh`true`))
  assert.is(error.code, 'no-shell')
  assert.match(error.diagnostics[0]?.detail ?? '', 'not available')
})

for (const shell of ['/bin/bash', '/bin/dash', '/bin/tcsh', '/usr/bin/fish', '/bin/mksh']) {
  if (!existsSync(shell)) continue
  test(`works behind ${shell} as the login shell`, async () => {
    const other = connectLocal({ user, shell })
    sudo.set({ password: 'x' })
    assert.is((await other.exec(sh`printf %s ${"it's !fine \\ $x"}`)).stdout.toString(), "it's !fine \\ $x")
    const { stdout } = await other.exec(sh`echo $FAKE_USER`, { become: { user: 'rocket', password: 'x' } })
    assert.is(stdout.toString(), 'rocket\n')
  })
}

test('drops what the login shell prints of its own', async () => {
  const noisy = join(folder, 'noisy')
  writeFileSync(noisy, '#!/bin/sh\necho Welcome; echo mail >&2\n/bin/sh "$@"\nc=$?; echo bye; exit $c\n', {
    mode: 0o755,
  })
  const { stdout, stderr, code } = await connectLocal({ user, shell: noisy }).exec(sh`echo yes; exit 4`)
  assert.equal([stdout.toString(), stderr.toString(), code], ['yes\n', '', 4])
})

test('writes a file with its mode, over an old one, and leaves nothing behind', async () => {
  const file = join(folder, "it's a file")
  for (const [content, mode] of [
    ['first\n', 0o644],
    [new Secret('second', 'x'), 0o400],
    [Buffer.from([0, 1, 255, 10]), 0o600],
    ['', 0o755],
  ] as const) {
    await local.put(file, content, { mode })
    const want = content instanceof Secret ? 'second' : content
    assert.equal(readFileSync(file), Buffer.from(want as string))
    assert.is(statSync(file).mode & 0o7777, mode)
  }
  assert.equal(
    readdirSync(folder).filter((name) => name.includes('it')),
    ["it's a file"],
  )
})

test('writes a stream and keeps the old file when the stream breaks', async () => {
  const file = join(folder, 'streamed')
  const part = Buffer.alloc(65_536, 'x')
  await local.put(file, () => Readable.from(Array.from({ length: 100 }, () => part)), { mode: 0o600 })
  assert.is(statSync(file).size, 6_553_600)
  const broken = () =>
    Readable.from(
      (function* () {
        yield part
        throw new Error('disk pulled out')
      })(),
    )
  assert.is(await codeOf(local.put(file, broken, { mode: 0o600 })), 'content-unreadable')
  assert.is(statSync(file).size, 6_553_600)
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  )
})

test('says why a file cannot be written', async () => {
  const refused = (file: string) => codeOf(local.put(file, 'x'.repeat(100_000), { mode: 0o600 }))
  assert.is(await refused(join(folder, 'nowhere', 'file')), 'no-such-folder')
  assert.is(await refused(folder), 'is-a-folder')
  assert.is(await refused('relative'), 'path-not-absolute')
  assert.is(await codeOf(local.put(join(folder, 'x'), 'x', { mode: 0o600, owner: 'nobody-here' })), 'no-such-account')
  if (process.getuid?.() !== 0) assert.is(await refused('/etc/x'), 'permission-denied')
})

for (const [words, code] of [
  ['cat: write error: No space left on device', 'no-space'],
  ['sh: cannot create: Read-only file system', 'read-only-file-system'],
  ['cat: write error: Disk quota exceeded', 'no-space'],
] as const) {
  test(`knows "${words}" when the host says it in the middle of a file`, async () => {
    const bin = join(folder, code + words.length)
    mkdirSync(bin)
    // The first cat reads the rest of the script; only the one that writes the file fails.
    writeFileSync(join(bin, 'cat'), `#!/bin/sh\nhead -c 1000; echo '${words}' >&2; exit 1\n`, { mode: 0o755 })
    process.env.PATH = `${bin}${delimiter}${path}`
    try {
      const file = join(folder, 'full')
      assert.is(await codeOf(local.put(file, 'x'.repeat(5_000_000), { mode: 0o600 })), code)
      assert.not.ok(existsSync(file))
      assert.equal(
        readdirSync(folder).filter((name) => name.startsWith('.')),
        [],
      )
    } finally {
      process.env.PATH = `${sudo.folder}${delimiter}${path}`
    }
  })
}

test('a limit on the size of files counts as a full disk', async () => {
  const limited = join(folder, 'limited')
  writeFileSync(limited, '#!/bin/sh\nulimit -f 100\nexec /bin/sh "$@"\n', { mode: 0o755 })
  const other = connectLocal({ user, shell: limited })
  assert.is(await codeOf(other.put(join(folder, 'large'), Buffer.alloc(1_000_000), { mode: 0o600 })), 'no-space')
  assert.not.ok(existsSync(join(folder, 'large')))
})

test('opens a stream to a command', async () => {
  const stream = await local.pipe(raw('tr a-z A-Z'))
  stream.end('hello')
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  assert.is(Buffer.concat(chunks).toString(), 'HELLO')
  const failing = await local.pipe(raw('echo no such thing >&2; exit 3'))
  const error = await errorOf(
    (async () => {
      for await (const _ of failing);
    })(),
  )
  assert.is(error.code, 'pipe-ended')
  assert.is(error.diagnostics[0]?.detail, 'no such thing\n')
})

test('shows what a command behind a stream said last, with a mark where its beginning is left out', async () => {
  const failing = await local.pipe(raw('printf "%5000s" end >&2; exit 3'))
  const error = await errorOf(
    (async () => {
      for await (const _ of failing);
    })(),
  )
  assert.is(error.diagnostics[0]?.detail, `…${' '.repeat(4093)}end`)
})

test('says that nothing answers at a port or socket', async () => {
  assert.is(await codeOf(local.dial({ host: '127.0.0.1', port: 1 })), 'dial-refused')
  assert.match((await errorOf(local.dial({ socket: join(folder, 'none.sock') }))).message, 'no such socket')
})

test.run()
