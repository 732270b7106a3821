import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forEach, killInstall, killSmall } from '../scenarios/killed.ts'

const test = suite('e2e/killed')

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('every event of a small run with handlers', async () => {
  const events = await killSmall(9999)
  assert.ok(events > 30, `${events} events`)
  await forEach(upTo(events), killSmall)
})

test('every event of an installation: the state after the next run is that of one that nobody killed', async () => {
  const { state, events } = await killInstall(0)
  assert.ok(events > 100, `${events} events`)
  await forEach(upTo(events), async (at) => assert.equal((await killInstall(at)).state, state, `killed at ${at}`))
})

test.run()
