import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { headOf, tailOf } from '../../../lib/record/file.ts'
import { verify, verifyAll } from '../../../lib/record/verify.ts'
import { begin, done, end, inFolder, notified, plan, play, record, start } from './stage.ts'

const test = suite('lib/record/write')

const events = [
  start,
  play('Web'),
  begin('Config'),
  plan('Config'),
  done('Config', 'changed'),
  notified('Reload', 'Config'),
  end(),
]

const places = (folder: string) =>
  verifyAll(folder).map(({ file, line, what }) =>
    `${path.basename(file)}:${line} ${what}`.replaceAll(/2026-\S+?Z-/g, ''),
  )

test('a record holds the head and every event, for its owner alone', () =>
  inFolder(async (folder) => {
    const { file } = await record(folder, events)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    assert.equal(
      lines.map((line) => JSON.parse(line).kind),
      ['record.start', ...events.map(({ kind }) => kind)],
    )
    assert.equal(
      lines.map((line) => JSON.parse(line).n),
      lines.map((_, index) => index + 1),
    )
    assert.is(statSync(file).mode & 0o777, 0o600)
    assert.is(statSync(folder).mode & 0o777, 0o700)
    assert.equal(verify(file, new Set([file])), [])
  }))

test('what a host does at the moment is not recorded', () =>
  inFolder(async (folder) => {
    const { file } = await record(folder, [start, { kind: 'host.doing', host: 'web1', doing: 'looking' }])
    assert.not.match(readFileSync(file, 'utf8'), 'host.doing')
  }))

test('both ends of a record can be read, however long they are', () =>
  inFolder(async (folder) => {
    const long = 'x'.repeat(30_000)
    const last: Event = { ...end(), changed: { web1: [long] } } as Event
    const { file } = await record(folder, [...events.slice(0, -1), last], { command: long })
    assert.is(headOf(file)?.command, long)
    assert.is(tailOf(file)?.link.n, events.length + 1)
  }))

const tampered = (title: string, change: (lines: string[]) => string[], expected: readonly string[]) =>
  test(`${title} is seen`, () =>
    inFolder(async (folder) => {
      await record(folder, events, { id: 'aaaaaaaa' })
      const { file } = await record(folder, events, { id: 'bbbbbbbb' })
      await record(folder, events, { id: 'cccccccc' })
      assert.equal(places(folder), [])
      const lines = readFileSync(file, 'utf8').split('\n')
      writeFileSync(file, change(lines).join('\n'))
      assert.equal(places(folder), expected)
    }))

const name = 'site-bbbbbbbb.jsonl'
const swapped = ([first, second, third, ...rest]: string[]) => [first, third, second, ...rest] as string[]
tampered('an edited line', (all) => all.map((line, at) => (at === 5 ? line.replace('"changed"', '"ok"') : line)), [
  `${name}:6 was edited, or replaced by another`,
])
tampered('an edited head', (all) => all.map((line, at) => (at === 0 ? line.replace('ada', 'eve') : line)), [
  `${name}:1 was edited, or replaced by another`,
])
tampered('a removed line', (all) => all.filter((_, at) => at !== 3), [`${name}:4 1 line was removed before it`])
tampered('a line out of order', swapped, [
  `${name}:2 1 line was removed before it`,
  `${name}:3 stands in the wrong place: it was line 2`,
  `${name}:4 1 line was removed before it`,
])
tampered('a line that is none', (all) => all.map((line, at) => (at === 2 ? '{}' : line)), [
  `${name}:3 was edited: it is no line of a record`,
  `${name}:4 was edited, or replaced by another`,
])
tampered('a removed end', (all) => [...all.slice(0, 6), ''], [
  `${name}:8 was edited or removed: the next record, site-cccccccc.jsonl, knows another`,
])

test('a record that is gone is missed by the next one', () =>
  inFolder(async (folder) => {
    const { file } = await record(folder, events)
    await record(folder, events)
    writeFileSync(file, '')
    assert.match(places(folder).join(), 'was edited or removed')
  }))

test('a line that was cut off while it was written is no change, and the record goes as far as it goes', () =>
  inFolder(async (folder) => {
    const { file } = await record(folder, events.slice(0, -1))
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"n":8,"kind":"run.e`)
    assert.is(tailOf(file)?.entry.kind, 'handler.notified')
    await record(folder, events)
    assert.equal(places(folder), [])
  }))

test('what was taken is on the disk for everybody who waits for it', () =>
  inFolder(async (folder) => {
    const seen: string[] = []
    const { file } = await record(folder, events.slice(0, 4), {}, undefined, async (writer) => {
      const wait = () => writer.durable().then(() => seen.push(tailOf(writer.file)?.entry.kind ?? ''))
      const first = wait()
      writer.take({ ...done('Config', 'changed'), at: new Date(0).toISOString() })
      await Promise.all([first, wait(), wait()])
      await wait()
    })
    assert.equal(seen, ['task.done', 'task.done', 'task.done', 'task.done'])
    assert.is(tailOf(file)?.entry.kind, 'task.done')
  }))

test('a record that cannot be made says why', () =>
  inFolder(async (folder) => {
    mkdirSync(path.dirname(folder), { recursive: true })
    writeFileSync(folder, 'a file in its place')
    let code = ''
    await record(folder, events).catch((error: NodeJS.ErrnoException) => {
      code = error.code ?? ''
    })
    assert.is(code, 'EEXIST')
  }))

test.run()
