import { suite } from 'uvu'
import { killAtEach } from './install.ts'

const test = suite('e2e/killed/install-4')

test('an installation that is killed at an event of this part is made up for', () => killAtEach(4))

test.run()
