import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../../lib/core/module.ts'
import { s, sh, task } from '../../../lib/task.ts'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine/later-plays')

const there = (...names: readonly string[]) => ({
  prepare: (host: (name: string) => { readonly values: Map<string, string> }) => {
    for (const name of names) host('a').values.set(name, '1')
  },
})

const playsOf = (...tasks: readonly string[]) =>
  tasks.map((one, index) => `- hosts: all\n  name: ${index}\n  tasks:\n    - ${one}\n`).join('')

/** `gate: NAME`: goes on when the value is in the table. */
const gate = task({
  summary: 'The host may be worked on.',
  args: s.args({ name: s.string('Its name.') }, { freeForm: 'name' }),
  examples: ['gate: x'],
  decides: true,
  probe: ({ name }) => ({
    ask: [{ on: 'shell', script: sh`get ${name}` }],
    read: ([found]) => found?.ok === true,
  }),
  diff: () => [],
}) as TaskModule

test('while nothing changes, all plays are one round trip', async () => {
  const { hosts, stats } = await play(
    playsOf('thing: { name: x, value: "1" }', 'thing: { name: y, value: "1" }', 'thing: { name: z, value: "1" }'),
    there('x', 'y', 'z'),
  )
  assert.is(stats.a?.ok, 3)
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.questions], [1, 3])
})

test('behind a task that decides whether to go on, nothing is asked before', async () => {
  const { hosts } = await play(playsOf('gate: x', 'thing: { name: y, value: "1" }', 'thing: { name: z, value: "1" }'), {
    ...there('x', 'y', 'z'),
    modules: { gate },
  })
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.questions], [2, 3])
})

test('Rocket.Chat is asked when the play comes that asks it, and not before', async () => {
  const page = task({
    summary: 'Something is looked at.',
    args: s.args({ path: s.string('Where it is.') }, { freeForm: 'path' }),
    examples: ['page: /x'],
    probe: ({ path }) => ({ ask: [{ on: 'api', path }], read: ([found]) => found?.ok === true }),
    diff: () => [],
  }) as TaskModule
  const { hosts, lines } = await play(playsOf('thing: { name: x, value: "1" }', 'page: /x'), { modules: { page } })
  assert.equal(
    lines.filter((line) => /thing|page/.test(line)),
    ['a thing changed', 'a page ok'],
  )
  assert.equal(hosts.get('a')?.called, [1])
})

test('variables are those of the play that the task belongs to', async () => {
  const named = (name: string) =>
    `- hosts: all\n  vars: { which: ${name} }\n  tasks:\n    - thing: { name: "{{ which }}", value: "1" }\n`
  const { hosts, stats } = await play(named('x') + named('y'), there('x', 'y'))
  assert.is(stats.a?.changed, 0)
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.questions], [1, 2])
})

test('after a change on any host, a play looks anew', async () => {
  const changes = `
- hosts: a:b
  tasks:
    - thing: { name: x, value: "1" }
- hosts: b
  tasks:
    - thing: { name: y, value: "2" }
- hosts: a
  tasks:
    - thing: { name: z, value: "1" }
`
  const { stats } = await play(changes, {
    inventory: 'all: { hosts: { a: , b: } }\n',
    prepare: (host) => {
      for (const name of ['x', 'y', 'z']) for (const which of ['a', 'b']) host(which).values.set(name, '1')
      // Changing b breaks what a has been asked about.
      host('b').afterApply = () => host('a').values.set('z', 'broken')
    },
  })
  assert.equal([stats.a?.changed, stats.b?.changed], [1, 1])
})

test('hosts of other plays, and of plays that are not known yet, are not asked about those', async () => {
  const { hosts } = await play(
    '- hosts: a\n  tasks:\n    - thing: { name: x, value: "1" }\n- hosts: b\n  tasks:\n    - thing: { name: y, value: "1" }\n',
    {
      inventory: 'all: { hosts: { a: , b: } }\n',
      prepare: (host) => {
        for (const name of ['x', 'y']) for (const which of ['a', 'b']) host(which).values.set(name, '1')
      },
    },
  )
  assert.equal([hosts.get('a')?.questions, hosts.get('b')?.questions], [1, 1])
})

test.run()
