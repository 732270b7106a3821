import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { paint } from '../../../lib/report/colours.ts'
import { defect } from '../../../lib/report/diagnostics.ts'
import { exitCodeOf, recapOf } from '../../../lib/report/recap.ts'
import { recapLines } from '../../../lib/report/recap-text.ts'
import { begin, done, end, eventful, missingImage, start } from './fake-run.ts'

const test = suite('lib/report/recap')

const none = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, unknown: 0 }

const ends = (title: string, stats: Partial<typeof none>[], stopped: boolean, expected: number) =>
  test(`exit code: ${title}`, () => {
    const all = stats.map((some) => ({ ...none, ...some }))
    assert.is(exitCodeOf(all, stopped), expected)
  })

ends('nothing to do', [], false, 0)
ends('all fine', [{ ok: 3, changed: 1 }, { ok: 2 }], false, 0)
ends('ignored and rescued failures are fine', [{ ok: 1, ignored: 1, rescued: 1 }], false, 0)
ends('a task failed', [{ ok: 1 }, { failed: 1 }], false, 1)
ends('unreachable wins over failed', [{ failed: 1 }, { unreachable: 1 }], false, 4)
ends('stopped wins over all', [{ failed: 1, unreachable: 1 }], true, 130)

test('counts as Ansible does until the engine tells', () => {
  const events: Event[] = [
    start(),
    done('a', 'T1', 1, 'changed'),
    done('a', 'T2', 2, 'failed', { ignored: true }),
    done('a', 'T3', 3, 'failed', { rescued: true }),
    done('a', 'T4', 4, 'skipped'),
    done('a', 'T5', 5, 'unknown'),
    done('b', 'T1', 1, 'unreachable', { diagnostics: [missingImage] }),
  ]
  const recap = recapOf(events)
  assert.equal(Object.fromEntries(recap.stats), {
    a: { ...none, ok: 2, changed: 1, ignored: 1, rescued: 1, skipped: 1, unknown: 1 },
    b: { ...none, unreachable: 1 },
  })
  assert.equal(Object.fromEntries(recap.changed), { a: ['T1'] })
  assert.equal(recap.failures, [
    { host: 'b', task: 'T1', status: 'unreachable', place: 'playbooks/install.yml:1:7', code: 'image-not-found' },
  ])
  assert.is(recap.exitCode, 250)
})

test('failures are told in the order of the hosts, whoever fails first', () => {
  const events = [start(), ...['a', 'b', 'c'].map((host) => done(host, 'T1', 1, 'ok'))]
  const failed = ['c', 'a', 'b'].map((host) => done(host, 'T2', 1, 'failed'))
  const { failures } = recapOf([...events, ...failed])
  assert.equal(
    failures.map(({ host }) => host),
    ['a', 'b', 'c'],
  )
})

test('what was begun and not finished is told when the run was stopped', () => {
  const events: Event[] = [
    start(),
    begin('a', 'T1', 1),
    done('a', 'T1', 1, 'ok'),
    begin('b', 'T2', 2),
    begin('a', 'T2', 2),
  ]
  const stats = { a: { ok: 1 }, b: {} }
  assert.equal(recapOf([...events, end(stats, { stopped: true })]).unfinished, [
    { host: 'a', task: 'T2', place: 'playbooks/install.yml:2:7' },
    { host: 'b', task: 'T2', place: 'playbooks/install.yml:2:7' },
  ])
  assert.equal(recapOf([...events, end(stats)]).unfinished, [])
})

test('what failed while it changed something may be half done', () => {
  const changes = [{ action: 'create', target: '/srv' }] as const
  const plan: Event = { kind: 'task.planned', host: 'a', task: 'T1', id: 'playbooks/install.yml:1:7', changes }
  const broken = { ...done('a', 'T1', 1, 'failed'), begun: true }
  const failed = [start(), plan, broken, end({ a: { failed: 1 } })]
  const last = (events: readonly Event[]) =>
    recapLines(recapOf(events), { paint: paint(false), verbosity: 0 }).find((line) => line.startsWith('Nothing'))
  assert.is(last(failed), 'Nothing was changed to its end; what failed or was cut may be half done.')
  assert.is(last([start(), plan, done('a', 'T1', 1, 'failed'), end({ a: { failed: 1 } })]), 'Nothing changed.')
  const after = recapOf([start(), done('a', 'T0', 0, 'changed'), broken])
  const said = recapLines(after, { paint: paint(false), verbosity: 0 }).join('\n')
  assert.match(said, 'T0\nWhat failed or was cut may be half done.')
  const cut = [start(), begin('a', 'T1', 1), plan, end({ a: {} }, { stopped: true })]
  assert.is(last(cut), 'Nothing was changed to its end; what failed or was cut may be half done.')
})

test('the counts of the engine agree with those of its finished tasks', () => {
  const events = eventful().filter((beat): beat is Event => typeof beat !== 'number')
  const counted = recapOf(events.slice(0, -1))
  const told = recapOf(events)
  assert.equal(Object.fromEntries(counted.stats), Object.fromEntries(told.stats))
  assert.equal(Object.fromEntries(counted.changed), Object.fromEntries(told.changed))
})

test('errors before the run are exit code 2, warnings are not', () => {
  const error: Event = { kind: 'diagnostic', diagnostic: missingImage }
  const warning: Event = { kind: 'diagnostic', diagnostic: { ...missingImage, severity: 'warning' } }
  assert.is(recapOf([warning, error]).exitCode, 2)
  assert.is(recapOf([warning]).exitCode, 0)
  assert.is(recapOf([warning, start(), end({})]).exitCode, 0)
})

test('a defect of ours is exit code 250, with its stack as evidence', () => {
  const diagnostic = defect(new TypeError('x is not iterable'))
  assert.is(recapOf([start(), { kind: 'diagnostic', diagnostic }, end({})]).exitCode, 250)
  assert.match(diagnostic.detail ?? '', 'recap.test.ts')
})

test('the line of a host is Ansible’s, with unknown only when there is some', () => {
  const lines = recapLines(recapOf([start(), end({ a: { ok: 12, changed: 3, skipped: 1 }, longer: { unknown: 2 } })]), {
    paint: paint(false),
    verbosity: 0,
  })
  assert.ok(lines.includes('a      : ok=12 changed=3 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0'))
  assert.ok(lines.includes('longer : ok=0 changed=0 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0 unknown=2'))
})

test('the command to rerun names the hosts that failed, unless all did', () => {
  const asked: string[][] = []
  const view = {
    paint: paint(false),
    verbosity: 0,
    rerun: (hosts: readonly string[]) => String(asked.push([...hosts])),
  }
  const failed = done('a', 'T', 1, 'failed')
  recapLines(recapOf([start(), failed, end({ a: { failed: 1 }, b: { ok: 1 } })]), view)
  recapLines(recapOf([start(), failed, end({ a: { failed: 1 } })]), view)
  recapLines(recapOf([start(), end({ a: { ok: 1 } })]), view)
  assert.equal(asked, [['a'], []])
})

test.run()
