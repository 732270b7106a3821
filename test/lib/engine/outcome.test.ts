import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { awaiting } from '../../../lib/engine/outcome.ts'

const test = suite('lib/engine/outcome')
const reason = 'Docker cannot be asked'

test('names the task that is waited for when there is but one', () =>
  assert.is(awaiting(reason, new Set(['Docker is there'])), 'Docker cannot be asked; "Docker is there" comes first'))

test('of several it names the first, and says that it may be another', () =>
  assert.is(
    awaiting(reason, new Set(['The package source', 'Docker is there'])),
    'Docker cannot be asked; it waits for something among 2 tasks that would change the host before it, first "The package source"',
  ))

test.run()
