import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../../lib/core/module.ts'
import { s, sh, task } from '../../../lib/task.ts'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine/in-turn')

const looked: string[] = []
const looks = (inTurn: boolean) =>
  task({
    summary: 'Something was looked at.',
    args: s.args({ name: s.string('What.') }),
    examples: ['look: { name: a }'],
    probe: ({ name }) => ({
      ask: [{ on: 'shell', script: sh`get ${name}` }],
      inTurn,
      read: ([found]) => {
        looked.push(`${name}: ${found?.text}`)
        return undefined
      },
    }),
    diff: () => [],
  }) as unknown as TaskModule

const book = `
- hosts: a
  tasks:
    - thing: { name: x, value: one }
    - look: { name: x }
    - look: { name: x }
`

test('questions that wait for their turn are neither put ahead nor answered from memory', async () => {
  looked.length = 0
  const { hosts } = await play(book, { modules: { look: looks(true) } })
  assert.equal(looked, ['x: one', 'x: one'])
  const asks = hosts.get('a')?.asks ?? 0
  const others = (await play(book, { modules: { look: looks(false) } })).hosts.get('a')?.asks ?? 0
  assert.is(asks - others, 2)
})

test.run()
