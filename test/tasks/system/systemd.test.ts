import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readUnit, unitScript } from '../../../lib/posix/units.ts'
import service from '../../../tasks/system/service.ts'
import systemd from '../../../tasks/system/systemd.ts'
import { answer, fakeIo } from '../../fakes/io.ts'
import { localShell } from '../../fakes/local-shell.ts'
import { argsOf, context, shown } from '../../fakes/task.ts'

const test = suite('tasks/system/systemd')

const unit = (properties: { readonly [name: string]: string }, enabled = '') =>
  readUnit(
    answer(
      `systemd\n${Object.entries({
        LoadState: 'loaded',
        ActiveState: 'inactive',
        UnitFileState: 'disabled',
        NeedDaemonReload: 'no',
        ...properties,
      })
        .map(([key, value]) => `${key}=${value}\n`)
        .join('')}==\n${enabled}`,
    ),
  )

const actions = (written: { readonly [key: string]: unknown }, found = unit({})) =>
  systemd.diff(argsOf(systemd, written), found, context).map((one) => one.data)

const on = { ActiveState: 'active', UnitFileState: 'enabled' }
const table: readonly (readonly [
  string,
  { readonly [key: string]: unknown },
  { readonly [name: string]: string },
  readonly string[],
])[] = [
  ['starts and enables', { state: 'started', enabled: true }, {}, ['enable', 'start']],
  ['is content', { state: 'started', enabled: true }, on, []],
  ['is content with what is just starting', { state: 'started' }, { ActiveState: 'activating' }, []],
  ['stops and disables', { state: 'stopped', enabled: false }, on, ['disable', 'stop']],
  ['is content with what has failed as stopped', { state: 'stopped' }, { ActiveState: 'failed' }, []],
  ['restarts each time', { state: 'restarted' }, on, ['restart']],
  ['reloads what runs', { state: 'reloaded' }, on, ['reload']],
  ['starts what shall be reloaded and does not run', { state: 'reloaded' }, {}, ['start']],
  ['a static unit is enabled enough', { enabled: true }, { UnitFileState: 'static' }, []],
  ['masks', { masked: true }, {}, ['mask']],
  [
    'unmasks before it enables',
    { masked: false, enabled: true },
    { LoadState: 'masked', UnitFileState: 'masked' },
    ['unmask', 'enable'],
  ],
  [
    'reads unit files that changed',
    { daemon_reload: true, state: 'restarted' },
    { ...on, NeedDaemonReload: 'yes' },
    ['daemon-reload', 'restart'],
  ],
  ['does not read unit files that did not change', { daemon_reload: true }, on, []],
  [
    'reads unit files for a unit that is new',
    { daemon_reload: true, state: 'started' },
    { LoadState: 'not-found' },
    ['daemon-reload', 'start'],
  ],
  ['a unit that is not there is stopped', { state: 'stopped' }, { LoadState: 'not-found' }, []],
]
for (const [title, written, properties, expected] of table) {
  test(title, () => assert.equal(actions({ name: 'web', ...written }, unit(properties)), expected))
}

test('a script in init.d is enabled by its links', () => {
  assert.equal(actions({ name: 'web', enabled: true }, unit({ UnitFileState: 'generated' }, 'enabled')), [])
  assert.equal(actions({ name: 'web', enabled: true }, unit({ UnitFileState: 'generated' }, 'disabled')), ['enable'])
})

test('shows what was and what shall be', () => {
  assert.equal(
    shown(systemd.diff(argsOf(systemd, { name: 'web', state: 'started' }), unit({ ActiveState: 'failed' }), context)),
    [{ action: 'update', target: 'service web', before: 'failed', after: 'active' }],
  )
})

const codeOf = (act: () => unknown) => {
  try {
    act()
    return 'nothing'
  } catch (error) {
    return `${(error as Error).name} ${(error as { code: string }).code}`
  }
}

test('a missing unit is not there yet; a host without systemd is refused', () => {
  assert.is(
    codeOf(() => actions({ name: 'web', state: 'started' }, unit({ LoadState: 'not-found' }))),
    'NotYetError unit-missing',
  )
  assert.is(
    codeOf(() => actions({ name: 'web', state: 'started' }, readUnit(answer('none\n')))),
    'TaskError no-systemd',
  )
})

test('a failure tells what the service wrote', async () => {
  const io = fakeIo({ sh: () => ({ code: 1, stderr: 'Job for web.service failed.\nbind: address in use\n' }) })
  const error = await systemd
    .apply?.({ action: 'update', target: '', data: 'start' }, io, argsOf(systemd, { name: 'web', state: 'started' }))
    .catch((thrown: unknown) => thrown)
  const { code, diagnostics } = error as unknown as { code: string; diagnostics: readonly { detail: string }[] }
  assert.is(code, 'service-failed')
  assert.match(diagnostics[0]?.detail ?? '', 'address in use')
})

test('reading unit files changes nothing', async () => {
  const io = fakeIo()
  const result = await systemd.apply?.(
    { action: 'run', target: '', data: 'daemon-reload' },
    io,
    argsOf(systemd, { daemon_reload: true }),
  )
  assert.equal(result, { changed: false })
  assert.equal(io.calls, [{ sh: 'systemctl daemon-reload' }])
})

test('service is the same with fewer arguments', () => {
  const args = argsOf(service, { name: 'web', state: 'restarted', enabled: 'yes' })
  assert.equal(
    service.diff(args, unit({}), context).map((one) => one.data),
    ['enable', 'restart'],
  )
  assert.equal(service.result?.(args, unit(on)).values?.state, 'started')
})

test('asks systemctl, which may print anything', async () => {
  const world = await localShell({ env: { PATH: '/nowhere' } })
  try {
    await mkdir(`${world.folder}/bin`)
    await writeFile(
      `${world.folder}/bin/systemctl`,
      '#!/bin/sh\ncase "$*" in *is-enabled*) echo enabled;; *) echo LoadState=loaded; echo ActiveState=active; echo UnitFileState=; echo "Description=a=b";; esac\n',
    )
    await chmod(`${world.folder}/bin/systemctl`, 0o755)
    const script = unitScript("it's", 'system')
    const text = script.toString().replace('[ ! -d /run/systemd/system ]', 'false')
    assert.match(text, "'it'\\''s'")
    const other = await localShell({ env: { PATH: `${world.folder}/bin:${process.env.PATH}` } })
    const { raw } = await import('../../../lib/core/script.ts')
    const [found] = await other.ask([{ on: 'shell', script: raw(text) }])
    await other.remove()
    const read = readUnit(found)
    assert.is(read.enabled, 'enabled')
    assert.is(read.properties.Description, 'a=b')
  } finally {
    await world.remove()
  }
})

test.run()
