import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import type { Left } from '../../../lib/core/left.ts'
import { startLeft } from '../../../lib/record/left.ts'
import { begin, done, end, notified, plan, play, start } from './stage.ts'

const test = suite('lib/record/left')

interface Short {
  readonly owed: readonly string[]
  readonly cut: readonly string[]
  readonly changed: readonly string[]
}

function short({ owed, cut, changed }: Left): Short {
  return {
    owed: owed.map(({ host, play, handler }) => `${host} ${play} ${handler}`),
    cut: cut.map(({ host, play, task }) => `${host} ${play} ${task}`),
    changed: changed.map(({ host, play, task }) => `${host} ${play} ${task}`),
  }
}

function fold(events: readonly Event[], carried?: Left, partial = false): Left {
  const left = startLeft(carried, partial)
  for (const event of events) left.take(event)
  return left.progress().left
}

const check = (title: string, events: readonly Event[], expected: Partial<Short>, carried?: Left, partial = false) =>
  test(title, () =>
    assert.equal(short(fold(events, carried, partial)), { owed: [], cut: [], changed: [], ...expected }),
  )

const changes = (task: string): Event[] => [begin(task), plan(task), done(task, 'changed')]
const half = [start, play('Web'), ...changes('Config'), notified('Reload', 'Config')]
const ran = [begin('Reload', 'web1', true), plan('Reload'), done('Reload', 'changed', { handler: true })]

check('nothing of a run that went well', [...half, ...ran, end()], {})
check('a handler that has not run is owed', half, { owed: ['web1 Web Reload'], changed: ['web1 Web Config'] })
check('a task in the middle of a change is cut', [start, play('Web'), begin('Config'), plan('Config')], {
  cut: ['web1 Web Config'],
})
check('a task that was only looking is not', [start, play('Web'), begin('Config')], {})
check(
  'a handler that failed is still owed',
  [...half, begin('Reload', 'web1', true), done('Reload', 'failed', { handler: true })],
  {
    owed: ['web1 Web Reload'],
    changed: ['web1 Web Config'],
  },
)
check(
  'a handler whose condition is false has had its turn',
  [...half, done('Reload', 'skipped', { handler: true }), end()],
  {},
)
check(
  'a handler of a role is known by its name alone',
  [...half, done('www : Reload', 'ok', { handler: true }), end()],
  {},
)
check(
  'a failure leaves what had changed and what is owed',
  [...half, begin('Next'), plan('Next'), done('Next', 'failed'), end(1)],
  {
    owed: ['web1 Web Reload'],
    cut: ['web1 Web Next'],
    changed: ['web1 Web Config'],
  },
)
check(
  'plays of the same name are told apart',
  [start, play('Web'), end(), play('Web'), begin('Config'), plan('Config')],
  {
    cut: ['web1 Web (2) Config'],
  },
)
check('a check owes nothing', [{ ...start, check: true } as Event, play('Web'), begin('Config'), plan('Config')], {})

const carried = fold([...half, begin('Page'), plan('Page')])
check(
  'what was carried stays until its play is reached',
  [start, play('Before'), end(0, true)],
  short(carried),
  carried,
)
check('a partial run keeps what it did not run', [start, play('Web'), end()], short(carried), carried, true)
check('a run of other hosts keeps what it did not run', [start, play('Web', ['web2']), end()], short(carried), carried)
check(
  'a cut task that is looked at again is settled, its handler owed until it has run',
  [start, play('Web'), begin('Page'), done('Page', 'ok'), notified('Reload', 'Page')],
  { owed: ['web1 Web Reload'], changed: ['web1 Web Config'] },
  carried,
)
check(
  'after the whole play and its handlers nothing is left',
  [start, play('Web'), done('Page', 'ok'), ...ran, end()],
  {},
  carried,
)

test('what is under way, and the counts', () => {
  const left = startLeft()
  for (const event of [...half, begin('Next'), begin('Other', 'web2')]) left.take(event)
  const { under, done: finished, changed } = left.progress()
  assert.equal(
    under.map(({ host, task }) => `${host} ${task}`),
    ['web1 Next', 'web2 Other'],
  )
  assert.equal([finished, changed], [1, 1])
})

test.run()
