import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Machine, readMachine } from '../../../lib/preflight/machine.ts'
import { machineFindings, type Needs } from '../../../lib/preflight/machine-findings.ts'
import { machineScript } from '../../../lib/preflight/machine-script.ts'
import { localShell } from '../../fakes/local-shell.ts'

const test = suite('lib/preflight/machine')

const said = `==clock
1700000000
==user
0
==os
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
VERSION_ID="12"
ID=debian
==machine
x86_64
==systemd
yes
==processors
2
==features
flags\t\t: fpu sse avx avx2
==memory
MemTotal:        4000000 kB
SwapTotal:             0 kB
==disk
/var/lib
Filesystem     1024-blocks    Used Available Capacity Mounted on
/dev/sda1         41943040 3145728  36700160       8% /
==engines
==tcp
  sl  local_address rem_address   st
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000
   1: 00000000:0016 00000000:0000 0A 00000000:00000000
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000
==processes
LISTEN 0 511 127.0.0.1:3000 0.0.0.0:* users:(("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))
==name
203.0.113.5     chat.example.org
`
const answer = (text: string) => ({ ok: true, code: 0, text, errors: '' })
const machine = readMachine(answer(said))
const needs: Needs = {
  mongodbVersion: '8.0.17',
  containersMiB: 4096,
  engine: ['docker.io', 'ca-certificates'],
  imagesThere: false,
  now: 1_700_000_000,
}

test('what a machine says is read', () => {
  const { listeners, features, disk, ...rest } = machine
  assert.equal(rest, {
    clock: 1_700_000_000,
    root: true,
    system: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' },
    architecture: 'x86_64',
    systemd: true,
    processors: 2,
    memoryMiB: 3906,
    swapMiB: 0,
    engines: [],
    addresses: ['203.0.113.5'],
  })
  assert.equal(disk, { path: '/var/lib', freeGiB: 35 })
  assert.ok(features.has('avx'))
  assert.equal(listeners, [
    { address: '127.0.0.1', port: 3000, process: 'nginx' },
    { address: '0.0.0.0', port: 22, process: undefined },
    { address: '::', port: 22, process: undefined },
    { address: '127.0.0.1', port: 80, process: undefined },
  ])
})

test('a machine that says nothing is an error with what it wrote', () => {
  assert.throws(
    () => readMachine({ ok: false, code: 1, text: '', errors: 'sh: not here' }),
    (error: { code: string; diagnostics: readonly { detail?: string }[] }) =>
      error.code === 'probe-failed' && error.diagnostics[0]?.detail === 'sh: not here',
  )
})

test('the script asks a real shell of this machine without a complaint', async () => {
  const shell = await localShell()
  try {
    const [found] = await shell.ask([{ on: 'shell', script: machineScript('localhost') }])
    assert.is(found?.errors, '')
    const here = readMachine(found)
    assert.ok(here.clock > 1_600_000_000)
    if (process.platform !== 'linux') return
    assert.is(here.root, process.getuid?.() === 0)
    assert.ok(here.memoryMiB > 100 && here.processors > 0 && here.disk.freeGiB > 0, JSON.stringify(here))
  } finally {
    await shell.remove()
  }
})

const codes = (change: Partial<Machine>, more: Partial<Needs> = {}): string =>
  machineFindings({ ...machine, ...change }, { ...needs, ...more })
    .map((one) => `${one.severity === 'error' ? 'refused' : 'warning'} ${one.code}`)
    .join(', ')

const system = (id: string, version: string) => ({ system: { id, version, name: `${id} ${version}` } })
const free = (freeGiB: number) => ({ disk: { path: '/var/lib/docker', freeGiB } })
const table: readonly (readonly [title: string, Partial<Machine>, expected: string, Partial<Needs>?])[] = [
  ['a fresh Debian 12', {}, ''],
  ['Debian 13', system('debian', '13'), ''],
  ['Ubuntu 22.04', system('ubuntu', '22.04'), ''],
  ['Ubuntu 24.04', system('ubuntu', '24.04'), ''],
  ['Debian 11', system('debian', '11'), 'refused system-unsupported'],
  ['Ubuntu 20.04', system('ubuntu', '20.04'), 'refused system-unsupported'],
  ['another system of that version', system('rocky', '12'), 'refused system-unsupported'],
  ['no systemd', { systemd: false }, 'refused no-systemd'],
  ['not root', { root: false }, 'refused not-root'],
  ['ARM with atomics', { architecture: 'aarch64', features: new Set(['atomics']) }, ''],
  ['an older ARM', { architecture: 'aarch64', features: new Set(['asimd']) }, 'refused processor-too-old'],
  ['another processor', { architecture: 'ppc64le' }, 'refused architecture-unsupported'],
  ['no AVX', { features: new Set(['sse']) }, 'refused processor-too-old'],
  ['no AVX, MongoDB 4.4', { features: new Set(['sse']) }, '', { mongodbVersion: '4.4.29' }],
  ['the engine that is wanted', { engines: ['docker.io'] }, ''],
  ['the engine of the other source', { engines: ['docker-ce'] }, 'refused docker-of-other-source'],
  ['any engine', { engines: ['docker-ce'] }, '', { engine: [] }],
  ['one processor', { processors: 1 }, 'warning processors-few'],
  ['1 GiB', { memoryMiB: 980 }, 'refused memory-short'],
  ['2 GiB for 4', { memoryMiB: 1950 }, 'warning memory-below-limits'],
  ['2 GiB and as much swap for 4', { memoryMiB: 1950, swapMiB: 2000 }, ''],
  ['2 GiB for 2', { memoryMiB: 1950 }, '', { containersMiB: 2048 }],
  ['4 GiB for images', free(4), 'refused disk-short'],
  ['7 GiB for images', free(7), 'warning disk-tight'],
  ['4 GiB, images there', free(4), '', { imagesThere: true }],
  ['half a GiB, images there', free(0.5), 'refused disk-short', { imagesThere: true }],
  ['a clock 50 s ahead', {}, '', { now: 1_699_999_950 }],
  ['a clock 2 min behind', {}, 'warning clock-off', { now: 1_700_000_120 }],
  ['a clock 1 h ahead', {}, 'refused clock-wrong', { now: 1_699_996_400 }],
  ['a clock nobody compares', { clock: 5 }, '', { now: undefined }],
]
for (const [title, change, expected, more] of table)
  test(`${title}: ${expected || 'fine'}`, () => assert.is(codes(change, more), expected))

test('every finding says the mend', () => {
  const worst: Machine = {
    ...machine,
    ...system('rocky', '9'),
    systemd: false,
    root: false,
    features: new Set(),
    processors: 1,
    memoryMiB: 500,
    disk: { path: '/', freeGiB: 0 },
    clock: 0,
    engines: ['docker-ce'],
  }
  const all = machineFindings(worst, needs)
  assert.is(all.length, 9)
  for (const one of all) assert.ok((one.mend ?? '').length > 10, one.code)
})

test.run()
