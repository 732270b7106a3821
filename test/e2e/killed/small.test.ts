import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forEach, killSmall } from '../../scenarios/killed.ts'

const test = suite('e2e/killed/small')

test('every event of a small run with handlers', async () => {
  const events = await killSmall(0)
  assert.ok(events > 20, `${events} events`)
  await forEach(
    Array.from({ length: events }, (_, index) => index + 1),
    killSmall,
  )
})

test.run()
