import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finished, Left } from '../../../lib/core/left.ts'
import { type PlayOptions, play } from '../../fakes/play.ts'

const test = suite('lib/engine/left')

const playbook = (tasks: string, handler = '') => `- name: Web
  hosts: all
  gather_facts: false
  tasks:
${tasks}
  handlers:
    - name: Reload
      act: reloaded${handler}
`
const config = `    - name: Config
      thing: { name: x, value: y }
      register: config
      tags: config
      notify: Reload
`

const of = (part: Partial<Left>): Left => ({ owed: [], cut: [], changed: [], ...part })
const task = { host: 'a', play: 'Web', task: 'Config', id: 'play.yml:1:1' }
const owed = of({ owed: [{ host: 'a', play: 'Web', handler: 'Reload', by: 'Config' }] })

/** The host is as wanted already: what is applied is owed. */
const settled = (left: Left, more: PlayOptions = {}): PlayOptions => ({
  prepare: (host) => host('a').values.set('x', 'y'),
  earlier: { left },
  ...more,
})

const check = (title: string, text: string, how: PlayOptions, applied: readonly string[]) =>
  test(title, async () => assert.equal((await play(text, how)).hosts.get('a')?.applied, applied))

check('nothing is owed to a host that is as wanted', playbook(config), settled(of({})), [])
check('a handler that is owed runs although its task is ok', playbook(config), settled(owed), ['run reloaded'])
check('it runs once, also when its task notifies it anew', playbook(config), { earlier: { left: owed } }, [
  'set x y',
  'run reloaded',
])
check('a task that was cut is taken for changed', playbook(config), settled(of({ cut: [task] })), ['run reloaded'])
check(
  'tasks and handlers are known by their names when lines have moved',
  playbook(`    - act: first\n${config}`),
  settled(of({ cut: [task] })),
  ['run first', 'run reloaded'],
)
check(
  'another host, or another play, owes nothing here',
  playbook(config),
  settled(
    of({
      cut: [
        { ...task, play: 'Other' },
        { ...task, host: 'b' },
      ],
    }),
  ),
  [],
)
check(
  'what was owed is not run before the task that owed it',
  playbook(`    - meta: flush_handlers\n    - act: first\n${config}`),
  settled(owed),
  ['run first', 'run reloaded'],
)
check(
  'a handler that an other handler had notified runs at the end',
  playbook('    - act: first\n'),
  settled(of({ owed: [{ host: 'a', play: 'Web', handler: 'Reload', by: 'Another handler' }] })),
  ['run first', 'run reloaded'],
)
check(
  'a handler that is not in the play any more is passed over',
  playbook(config),
  settled(of({ owed: [{ host: 'a', play: 'Web', handler: 'Gone', by: 'Config' }] })),
  [],
)

const tags = (...names: string[]) => ({ options: { tags: names } })
const tagged = playbook(`    - act: first\n      tags: first\n${config}`)
check('with --tags, handlers of tasks that are left out stay owed', tagged, settled(owed, tags('first')), ['run first'])
check('and those of tasks that are chosen run', tagged, settled(owed, tags('config')), ['run reloaded'])

const changed = of({ ...owed, changed: [task] })
const when = (condition: string) => playbook(config, `\n      when: ${condition}`)
check(
  'a condition on what has changed holds with the changes of the earlier run',
  when('config is changed'),
  settled(changed),
  ['run reloaded'],
)
check('and with those of this one', when('not (config is changed)'), settled(changed), ['run reloaded'])
check('any other condition decides as ever', when('config.value == "z"'), settled(changed), [])

const results: { [task: string]: { readonly said: string } } = { Build: { said: 'from-before' } }
const finished: Finished = ({ task: name }, _item, [change]) => (change?.target === 'build' ? results[name] : undefined)
const resume = { earlier: { left: of({ changed: [task] }), finished } }
const build = '    - name: Build\n      act: build\n      register: built\n'
const say = '    - act: "{{ built.said }}"\n'

check('a command that had ended is not run again, and its result is that of then', playbook(build + say), resume, [
  'run from-before',
])
check('one that would do something else is', playbook((build + say).replace('act: build', 'act: build-more')), resume, [
  'run build-more',
  "run 'did build-more'",
])
check('after a change in this run, commands are run again', playbook(config + build), resume, [
  'set x y',
  'run build',
  'run reloaded',
])
check(
  'what had changed before counts as changed with --resume',
  playbook(`${config}    - act: follows\n      when: config is changed\n`),
  settled(of({}), resume),
  ['run follows'],
)

test('a result that is used again is told as such', async () => {
  const { events, stats } = await play(playbook(build), resume)
  const done = events.find((event) => event.kind === 'task.done')
  assert.is(done?.status, 'ok')
  assert.match(done?.message ?? '', 'the run that is resumed')
  assert.is(
    events.some((event) => event.kind === 'task.planned'),
    false,
  )
  assert.is(stats['a']?.changed, 0)
})

test.run()
