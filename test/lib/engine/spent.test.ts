import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../../lib/core/module.ts'
import { run, s, sh, task } from '../../../lib/task.ts'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine/spent')

/** Takes a while to be applied. */
const slow = task({
  summary: 'Time has passed.',
  args: s.args({ ms: s.int('Milliseconds.') }, { freeForm: 'ms' }),
  examples: ['slow: 10'],
  probe: () => ({ ask: [{ on: 'shell', script: sh`get x` }], read: () => undefined }),
  diff: ({ ms }) => [run('time', ms)],
  apply: async ({ data }) => {
    await new Promise((resolve) => setTimeout(resolve, data))
    return undefined
  },
}) as TaskModule

test('each task says how long it went into the link, and for what', async () => {
  const { events } = await play('- hosts: a\n  tasks:\n    - slow: 30\n    - thing: { name: y, state: absent }\n', {
    modules: { slow },
  })
  const [first, second] = events.flatMap((event) => (event.kind === 'task.done' ? [event] : []))
  assert.ok((first?.spent?.applying ?? 0) >= 25, JSON.stringify(first?.spent))
  assert.ok((first?.spent?.asking ?? 0) < 25, JSON.stringify(first?.spent))
  assert.ok((second?.spent?.applying ?? 0) === 0, JSON.stringify(second?.spent))
})

test.run()
