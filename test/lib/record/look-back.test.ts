import { hostname } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { finishedIn } from '../../../lib/record/finished.ts'
import { lookBack, together } from '../../../lib/record/look-back.ts'
import { begin, done, end, inFolder, notified, plan, play, record, start } from './stage.ts'

const test = suite('lib/record/look-back')

const owing: readonly Event[] = [
  start,
  play('Web'),
  begin('Config'),
  plan('Config'),
  done('Config', 'changed'),
  notified('Reload', 'Config'),
]
const nothing = { owed: [], cut: [], changed: [] }

const found = (folder: string, resumes = false) =>
  lookBack(folder, 'site.yml', resumes).map(({ head, how }) => `${head.id} ${how}`)

test('there is nothing to find at first', () => inFolder((folder) => assert.equal(found(folder), [])))

test('a run without an end is found, with what it did and left', () =>
  inFolder(async (folder) => {
    const { id } = await record(folder, owing)
    assert.equal(found(folder), [`${id} cut off`])
    const [run] = lookBack(folder, 'site.yml')
    assert.equal([run?.done, run?.changed], [1, 1])
    assert.equal(run?.left.owed, [{ host: 'web1', play: 'Web', handler: 'Reload', by: 'Config' }])
  }))

test('a run that was stopped, or failed and owes, is found; one that owes nothing only to be resumed', () =>
  inFolder(async (folder) => {
    const stopped = await record(folder, [...owing, end(130, true)])
    assert.equal(found(folder), [`${stopped.id} stopped`])
    const owed = await record(folder, [...owing, begin('B'), done('B', 'failed'), end(1)], {
      continues: { runs: [stopped.id], resumes: false, left: nothing },
    })
    assert.equal(found(folder), [`${owed.id} failed`])
    const failed = await record(folder, [start, play('Web'), begin('B'), done('B', 'failed'), end(1)], {
      continues: { runs: [owed.id], resumes: false, left: nothing },
    })
    assert.equal(found(folder), [])
    assert.equal(found(folder, true), [`${failed.id} failed`])
    await record(folder, [start, play('Web'), end()])
    assert.equal(found(folder, true), [])
  }))

test('checks, other playbooks and runs that go on do not count, nor what a later run has taken over', () =>
  inFolder(async (folder) => {
    const { id } = await record(folder, owing)
    await record(folder, owing, { check: true })
    await record(folder, owing, { playbook: 'other.yml' })
    await record(folder, [start, play('Web'), end()])
    assert.equal(found(folder), [`${id} cut off`])
    await record(folder, owing, { by: `ada@${hostname()}`, pid: process.ppid, at: new Date().toISOString() })
    assert.equal(found(folder), [`${id} cut off`])
    const later = await record(folder, [start, play('Web')], {
      at: new Date().toISOString(),
      continues: { runs: [id], resumes: false, left: nothing },
    })
    assert.equal(found(folder), [`${later.id} cut off`])
  }))

test('a process of the same number that was started later is another one', () =>
  inFolder(async (folder) => {
    const { id } = await record(folder, owing, { by: `ada@${hostname()}`, pid: process.ppid })
    assert.equal(found(folder), [`${id} cut off`])
  }))

test('what is owed goes on over several runs that were cut off', () =>
  inFolder(async (folder) => {
    const first = await record(folder, owing)
    const left = together(lookBack(folder, 'site.yml'))
    const second = await record(folder, [start, play('Before'), begin('X')], {
      continues: { runs: [first.id], resumes: false, left },
    })
    assert.equal(found(folder), [`${second.id} cut off`])
    assert.equal(together(lookBack(folder, 'site.yml')), left)
  }))

const changes = [{ action: 'run', target: 'make it' }] as const
const what = { host: 'web1', play: 'Web', task: 'Build', id: 'site.yml:5:7' }
const built = (result: object = { changed: true, rc: 0 }) => [
  start,
  play('Web'),
  begin('Build'),
  plan('Build', 'web1', { run: 'make it' }),
  done('Build', 'changed', { result }),
]

async function finished(folder: string, events: readonly Event[]) {
  await record(folder, events)
  const [run] = lookBack(folder, 'site.yml', true)
  assert.ok(run)
  return finishedIn(folder, run.file, run.head)
}

test('a command that ended is known by host, play, task and what it would do', () =>
  inFolder(async (folder) => {
    const known = await finished(folder, built())
    assert.equal(known(what, undefined, changes), { changed: true, rc: 0 })
    assert.is(known({ ...what, host: 'web2' }, undefined, changes), undefined)
    assert.is(known({ ...what, play: 'Other' }, undefined, changes), undefined)
    assert.is(known(what, undefined, [{ action: 'run', target: 'make another' }]), undefined)
  }))

test('a result with something masked in it is not known, nor a command that had not ended', () =>
  inFolder(async (folder) => {
    assert.is(
      (await finished(folder, built({ changed: true, stdout: 'x <secret> y' })))(what, undefined, changes),
      undefined,
    )
    assert.is((await finished(folder, built().slice(0, -1)))(what, undefined, changes), undefined)
  }))

test('the items of a loop are known one by one', () =>
  inFolder(async (folder) => {
    const item = (name: string): Event[] => [
      plan('Build', 'web1', { run: `make ${name}`, item: name }),
      { kind: 'item.done', host: 'web1', task: 'Build', id: 'site.yml:5:7', item: name, status: 'changed', ms: 1 },
    ]
    const results = [
      { changed: true, item: 'a' },
      { changed: true, item: 'b' },
    ]
    const known = await finished(folder, [
      start,
      play('Web'),
      begin('Build'),
      ...item('a'),
      ...item('b'),
      done('Build', 'changed', { result: { results, changed: true } }),
    ])
    assert.equal(known(what, 'b', [{ action: 'run', target: 'make b' }]), results[1])
  }))

test('a resumed run that was cut off again passes on what the one before had finished', () =>
  inFolder(async (folder) => {
    const first = await record(folder, built())
    await record(folder, [start, play('Web'), begin('Build'), done('Build', 'ok')], {
      continues: { runs: [first.id], resumes: true, left: nothing },
    })
    const [run] = lookBack(folder, 'site.yml', true)
    assert.ok(run)
    assert.equal(finishedIn(folder, run.file, run.head)(what, undefined, changes), { changed: true, rc: 0 })
  }))

test.run()
