import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPackages } from '../../../lib/debian/packages.ts'
import apt from '../../../tasks/system/apt.ts'
import { answer, fakeIo } from '../../fakes/io.ts'
import { argsOf, context, shown } from '../../fakes/task.ts'

const test = suite('tasks/system/apt')

interface Host {
  readonly age?: number
  readonly installed?: readonly string[]
  readonly candidates?: { readonly [name: string]: string }
  readonly simulated?: readonly string[]
  readonly file?: string
}

const hostText = ({ age, installed = [], candidates = {}, simulated = [], file = '' }: Host) =>
  [
    `dpkg\n${age === undefined ? '' : `1000000\n${1000000 - age}\n`}`,
    file,
    installed.map((line) => `ii |${line.replace('=', '|')}|\n`).join(''),
    Object.entries(candidates)
      .map(([name, version]) => `${name}:\n  Candidate: ${version}\n`)
      .join(''),
    simulated.map((line) => `${line}\n`).join(''),
  ].join('==\n')

const plan = (written: { readonly [key: string]: unknown }, host: Host = {}) => {
  const args = argsOf(apt, written)
  return apt.diff(args, readPackages(answer(hostText(host))), context)
}

const check = (
  title: string,
  written: { readonly [key: string]: unknown },
  host: Host,
  words: readonly (readonly string[] | undefined)[],
  update = false,
) =>
  test(title, () => {
    const changes = plan(written, host)
    assert.equal(
      changes.map((one) => one.data.words),
      words,
    )
    for (const change of changes.slice(0, 1)) assert.is(change.data.update, update)
  })

check('is content with what is there', { name: ['curl'] }, { installed: ['curl=7.88'] }, [])
check('installs what is missing, all at once', { name: 'curl,git' }, { installed: ['vim=9'] }, [
  ['install', 'curl', 'git'],
])
check('installs the version that is wanted', { name: 'curl=8.*' }, { installed: ['curl=7.88'] }, [
  ['install', 'curl=8.*'],
])
check('fetches outdated lists first', { name: 'curl', update_cache: true }, { age: 10 }, [['install', 'curl']], true)
check('leaves fresh lists alone', { name: 'curl', cache_valid_time: 3600 }, { age: 10 }, [['install', 'curl']])
check('fetches no lists for nothing', { name: 'curl', update_cache: true }, { age: 10, installed: ['curl=7'] }, [])
check('fetches lists when that is all', { update_cache: true }, { age: 10 }, [undefined], true)
check('fetches lists when there are none', { cache_valid_time: 60 }, {}, [undefined], true)
check('does nothing when that is all and they are fresh', { cache_valid_time: 60 }, { age: 10 }, [])
check(
  'upgrades to the candidate',
  { name: 'curl', state: 'latest' },
  { installed: ['curl=7'], candidates: { curl: '8' } },
  [['install', 'curl']],
)
check(
  'is content with the candidate',
  { name: 'curl', state: 'latest' },
  { installed: ['curl=8'], candidates: { curl: '8' } },
  [],
)
check(
  'must fetch lists to know the latest',
  { name: 'curl', state: 'latest', update_cache: true },
  { age: 9, installed: ['curl=8'], candidates: { curl: '8' } },
  [['install', 'curl']],
  true,
)
check('removes', { name: 'curl', state: 'absent' }, { installed: ['curl=8'] }, [['remove', 'curl']])
check('purges', { name: 'curl', state: 'absent', purge: true }, { installed: ['curl=8'] }, [['purge', 'curl']])
check('does not remove what is not there', { name: 'curl', state: 'absent' }, {}, [])
check('upgrades everything', { upgrade: 'dist' }, { simulated: ['Inst libc6 [1] (2)'] }, [['dist-upgrade']])
check('finds nothing to upgrade', { upgrade: 'yes' }, {}, [])
check('removes what nothing needs', { autoremove: true }, { simulated: ['Remv libx [1]'] }, [['autoremove']])
check('installs a file', { deb: '/tmp/a.deb' }, { file: 'Package: a\nVersion: 2\n', installed: ['a=1'] }, [
  ['install', '/tmp/a.deb'],
])
check(
  'knows the package of a file',
  { deb: '/tmp/a.deb' },
  { file: 'Package: a\nVersion: 2\n', installed: ['a=2'] },
  [],
)

test('shows versions', () => {
  assert.equal(
    shown(
      plan({ name: ['curl', 'git'], state: 'latest' }, { installed: ['curl=7'], candidates: { curl: '8', git: '2' } }),
    ),
    [
      {
        action: 'update',
        target: 'packages git, curl',
        before: { git: 'absent', curl: '7' },
        after: { git: '2', curl: '8' },
      },
    ],
  )
})

test('a host without dpkg is refused', () => {
  assert.throws(() => apt.diff(argsOf(apt, { name: 'curl' }), readPackages(answer('')), context), /no dpkg/)
})

const apply = async (
  written: { readonly [key: string]: unknown },
  host: Host,
  reply: { code?: number; stdout?: string; stderr?: string } | (() => { code?: number; stderr?: string }),
) => {
  const io = fakeIo({ sh: () => (typeof reply === 'function' ? reply() : reply) })
  const args = argsOf(apt, written)
  const [change] = apt.diff(args, readPackages(answer(hostText(host))), context)
  if (!change) throw new Error('nothing to do')
  const result = await apt.apply?.(change, io, args).catch((error: unknown) => error)
  return {
    io,
    result: result as {
      code: string
      changed?: boolean
      diagnostics: readonly { detail: string }[]
      values?: { [key: string]: unknown }
    },
  }
}

test('asks nothing of anybody', async () => {
  const { io } = await apply(
    { name: 'curl', update_cache: true, install_recommends: false, default_release: 'stable' },
    {},
    {},
  )
  const scripts = io.calls.map((call) => ('sh' in call ? call.sh : ''))
  assert.is(scripts.length, 3)
  assert.match(scripts[0] ?? '', /DEBIAN_FRONTEND=noninteractive.* apt-get .* update/)
  assert.match(scripts[2] ?? '', /--force-confold .*APT::Install-Recommends=no .*-t stable install curl <\/dev\/null$/)
})

const failures: readonly (readonly [string, string, string])[] = [
  ['an unknown package', 'E: Unable to locate package crul', 'package-unknown'],
  ['an unknown version', "E: Version '9' for 'curl' was not found", 'package-unknown'],
  ['an unreachable source', 'E: Failed to fetch http://deb.example.org/x  Could not resolve', 'apt-fetch'],
  ['an interrupted installation', 'E: dpkg was interrupted, you must manually run', 'dpkg-interrupted'],
  ['anything else', 'E: Something is broken', 'apt-failed'],
]
for (const [what, stderr, code] of failures) {
  test(`tells of ${what} in apt's own words`, async () => {
    const { result } = await apply({ name: 'curl' }, {}, { code: 100, stderr })
    assert.is(result.code, code)
    assert.match(result.diagnostics[0]?.detail ?? '', stderr)
    assert.is(result.values?.rc, 100)
  })
}

test('fetches lists again where a source was out of reach, with growing pauses', async () => {
  const gone = { code: 100, stderr: 'E: Failed to fetch http://deb.example.org/x' }
  const written = { name: 'curl', update_cache: true, update_cache_retries: 4, update_cache_retry_max_delay: 3 }
  const { result, io } = await apply(written, {}, gone)
  assert.is(result.code, 'apt-fetch')
  const pauses = io.calls.flatMap((call) => ('pause' in call ? [call.pause] : []))
  assert.equal(pauses, [1000, 2000, 3000])
  let round = 0
  const { result: later } = await apply(written, {}, () => (++round < 3 ? gone : {}))
  assert.is(later.code, undefined)
})

test('lets apt remove nothing where that is to fail', async () => {
  const { io } = await apply({ name: 'curl', fail_on_autoremove: true }, {}, {})
  assert.match(JSON.stringify(io.calls[0]), / --no-remove install curl /)
})

test('waits for the lock, and says who kept it too long', async () => {
  let round = 0
  const locked = {
    code: 100,
    stderr: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (unattended-upgr)',
  }
  const { result } = await apply({ name: 'curl' }, {}, () => (++round < 4 ? locked : { code: 0 }))
  assert.is(result.code, undefined)
  const { result: never } = await apply({ name: 'curl' }, {}, locked)
  assert.is(never.code, 'apt-locked')
  assert.match(never.diagnostics[0]?.detail ?? '', 'unattended-upgr')
})

test('an upgrade that finds nothing has changed nothing', async () => {
  const written = { name: 'curl', state: 'latest', update_cache: true }
  const host = { age: 9, installed: ['curl=8'], candidates: { curl: '8' } }
  const { result } = await apply(written, host, {
    stdout: '0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.',
  })
  assert.is(result.changed, false)
})

test('finds what is wrong before anything is touched', () => {
  const findings = (written: { readonly [key: string]: unknown }) =>
    (apt.validate?.(argsOf(apt, written), context) ?? []).length
  assert.is(findings({ name: 'apt*' }), 1)
  assert.is(findings({ deb: 'https://example.org/a.deb' }), 1)
  assert.is(findings({ deb: '/tmp/a.rpm' }), 1)
  assert.is(findings({ state: 'absent' }), 1)
})

test.run()
