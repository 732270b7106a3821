import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDocker } from '../../../lib/connect/docker.ts'
import { connectSsh } from '../../../lib/connect/ssh.ts'
import type { Connection } from '../../../lib/core/connection.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { sh } from '../../../lib/core/script.ts'
import { stateOf } from '../../../lib/sandbox/hold.ts'
import type { HostDouble } from '../../../lib/sandbox/host-double.ts'
import { resetSandbox, type Sandbox, startSandbox } from '../../../lib/sandbox/sandbox.ts'
import { temporaryFolder } from './machine/fixture.ts'

const test = suite('lib/sandbox/sandbox')

const open = ({ ssh }: HostDouble): Promise<Connection> =>
  connectSsh(
    {
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
    },
    { signal: new AbortController().signal },
  )

/** A sandbox in a folder of its own, with a link to its first machine. */
async function within(
  use: (at: { sandbox: Sandbox; host: HostDouble; link: Connection; folder: string }) => Promise<void>,
  { folder: given, hosts = ['chat.example.org'] }: { folder?: string; hosts?: readonly string[] } = {},
): Promise<void> {
  const { folder, remove } = given === undefined ? temporaryFolder() : { folder: given, remove: () => {} }
  const sandbox = await startSandbox({ folder: join(folder, '.sandbox'), hosts, pace: 0.002 })
  try {
    const host = sandbox.host(hosts[0] ?? '')
    const link = await open(host)
    await use({ sandbox, host, link, folder }).finally(() => link.close())
  } finally {
    await sandbox.stop()
    remove()
  }
}

const code = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof ToolError) return error.code
    throw error
  }
  return 'nothing thrown'
}

test('an empty sandbox starts quickly, for its owner only', () =>
  within(async ({ folder, sandbox }) => {
    assert.is(statSync(join(folder, '.sandbox')).mode & 0o777, 0o700)
    assert.is(statSync(sandbox.host('chat.example.org').ssh.keyFile).mode & 0o777, 0o600)
    const started = performance.now()
    const other = await startSandbox({ folder: join(folder, 'other'), hosts: ['a.example.org'] })
    const took = performance.now() - started
    await other.stop()
    // 300 ms on a machine that is not busy; the limit here leaves room for one that is.
    assert.ok(took < 1500, `${took} ms`)
  }))

test('several machines are apart from each other', () =>
  within(
    async ({ sandbox, link }) => {
      await link.exec(sh`echo a > /etc/mark; hostname`)
      const other = await open(sandbox.host('b'))
      assert.is((await other.exec(sh`hostname; ls /etc/mark`)).stdout.toString(), 'b\n')
      await other.close()
      assert.equal(
        sandbox.hosts.map(({ writes }) => writes.shell),
        [1, 0],
      )
      assert.throws(() => sandbox.host('c'), /no machine "c"/)
    },
    { hosts: ['a', 'b'] },
  ))

test('the state is found again', async () => {
  const { folder, remove } = temporaryFolder()
  await within(
    async ({ link }) => {
      await link.exec(sh`echo kept > /etc/kept; chown mail /etc/kept; useradd app; systemctl stop cron`)
    },
    { folder },
  )
  await within(
    async ({ link, host }) => {
      const seen = await link.exec(sh`cat /etc/kept; stat -c %U /etc/kept; id -un app; systemctl is-active cron ssh`)
      assert.is(seen.stdout.toString(), 'kept\nmail\napp\ninactive\nactive\n')
      assert.equal(host.writes, { shell: 0, docker: 0, api: 0 })
    },
    { folder },
  )
  remove()
})

test('Rocket.Chat on MongoDB on Docker on the machine, from nothing to an answer, and again after a stop', async () => {
  const { folder, remove } = temporaryFolder()
  await within(
    async ({ link, host }) => {
      await install(link)
      const chat = host.rocketchat()
      assert.is(chat?.database.settings['Site_Url']?.value, 'https://chat.example.org')
      assert.match(await ask(link, '/api/info'), /"version":"8\.6/)
      assert.is(await status(link, 'rocketchat'), 'running healthy')
      assert.is(host.docker()?.published().length, 1)
      assert.ok(host.writes.docker >= 7, String(host.writes.docker))
      assert.is(host.writes.api, 0)
      const ports = await link.exec(sh`ss -Hltn | grep -c 127.0.0.1:3000`)
      assert.is(ports.stdout.toString(), '1\n')
      if (chat?.database.settings['Site_Name']) chat.database.settings['Site_Name'].value = 'Kept'
    },
    { folder },
  )
  await within(
    async ({ link, host }) => {
      await until(() => host.rocketchat() !== undefined, 'Rocket.Chat')
      assert.is(host.rocketchat()?.database.settings['Site_Name']?.value, 'Kept')
      assert.equal(host.writes, { shell: 0, docker: 0, api: 0 })
      await until(async () => (await ask(link, '/api/info')).includes('8.6'), 'an answer')
      await link.exec(sh`systemctl stop docker`)
      assert.is(host.docker(), undefined)
      assert.is(host.rocketchat(), undefined)
    },
    { folder },
  )
  remove()
})

/** What a play does, in short: engine, network, database, replica set, chat. */
async function install(link: Connection): Promise<void> {
  const script = sh`apt-get update && apt-get install -y docker.io && mkdir -p /opt/chat`
  assert.is((await link.exec(script)).code, 0)
  const env = [
    "export ROOT_URL='https://chat.example.org'",
    'export MONGO_URL=mongodb://mongodb:27017/rocketchat?replicaSet=rs0',
    'export ADMIN_USERNAME=boss ADMIN_PASS=secret',
  ].join('\n')
  await link.put('/opt/chat/env', `${env}\n`, { mode: 0o400, owner: '65533' })
  const docker = openDocker(link)
  const post = async (path: string, body?: unknown) => {
    const answer = await docker.request('POST', path, { body })
    assert.ok(answer.ok, `${path}: ${answer.text}`)
  }
  await post('/images/create?fromImage=mongo&tag=8.0.17')
  await post('/images/create?fromImage=registry.example.org/rocketchat/rocket.chat&tag=8.6.1')
  await post('/networks/create', { Name: 'chat' })
  await post('/containers/create?name=mongodb', {
    Image: 'mongo:8.0.17',
    Cmd: ['mongod', '--replSet', 'rs0', '--bind_ip_all'],
    HostConfig: { Binds: ['db:/data/db'], NetworkMode: 'chat', RestartPolicy: { Name: 'unless-stopped' } },
  })
  await post('/containers/mongodb/start')
  const initiate = `rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: 'mongodb:27017' }] })`
  await until(async () => {
    const { code: ended } = await docker.exec('mongodb', ['mongosh', '--quiet', '--eval', initiate])
    return ended === 0
  }, 'the replica set')
  await post('/containers/create?name=rocketchat', {
    Image: 'registry.example.org/rocketchat/rocket.chat:8.6.1',
    Entrypoint: ['sh', '-c', '. /etc/chat/env && exec node main.js'],
    Cmd: [],
    HostConfig: {
      Binds: ['/opt/chat:/etc/chat:ro'],
      NetworkMode: 'chat',
      PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] },
      RestartPolicy: { Name: 'unless-stopped' },
    },
    Healthcheck: {
      Test: [
        'CMD',
        'node',
        '-e',
        `fetch('http://127.0.0.1:3000/api/info').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
      ],
      Interval: 20e9,
      Retries: 3,
      StartPeriod: 120e9,
    },
  })
  await post('/containers/rocketchat/start')
  await until(async () => (await status(link, 'rocketchat')) === 'running healthy', 'a healthy Rocket.Chat')
  docker.close()
}

async function status(link: Connection, name: string): Promise<string> {
  const docker = openDocker(link)
  const { json } = await docker.request('GET', `/containers/${name}/json`)
  docker.close()
  const { State } = json as { State: { Status: string; Health?: { Status: string } } }
  return `${State.Status} ${State.Health?.Status ?? ''}`.trim()
}

/** An answer of Rocket.Chat, through the link. */
async function ask(link: Connection, path: string): Promise<string> {
  const stream = await link.dial({ host: '127.0.0.1', port: 3000 })
  stream.write(`GET ${path} HTTP/1.0\r\nHost: chat\r\n\r\n`)
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  stream.destroy()
  return text
}

async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 20_000
  while (
    !(await Promise.resolve()
      .then(done)
      .catch(() => false))
  ) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}`)
    await wait(20)
  }
}

test('a second process is told who has the sandbox, and a stale lock is taken over', async () => {
  const { folder, remove } = temporaryFolder()
  const state = join(folder, '.sandbox')
  const module = join(import.meta.dirname, '../../../lib/sandbox/hold.ts')
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { hold } from ${JSON.stringify(module)}; hold(process.argv[1]); console.log('held'); setInterval(() => {}, 1000)`,
      state,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise((resolve) => child.stdout.once('data', resolve))
  try {
    await startSandbox({ folder: state, hosts: ['a'] })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, ToolError)
    const { diagnostics } = error as ToolError
    assert.is(diagnostics[0]?.code, 'sandbox-busy')
    assert.match(diagnostics[0]?.message ?? '', new RegExp(`in use by process ${child.pid} since \\d{4}-`))
    assert.match(diagnostics[0]?.mend ?? '', new RegExp(`kill ${child.pid}`))
  }
  assert.is(
    code(() => resetSandbox(state)),
    'sandbox-busy',
  )
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  assert.ok(existsSync(join(state, 'held.json')))
  // After a restart of the machine the number belongs to something else, or to this very process.
  for (const pid of [process.ppid, process.pid]) {
    const since = new Date(Date.now() - 86_400_000 * 365).toISOString()
    writeFileSync(join(state, 'held.json'), JSON.stringify({ pid, since }))
    assert.is(stateOf(state), 'idle')
  }
  const sandbox = await startSandbox({ folder: state, hosts: ['a'] })
  assert.is(JSON.parse(readFileSync(join(state, 'held.json'), 'utf8')).pid, process.pid)
  await sandbox.stop()
  assert.not.ok(existsSync(join(state, 'held.json')))
  resetSandbox(state)
  assert.not.ok(existsSync(state))
  remove()
})

test('nothing but a sandbox is ever removed or used', async () => {
  const { folder, remove } = temporaryFolder()
  const precious = join(folder, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'file'), 'x')
  assert.is(
    code(() => resetSandbox(precious)),
    'not-a-sandbox',
  )
  try {
    await startSandbox({ folder: precious, hosts: [] })
    assert.unreachable()
  } catch (error) {
    assert.is((error as ToolError).code, 'not-a-sandbox')
  }
  assert.is(readFileSync(join(precious, 'file'), 'utf8'), 'x')
  resetSandbox(join(folder, 'nothing'))
  remove()
})

test.run()
