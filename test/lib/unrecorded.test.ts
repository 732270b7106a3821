import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { StoppedError } from '../../lib/core/diagnostic.ts'
import type { Event } from '../../lib/core/event.ts'
import { stopUnrecorded } from '../../lib/unrecorded.ts'
import { plan, start } from './record/stage.ts'

const test = suite('lib/unrecorded')

function running(check = false) {
  const events: Event[] = []
  const asked = new AbortController()
  const emit = (event: Event) => void events.push(event)
  const run = stopUnrecorded({ emit, stopping: asked.signal, check, folder: '/runs' })
  const told = async () => {
    await Promise.resolve()
    return events.flatMap((one) => (one.kind === 'diagnostic' ? [one.diagnostic] : []))
  }
  return { ...run, events, asked, told }
}

const full = new Error('no space left on device')

test('as long as the record can be written, everything goes on', () => {
  const { emit, events, stopping, asked } = running()
  emit(start)
  emit(plan('Config'))
  assert.equal(events, [start, plan('Config')])
  assert.is(stopping.aborted, false)
  asked.abort()
  assert.is(stopping.aborted, true)
})

test('without its record a run begins nothing more, and a change that is planned is not made', async () => {
  const { emit, events, stopping, onTrouble, told } = running()
  onTrouble(full, false)
  assert.is(stopping.aborted, true)
  emit(start)
  assert.throws(
    () => emit(plan('Config')),
    (error: unknown) => error instanceof StoppedError,
  )
  assert.ok(events.some(({ kind }) => kind === 'task.planned'))
  const [only, ...others] = await told()
  assert.equal([only?.code, only?.severity, others.length], ['record-broken-off', 'error', 0])
  assert.match(only?.message ?? '', full.message)
  assert.match(only?.mend ?? '', /^make room in \/runs, and run it again/)
})

for (const [what, check, ended] of [
  ['a check', true, false],
  ['a run that has come to its end', false, true],
] as const) {
  test(`${what} is warned only`, async () => {
    const { emit, stopping, onTrouble, told } = running(check)
    onTrouble(full, ended)
    assert.is(stopping.aborted, false)
    emit(plan('Config'))
    assert.equal(
      (await told()).map(({ code, severity }) => [code, severity]),
      [['no-record', 'warning']],
    )
  })
}

test.run()
