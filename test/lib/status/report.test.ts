import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem } from '../../../lib/core/diagnostic.ts'
import { report, type Seen } from '../../../lib/status/report.ts'
import { readContainer, readMachine, type SeenContainer } from '../../../lib/status/seen.ts'

const test = suite('lib/status/report')

const day = 86_400_000
const hour = 3_600_000
const now = Date.UTC(2026, 5, 1)
const container = (name: string, image: string, more: Partial<SeenContainer> = {}): SeenContainer => ({
  name,
  image,
  running: true,
  health: 'healthy',
  startedAt: now - 3 * day - 4 * 3_600_000,
  exitCode: 0,
  restarts: 0,
  said: '',
  ...more,
})
const chat = container('rocketchat', 'registry.example.org/rocket.chat:8.6.1')
const database = container('mongodb', 'mongo:8.0.17', { startedAt: now - 90_000 })
const proxy = container('caddy', 'docker.io/library/caddy:2.11.4', { health: undefined, startedAt: now - 7_200_000 })
const certificate = { subject: 'chat.example.org', issuer: 'An Authority', from: now - 30 * day, until: now + 60 * day }
const well: Seen = {
  machine: {
    system: 'Debian GNU/Linux 12 (bookworm)',
    now,
    uptimeSeconds: 7500,
    disk: { path: '/var/lib/docker', freeGiB: 30, sizeGiB: 40 },
    memory: { availableMiB: 2048, totalMiB: 4096 },
  },
  engine: '28.5.2, answers',
  chat,
  database,
  proxy,
  mongo: { version: '8.0.17', primary: true, set: 'rs0' },
  server: { version: { major: 8, minor: 6, patch: 1 }, daysLeft: undefined },
  token: { account: 'ametys-chat' },
  certificate,
}

test('a chat that is well has a line for each part and no finding', () => {
  const { table, findings } = report(well)
  assert.equal(findings, [])
  assert.equal(table.split('\n'), [
    'Rocket.Chat  8.6.1, healthy, up 3 d 4 h',
    'MongoDB      8.0.17, healthy, up 1 min, primary of rs0',
    'Messages     can be written',
    'Token        works, belongs to ametys-chat',
    'Proxy        Caddy 2.11.4, running, up 2 h 0 min',
    'Certificate  for chat.example.org by An Authority, until 2026-07-31 (60 days)',
    'Docker       28.5.2, answers',
    'Machine      Debian GNU/Linux 12 (bookworm), up 2 h 5 min, free: 30.0 of 40.0 GiB disk, 2.0 of 4.0 GiB memory',
  ])
})

const silent = { trouble: 'nothing answers there' }
const disk = (freeGiB: number) => ({ machine: { ...well.machine, disk: { path: '/', freeGiB, sizeGiB: 40 } } })
const left = (daysLeft: number) => ({ server: { version: { major: 8, minor: 6, patch: 1 }, daysLeft } })
const table: readonly (readonly [title: string, Partial<Seen>, codes: string, line: RegExp])[] = [
  [
    'no container',
    { chat: undefined, server: silent },
    'error container-missing',
    /^Rocket\.Chat +of unknown version, not installed$/m,
  ],
  [
    'a stopped container',
    { chat: { ...chat, running: false, exitCode: 1 }, server: silent },
    'error container-stopped',
    /^Rocket\.Chat +8\.6\.1, stopped$/m,
  ],
  [
    'a start under way',
    { chat: { ...chat, health: 'starting' }, server: silent, token: undefined },
    'error container-starting',
    /^Token +not known/m,
  ],
  ['a sick container', { database: { ...database, health: 'unhealthy' } }, 'error container-unhealthy', /unhealthy/],
  ['restarts', { chat: { ...chat, restarts: 7 } }, '', /restarted 7 times by Docker/],
  ['a server that does not answer', { server: silent }, 'error server-silent', /does not answer$/m],
  ['a database that does not answer', { mongo: silent }, 'error database-silent', /^MongoDB .*does not answer$/m],
  [
    'a database that is no primary',
    { mongo: { version: '8.0.17', primary: false, set: 'rs0' } },
    'error no-primary',
    /not primary of rs0$/m,
  ],
  ['a read-only workspace', left(0), 'error restricted-workspace', /read-only$/m],
  ['a workspace that soon is', left(3), 'warning restriction-near', /read-only in 3 days/],
  ['a workspace that reports', left(10), '', /read-only in 10 days/],
  [
    'a useless token',
    { token: { trouble: 'the server does not know it' } },
    'error token-useless',
    /^Token +does not work/m,
  ],
  [
    'a certificate that ends',
    { certificate: { ...certificate, until: now + 5 * day } },
    'warning certificate-ends',
    /5 days/,
  ],
  [
    'a certificate of half a day that is renewed in time',
    { certificate: { ...certificate, from: now - 7 * hour, until: now + 5 * hour } },
    '',
    /5 hours\)$/m,
  ],
  [
    'a certificate of half a day that was not renewed',
    { certificate: { ...certificate, from: now - 11 * hour, until: now + hour } },
    'warning certificate-ends',
    /1 hour\)$/m,
  ],
  [
    'a certificate that is over',
    { certificate: { ...certificate, until: now - day, distrust: 'CERT_HAS_EXPIRED' } },
    'error certificate-refused',
    /over\), not trusted$/m,
  ],
  ['a certificate nobody sees', { certificate: silent }, 'warning certificate-unseen', /could not be looked at/],
  ['no https', { certificate: undefined }, '', /^Token/m],
  [
    'an engine that is stopped',
    {
      engine: problem('docker-unavailable', 'stopped'),
      chat: undefined,
      database: undefined,
      proxy: undefined,
      server: silent,
      mongo: silent,
    },
    'error docker-unavailable',
    /^Rocket\.Chat .*not known while Docker does not answer$/m,
  ],
  [
    'a proxy that is stopped',
    { proxy: { ...proxy, running: false } },
    'error container-stopped',
    /^Proxy +Caddy 2\.11\.4, stopped$/m,
  ],
  ['no proxy of ours', { proxy: 'none' }, '', /^Token.*\nCertificate/m],
  ['a disk that is full', disk(0.5), 'error disk-full', /0\.5 of 40\.0 GiB disk/],
  ['a disk that will be', disk(3), 'warning disk-low', /3\.0 of 40\.0 GiB disk/],
]
for (const [title, change, codes, line] of table)
  test(`${title}: ${codes || 'fine'}`, () => {
    const found = report({ ...well, ...change })
    assert.is(found.findings.map((one) => `${one.severity} ${one.code}`).join(', '), codes)
    assert.match(found.table, line)
    for (const one of found.findings) if (one.code !== 'docker-unavailable') assert.ok((one.mend ?? '').length > 5)
  })

test('what machine and engine say is read', () => {
  const text =
    '==now\n1700000000\n==system\nPRETTY_NAME="Debian"\n==uptime\n61.2 100\n==memory\nMemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n==disk\n/var/lib\nFilesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 41943040 1 10485760 1% /\n'
  assert.equal(readMachine({ ok: true, code: 0, text, errors: '' }), {
    system: 'Debian',
    now: 1_700_000_000_000,
    uptimeSeconds: 61,
    disk: { path: '/var/lib', freeGiB: 10, sizeGiB: 40 },
    memory: { availableMiB: 1024, totalMiB: 2048 },
  })
  const json = {
    Name: '/mongodb',
    RestartCount: 2,
    Config: { Image: 'mongo:8.0.17' },
    State: { Running: true, Restarting: true, ExitCode: 14, StartedAt: '2026-06-01T00:00:00Z' },
  }
  const seen = readContainer({ ok: true, code: 200, text: '', errors: '', json })
  assert.equal([seen?.name, seen?.running, seen?.exitCode, seen?.restarts], ['mongodb', false, 14, 2])
  assert.is(readContainer({ ok: false, code: 404, text: '', errors: '' }), undefined)
})

test.run()
