import { suite } from 'uvu'
import { forEach, killSmall } from './killed.ts'

const test = suite('scenarios/killed')

// A sample; all events are tried in test/e2e/killed.
test('a run that is killed at any event is made up for by the next one, owed handlers included', () =>
  forEach([9, 23], killSmall))

test.run()
