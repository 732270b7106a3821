import { execFileSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../../lib/root.ts'
import { forEach, killInstall } from '../../scenarios/killed.ts'

const test = suite('e2e/killed/install')

/** Each how many events an installation is killed; KILL_EVERY=1 takes all of them, which takes half an hour and more. */
const every = Number(process.env.KILL_EVERY ?? 12)

/** The events themselves, as a failure tells them: KILL_AT=17,18. */
const given = process.env.KILL_AT?.split(',').map(Number)

/** Where the sample begins: the same for the same commit, so that a failure comes again, and elsewhere for another one. */
function first(): number {
  try {
    const words = ['rev-parse', 'HEAD^{tree}']
    const tree = execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return 1 + (Number.parseInt(tree.slice(0, 8), 16) % every)
  } catch {
    return Math.ceil((every * 2) / 3)
  }
}

test('an installation that is killed at an event is made up for by the next run', async () => {
  const { state, events } = await killInstall(0)
  assert.ok(events > 100, `${events} events`)
  const from = first()
  const sample = Array.from({ length: Math.ceil((events + 1 - from) / every) }, (_, index) => from + index * every)
  const wrong: string[] = []
  await forEach(given ?? sample, async (at) => {
    try {
      const found = (await killInstall(at)).state
      const names = Object.keys({ ...state, ...found }).filter((name) => found[name] !== state[name])
      for (const name of names) wrong.push(`killed at ${at}: ${name} is ${found[name]}, not ${state[name]}`)
    } catch (error) {
      wrong.push(`killed at ${at}: ${(error as Error).message}`)
    }
  })
  assert.is(wrong.length, 0, wrong.join('\n'))
})

test.run()
