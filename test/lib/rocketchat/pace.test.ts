import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Pace } from '../../../lib/rocketchat/pace.ts'
import type { Reply } from '../../../lib/rocketchat/refusal.ts'

const test = suite('lib/rocketchat/pace')

/** A server that takes ten calls of a route in each minute, as Rocket.Chat does of those who are not administrators. */
function limiter() {
  let now = 0
  let window = { until: 60_000, calls: 0 }
  const counted = { taken: 0, refused: 0, waits: new Set<number>() }
  const wait = async (ms: number) => {
    const until = now + ms
    counted.waits.add(until)
    await new Promise(setImmediate)
    now = Math.max(now, until)
  }
  const call = async (): Promise<Reply> => {
    await new Promise(setImmediate)
    if (now >= window.until) window = { until: now + 60_000, calls: 0 }
    window.calls++
    const over = window.calls > 10
    if (over) counted.refused++
    else counted.taken++
    const seconds = Math.ceil((window.until - now) / 1000)
    const error = `Error, too many requests. Please slow down. You must wait ${seconds} seconds before trying this endpoint again. [error-too-many-requests]`
    const json = over ? { success: false, error } : { success: true }
    return {
      status: over ? 429 : 200,
      contentType: 'application/json',
      location: undefined,
      text: JSON.stringify(json),
      json,
      resetAt: window.until,
      remaining: Math.max(0, 10 - window.calls),
    }
  }
  return { counted, call, pace: new Pace(wait, () => now) }
}

test('calls that are sent side by side all get through, a window of the limiter after the other', async () => {
  const { counted, call, pace } = limiter()
  const replies = await Promise.all(Array.from({ length: 25 }, () => pace.send('POST', '/api/v1/settings/x', call)))
  assert.ok(replies.every(({ status }) => status === 200))
  assert.is(counted.taken, 25)
  assert.is(counted.waits.size, 2, 'they wait together')
})

test('a route that is used up is not tried before its time', async () => {
  const { counted, call, pace } = limiter()
  for (let index = 0; index < 11; index++) await pace.send('GET', '/api/v1/me?x=1', call)
  assert.equal([counted.taken, counted.refused], [11, 0])
})

test.run()
