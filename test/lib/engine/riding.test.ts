import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem, TaskError } from '../../../lib/core/diagnostic.ts'
import type { TaskModule } from '../../../lib/core/module.ts'
import { create, run, s, sh, task } from '../../../lib/task.ts'
import { type FakeHost, filled, head, play, things } from '../../fakes/play.ts'

const test = suite('lib/engine/riding')

const nothing = () => undefined

/** A task of the given name whose change is made by `apply`; it has settled when its value is there. */
const made = (apply: NonNullable<TaskModule['apply']>): TaskModule =>
  task({
    summary: 'Something of several steps.',
    args: s.args({ name: s.string('Its name.') }, { freeForm: 'name' }),
    examples: ['made: x'],
    probe: ({ name }) => ({ ask: [{ on: 'shell', script: sh`get ${name}` }], read: ([found]) => found?.ok === true }),
    diff: ({ name }, there) => (there ? [] : [create(name, 'made', name)]),
    apply: apply as never,
  }) as TaskModule

const steps: readonly (readonly [string, NonNullable<TaskModule['apply']>, readonly [asks: number, rode: number]])[] = [
  [
    'the last of several scripts counts',
    (_, io) =>
      io
        .sh(sh`begin`)
        .then(() => io.sh(sh`set x 1`))
        .then(nothing),
    [1, 4],
  ],
  [
    'more is to come',
    (_, io) =>
      io
        .sh(sh`begin`, { more: true })
        .then(() => io.sh(sh`set x 1`))
        .then(nothing),
    [1, 2],
  ],
  ['two at a time', (_, io) => Promise.all([io.sh(sh`begin`), io.sh(sh`set x 1`)]).then(nothing), [2, 4]],
  [
    'a look comes after it',
    (_, io) =>
      io
        .sh(sh`set x 1`)
        .then(() => io.sh(sh`look`, { looks: true }))
        .then(nothing),
    [2, 2],
  ],
  [
    'time passes after it',
    (_, io) =>
      io
        .sh(sh`set x 1`)
        .then(() => io.pause(1))
        .then(nothing),
    [2, 2],
  ],
  [
    'something is kept after it',
    (_, io) =>
      io
        .sh(sh`set x 1`)
        .then(() => io.store.delete('y'))
        .then(nothing),
    [2, 2],
  ],
]
for (const [what, apply, [asks, rode]] of steps) {
  test(`what rides on a change is only known when nothing comes after it: ${what}`, async () => {
    const modules = { made: made(apply) }
    const { hosts, stats, lines } = await play(
      `${head}    - made: x
${things(1)}`,
      {
        modules,
        prepare: (host) => {
          host('a').values.set('t0', 'v')
          host('a').takes = 5
        },
      },
    )
    assert.equal(lines, ['a made changed', 'a thing ok'])
    assert.is(stats['a']?.changed, 1)
    assert.equal([hosts.get('a')?.asks, hosts.get('a')?.rode], [asks, rode])
  })
}

test('what rode and is not as wanted is looked at once more, on its own', async () => {
  const late = (host: FakeHost, script: string) => {
    if (script === 'begin') setTimeout(() => host.values.set('x', '1'), 1)
  }
  const slow = made((_, io) => io.sh(sh`begin`).then(nothing))
  const { hosts, lines } = await play(
    `${head}    - made: x
`,
    {
      modules: { made: slow },
      prepare: (host) => {
        host('a').afterApply = late
        host('a').delay = 20
      },
    },
  )
  assert.equal(lines, ['a made changed'])
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.rode], [2, 1])
})

test('nothing is known of a host after a script that failed', async () => {
  const { hosts, lines } = await play(
    `${head}${things(2)}    - act: x
      ignore_errors: true
${things(2)}`,
    {
      prepare: (host) => {
        for (const name of ['t0', 't1']) host('a').values.set(name, 'v')
        host('a').afterApply = () => {
          throw new TaskError(problem('asked-to', 'it fails'))
        }
      },
    },
  )
  assert.equal(lines.slice(2), ['a act failed', 'a thing ok', 'a thing ok'])
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.rode], [2, 0])
})

test('tasks without a question are not prepared over and over', async () => {
  let probes = 0
  const counted = { ...made((_, io) => io.sh(sh`run`).then(nothing)) } as TaskModule
  const modules = {
    counted: {
      ...counted,
      probe: () => {
        probes++
        return { ask: [], read: () => undefined }
      },
      diff: () => [run('run', undefined)],
    } as TaskModule,
  }
  await play(head + '    - counted: x\n'.repeat(40), { modules })
  // Before anything is touched, ahead, and in its turn.
  assert.ok(probes <= 3 * 40, String(probes))
})

test('with an action only the look at the next task rides', async () => {
  const { hosts } = await play(
    `${head}    - act: x
    - act: y
${things(1)}`,
    filled(1),
  )
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.rode], [0, 2])
})

test.run()
