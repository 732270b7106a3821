import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context, TaskModule } from '../../../lib/core/module.ts'
import { s, sh, task } from '../../../lib/task.ts'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine: what a question is put with')

/** A task that says what it is asked with, and in which order things happen. */
function telling(seen: string[], contexts: (boolean | undefined)[]): TaskModule {
  return task({
    summary: 'Something was looked at.',
    args: s.args({ name: s.string('What.') }),
    examples: ['tell: { name: a }'],
    probe: ({ name }, { unread }: Context) => {
      contexts.push(unread)
      return {
        ask: [{ on: 'shell', script: sh`get ${name}` }],
        meanwhile: async () => {
          seen.push('begins')
          await new Promise((resolve) => setTimeout(resolve, 20))
          seen.push('ends')
        },
        read: () => {
          seen.push('read')
          return undefined
        },
      }
    },
    diff: () => [],
  }) as unknown as TaskModule
}

test('what is calculated meanwhile is waited for before anything is decided', async () => {
  const seen: string[] = []
  const book = '- hosts: a\n  gather_facts: false\n  tasks:\n    - tell: { name: x }\n'
  await play(book, { modules: { tell: telling(seen, []) } })
  assert.equal(seen, ['begins', 'ends', 'read'])
})

test('a module knows when nobody reads its result', async () => {
  const asked = async (more: string, verbosity: number) => {
    const contexts: (boolean | undefined)[] = []
    const book = `- hosts: a\n  gather_facts: false\n  tasks:\n    - tell: { name: x }\n${more}`
    await play(book, { modules: { tell: telling([], contexts) }, options: { verbosity } })
    return [...new Set(contexts)]
  }
  assert.equal(await asked('', 0), [true])
  assert.equal(await asked('      register: found\n', 0), [false])
  assert.equal(await asked('', 1), [false])
})

test.run()
