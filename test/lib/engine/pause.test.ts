import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { StoppedError } from '../../../lib/core/diagnostic.ts'
import { pause } from '../../../lib/engine/pause.ts'

const test = suite('lib/engine/pause')

const never = () => new AbortController().signal
const anHour = 3_600_000

/** Timers that keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length

async function stopped(waiting: Promise<void>): Promise<boolean> {
  return waiting.then(
    () => false,
    (error: unknown) => error instanceof StoppedError,
  )
}

test('waits', async () => {
  const began = performance.now()
  await pause(30, never())
  assert.ok(performance.now() - began >= 29)
})

for (const title of ['while it waits', 'before'] as const) {
  test(`a stop request ends it with an error: ${title}`, async () => {
    const stopping = new AbortController()
    const before = timers()
    if (title === 'before') stopping.abort()
    const waiting = pause(anHour, stopping.signal)
    stopping.abort()
    assert.is(await stopped(waiting), true)
    assert.is(timers(), before)
  })

  test(`who has enough ends it without one: ${title}`, async () => {
    const enough = new AbortController()
    const before = timers()
    if (title === 'before') enough.abort()
    const waiting = pause(anHour, never(), enough.signal)
    enough.abort()
    await waiting
    assert.is(timers(), before)
  })
}

test.run()
