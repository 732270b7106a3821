import * as assert from 'uvu/assert'
import { forEach, killInstall } from '../../scenarios/killed.ts'

/** Parts that the events of an installation are tried in, so that none takes longer than a test may. */
export const parts = 5

/** Kills the installation at each event of a part: the state after the next run is that of one that nobody killed. */
export async function killAtEach(part: number): Promise<void> {
  const { state, events } = await killInstall(0)
  assert.ok(events > 100, `${events} events`)
  const numbers = Array.from({ length: events }, (_, index) => index + 1).filter((at) => at % parts === part)
  await forEach(numbers, async (at) => assert.equal((await killInstall(at)).state, state, `killed at ${at}`))
}
