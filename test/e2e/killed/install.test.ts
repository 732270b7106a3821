import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forEach, killInstall } from '../../scenarios/killed.ts'

const test = suite('e2e/killed/install')

/** Each how many events an installation is killed; KILL_EVERY=1 takes all of them, which takes half an hour and more. */
const every = Number(process.env.KILL_EVERY ?? 12)

test('an installation that is killed at an event is made up for by the next run', async () => {
  const { state, events } = await killInstall(0)
  assert.ok(events > 100, `${events} events`)
  const first = Math.ceil((every * 2) / 3)
  const numbers = Array.from({ length: Math.ceil((events - first) / every) }, (_, index) => first + index * every)
  await forEach(numbers, async (at) => assert.equal((await killInstall(at)).state, state, `killed at ${at}`))
})

test.run()
