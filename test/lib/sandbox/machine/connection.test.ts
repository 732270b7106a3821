import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectSsh } from '../../../../lib/connect/ssh.ts'
import type { Connection } from '../../../../lib/core/connection.ts'
import { ToolError } from '../../../../lib/core/diagnostic.ts'
import type { Target } from '../../../../lib/core/host.ts'
import { sh } from '../../../../lib/core/script.ts'
import { Secret } from '../../../../lib/core/secret.ts'
import { keyPair } from '../../../../lib/sandbox/machine/keys.ts'
import { type MachineDouble, type MachineOptions, startMachine } from '../../../../lib/sandbox/machine/machine.ts'
import type { Faults } from '../../../../lib/sandbox/machine/spec.ts'
import { temporaryFolder } from './fixture.ts'

const test = suite('lib/sandbox/machine/connection')

const targetOf = ({ ssh }: MachineDouble): Target => ({
  via: 'ssh',
  address: '127.0.0.1',
  port: ssh.port,
  user: ssh.user,
  keyFile: ssh.keyFile,
  hostKeys: 'strict',
  knownHosts: ssh.knownHosts,
  knownHostsFiles: [],
  agent: 'none',
  connectTimeout: 5000,
})

const open = (machine: MachineDouble): Promise<Connection> =>
  connectSsh(targetOf(machine), { signal: new AbortController().signal })

/** Hands a machine and the way to reach it to `use`, and clears up. */
async function withMachine(
  options: Partial<MachineOptions>,
  use: (machine: MachineDouble) => Promise<void>,
): Promise<void> {
  const { folder, remove } = temporaryFolder()
  const machine = await startMachine({
    folder: join(folder, 'machine'),
    name: 'chat1',
    clientKey: keyPair(folder, 'client'),
    ...options,
  })
  try {
    await use(machine)
  } finally {
    await machine.stop()
    remove()
  }
}

async function withConnection(
  options: Partial<MachineOptions>,
  use: (link: Connection, machine: MachineDouble) => Promise<void>,
): Promise<void> {
  await withMachine(options, async (machine) => {
    const link = await open(machine)
    try {
      await use(link, machine)
    } finally {
      await link.close()
    }
  })
}

/** Runs `work`, which must throw an error of ours with this code. */
async function throws(code: string | RegExp, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    assert.match(error.code, code, error.message)
    return
  }
  throw new Error(`nothing was thrown, ${code} was expected`)
}

test('scripts, output and exit codes', () =>
  withConnection({}, async (link) => {
    const { code, stdout, stderr } = await link.exec(sh`id -un; echo ${'/etc/x > y'} | tee /tmp/a; echo b >&2; exit 3`)
    assert.equal([code, stdout.toString(), stderr.toString()], [3, 'root\n/etc/x > y\n', 'b\n'])
  }))

test('several scripts at once', () =>
  withConnection({}, async (link) => {
    const outputs = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        link.exec(sh`echo ${index} > /tmp/n${index}; cat /tmp/n${index}; id -u`),
      ),
    )
    assert.equal(
      outputs.map(({ stdout }) => stdout.toString()),
      outputs.map((_, index) => `${index}\n0\n`),
    )
  }))

test('files with owner and mode, whatever is in them', () =>
  withConnection({}, async (link, machine) => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256))
    await link.exec(sh`mkdir -p /opt/x`)
    await link.put('/opt/x/f', content, { mode: 0o640, owner: 'www-data', group: '999' })
    const seen = await link.exec(sh`stat -c ${'%a %U:%g %s'} /opt/x/f; ls -A /opt/x`)
    assert.is(seen.stdout.toString(), '640 www-data:999 300000\nf\n')
    await link.put('/opt/x/f', '> /etc/x $(id)', { mode: 0o400 })
    assert.is((await link.exec(sh`cat /opt/x/f; stat -c ${'%a'} /opt/x/f`)).stdout.toString(), '> /etc/x $(id)400\n')
    await throws('no-such-folder', () => link.put('/nothing/f', '', { mode: 0o600 }))
    assert.is(statSync(join(machine.root, 'opt/x/f')).size, 14)
  }))

test('sudo without a password', () =>
  withConnection({ spec: { user: 'deploy' } }, async (link) => {
    assert.is((await link.exec(sh`id -un; pwd`)).stdout.toString(), 'deploy\n/home/deploy\n')
    assert.is((await link.exec(sh`id -un`, { become: { user: 'root' } })).stdout.toString(), 'root\n')
    const refused = await link.exec(sh`apt-get update`)
    assert.match(refused.stderr.toString(), /Permission denied/)
    await link.put('/root/f', 'x', { mode: 0o600, become: { user: 'root' } })
    assert.is((await link.exec(sh`cat /root/f`, { become: { user: 'root' } })).stdout.toString(), 'x')
    await throws('become-no-such-user', () => link.exec(sh`id`, { become: { user: 'nosuch' } }))
  }))

test('sudo with a password', () =>
  withConnection({ spec: { user: 'deploy', sudoPassword: `it's $5 /etc` } }, async (link, machine) => {
    const become = { user: 'root', password: new Secret(`it's $5 /etc`, 'sudo password') }
    assert.is((await link.exec(sh`id -un`, { become })).stdout.toString(), 'root\n')
    assert.is((await link.exec(sh`id -un`, { become })).stdout.toString(), 'root\n')
    await throws('become-password-missing', () => link.exec(sh`id`, { become: { user: 'root' } }))
    const other = await open(machine)
    await throws('become-password-wrong', () =>
      other.exec(sh`id`, { become: { user: 'root', password: new Secret('no', 'sudo password') } }),
    )
    await other.close()
  }))

test('streams to ports and to the socket of the engine', async () => {
  const web = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const real = (web.address() as AddressInfo).port
  const options: Partial<MachineOptions> = {
    resolvePort: (ip, port) => (ip === '127.0.0.1' && port === 3000 ? real : undefined),
    dockerSocket: (stream) => stream.end('engine'),
  }
  const readAll = async (stream: Duplex) => {
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    stream.destroy()
    return text
  }
  const use = async (link: Connection) => {
    const chat = await link.dial({ host: '127.0.0.1', port: 3000 })
    chat.write('GET / HTTP/1.0\r\n\r\n')
    assert.match(await readAll(chat), /hello$/)
    await throws(/./, () => link.dial({ host: '127.0.0.1', port: 3001 }))
    const elsewhere = await link.dial({ host: 'other.example.org', port: 3000 })
    elsewhere.end('GET / HTTP/1.0\r\n\r\n')
    assert.not.match(await readAll(elsewhere), /hello/)
    const socket = '/var/run/docker.sock'
    await throws(/./, () => link.dial({ socket }))
    await link.exec(sh`apt-get update && apt-get install -y docker.io`)
    assert.is(await readAll(await link.dial({ socket })), 'engine')
    await link.exec(sh`systemctl stop docker`)
    await throws(/./, () => link.dial({ socket }))
  }
  await withConnection(options, use).finally(() => web.close())
})

test('only members of the group docker may use the engine', () =>
  withConnection(
    { spec: { user: 'deploy' }, dockerSocket: (stream) => stream.end('engine') },
    async (link, machine) => {
      const become = { user: 'root' }
      await link.exec(sh`apt-get update && apt-get install -y docker.io`, { become })
      await throws(/./, () => link.dial({ socket: '/var/run/docker.sock' }))
      await link.exec(sh`usermod -aG docker deploy`, { become })
      const again = await open(machine)
      ;(await again.dial({ socket: '/var/run/docker.sock' })).destroy()
      await again.close()
    },
  ))

test('what changes something is counted, what only looks is not', () =>
  withConnection({}, async (link, machine) => {
    const count = async (script: ReturnType<typeof sh>) => {
      const before = machine.writes
      await link.exec(script)
      return machine.writes - before
    }
    assert.is(await count(sh`cat /etc/passwd; stat /etc; id; systemctl is-active ssh; df; t=$(mktemp); rm "$t"`), 0)
    assert.is(await count(sh`echo a > /etc/a`), 1)
    assert.is(await count(sh`chmod 600 /etc/a`), 1)
    assert.is(await count(sh`chmod 600 /etc/a`), 0)
    assert.is(await count(sh`chown mail /etc/a`), 1)
    assert.is(await count(sh`chown mail /etc/a`), 0)
    assert.is(await count(sh`mkdir -p /opt/a/b`), 1)
    assert.is(await count(sh`mkdir -p /opt/a/b`), 0)
    assert.is(await count(sh`apt-get update`), 1)
    assert.is(await count(sh`apt-get -s install -y curl`), 0)
    assert.is(await count(sh`systemctl stop cron`), 1)
    assert.is(await count(sh`systemctl stop cron`), 0)
    const before = machine.writes
    await link.put('/etc/b', 'x', { mode: 0o600 })
    assert.is(machine.writes - before, 1)
  }))

test('a restart breaks the link, and what is enabled runs again', () =>
  withMachine({}, async (machine) => {
    const link = await open(machine)
    const bootId = sh`cat /proc/sys/kernel/random/boot_id; systemctl is-active cron ssh | tr '\n' ' '`
    const before = (await link.exec(bootId)).stdout.toString()
    await link.exec(sh`systemctl stop cron; systemctl disable ssh`)
    await link.exec(sh`reboot`)
    await throws('link-lost', () => link.exec(sh`sleep 5`))
    const again = await open(machine)
    const after = (await again.exec(bootId)).stdout.toString()
    await again.close()
    assert.match(before, /active active $/)
    assert.match(after, /active inactive $/)
    assert.is.not(before.split('\n')[0], after.split('\n')[0])
  }))

/** A fault and what it leads to. */
const fault = (title: string, faults: Faults, use: (machine: MachineDouble) => Promise<void>) =>
  test(title, () => withMachine({ faults }, use))
const linked = (use: (link: Connection) => Promise<void>) => async (machine: MachineDouble) => {
  const link = await open(machine)
  await use(link)
  await link.close()
}

fault(
  'no shell',
  { noShell: true },
  linked((link) => throws('no-shell', () => link.exec(sh`id`))),
)
fault('the login is refused', { refuseLogin: true }, (machine) => throws(/./, () => open(machine)))
fault('the host key is another one', { newHostKey: true }, (machine) => throws(/host-key/, () => open(machine)))
fault(
  'the link breaks when a command arrives',
  { cutAtCommand: 2 },
  linked(async (link) => {
    await link.exec(sh`echo 1 > /tmp/a`)
    await throws('link-lost', () => link.exec(sh`echo 2 > /tmp/a`))
  }),
)
fault('the link breaks when a command has run', { cutAfterCommand: 1 }, async (machine) => {
  await linked((link) => throws('link-lost', () => link.exec(sh`echo 1 > /tmp/done`)))(machine)
  await linked(async (link) => assert.is((await link.exec(sh`cat /tmp/done`)).stdout.toString(), '1\n'))(machine)
})
fault('the link breaks in the middle of a file, and the old one stays', {}, async (machine) => {
  await linked((link) => link.put('/etc/f', 'old', { mode: 0o644 }))(machine)
  machine.faults.cutAfterBytes = 200_000
  await linked((link) => throws('link-lost', () => link.put('/etc/f', Buffer.alloc(400_000), { mode: 0o644 })))(machine)
  delete machine.faults.cutAfterBytes
  await linked(async (link) => assert.is((await link.exec(sh`cat /etc/f`)).stdout.toString(), 'old'))(machine)
})
fault(
  'the disk is full',
  { writing: 'full' },
  linked(async (link) => {
    await throws('no-space', () => link.put('/etc/f', 'x', { mode: 0o600 }))
    const made = await link.exec(sh`mkdir /opt/x; cat /etc/hosts > /etc/a`)
    assert.match(made.stderr.toString(), /cannot write '\/opt\/x': No space left on device\n.*No space left on device/i)
    assert.match((await link.exec(sh`apt-get update`)).stderr.toString(), /No space left on device/)
  }),
)
fault(
  'the file system is read-only',
  { writing: 'read-only' },
  linked(async (link) => {
    await throws('read-only-file-system', () => link.put('/etc/f', 'x', { mode: 0o600 }))
    const { stderr } = await link.exec(sh`rm /etc/hosts; echo a > /etc/a; chmod 600 /etc/hosts; install -d /opt/y`)
    assert.is(stderr.toString().match(/Read-only file system/g)?.length, 4, stderr.toString())
  }),
)
fault(
  'everything is slow',
  { slow: 60 },
  linked(async (link) => {
    const started = performance.now()
    await link.exec(sh`true`)
    assert.ok(performance.now() - started >= 60)
  }),
)
test('no AVX and another system', () =>
  withConnection({ spec: { avx: false, osRelease: { ID: 'alpine', VERSION_ID: '3.20' } } }, async (link) => {
    const { stdout } = await link.exec(sh`grep -c avx /proc/cpuinfo; . /etc/os-release; echo "$ID $VERSION_ID"`)
    assert.is(stdout.toString(), '0\nalpine 3.20\n')
  }))
fault(
  'the package servers do not answer',
  { noMirror: true },
  linked(async (link) => {
    const { code, stderr } = await link.exec(sh`apt-get update; apt-get install -y docker.io`)
    assert.is(code, 100)
    assert.match(stderr.toString(), /Temporary failure resolving/)
  }),
)

test.run()
