import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { matrixText, mismatch, needsModernProcessor } from '../../../lib/rocketchat/matrix.ts'

const test = suite('lib/rocketchat/matrix')

const pairs: readonly (readonly [chat: string, database: string, code: string | undefined])[] = [
  ['8.6.1', '8.0.17', undefined],
  ['8.6.1', '8.2.1', undefined],
  ['8.9.0', '8.0', undefined],
  ['9.0.0', '8.0.4', undefined],
  ['8.6.1', '7.0.12', 'versions-unsupported'],
  ['8.6.1', '9.0.0', 'versions-unsupported'],
  ['8.2.0', '8.0.0', undefined],
  ['8.1.0', '8.0.0', 'versions-unsupported'],
  ['8.1.0', '8.2.0', undefined],
  ['8.4.9', '8.0.17', undefined],
  ['8.5.0', '8.0.17', 'version-refused'],
  ['8.5.9', '8.2.0', 'version-refused'],
  ['7.13.9', '8.0.17', undefined],
  ['7.13.9', '5.0.1', undefined],
  ['7.12.0', '8.0.17', 'versions-unsupported'],
  ['7.0.0', '7.0.1', undefined],
  ['7.0.0', '4.4.1', 'versions-unsupported'],
  ['6.14.0', '6.0.5', undefined],
  ['6.0.0', '4.4.29', undefined],
  ['6.0.0', '7.0.0', 'versions-unsupported'],
  ['5.4.0', '4.2.0', undefined],
  ['5.4.0', '6.0.0', 'versions-unsupported'],
  ['7.0.0', '7.3.0', 'versions-unsupported'],
  ['9.1.0', '8.0.0', 'version-unknown'],
  ['3.18.0', '4.0.0', 'version-unknown'],
  ['latest', '8.0.0', 'version-unknown'],
  ['8.6.1', 'noble', 'version-unknown'],
]
for (const [chat, database, code] of pairs)
  test(`Rocket.Chat ${chat} on MongoDB ${database}: ${code ?? 'fine'}`, () => {
    assert.is(mismatch(chat, database)?.code, code)
  })

test('a mismatch names both versions and what would do', () => {
  const wrong = mismatch('7.12.0', '8.0.17')
  assert.is(wrong?.message, 'Rocket.Chat 7.12.0 does not run on MongoDB 8.0.17')
  assert.match(wrong?.mend ?? '', 'a release of 5.0, 6.0, 7.0')
})

test('the matrix as text has the newest first, and no 8.5', () => {
  const lines = matrixText().split('\n')
  assert.match(lines[0] ?? '', /^Rocket\.Chat +MongoDB/)
  assert.match(lines[1] ?? '', /^9\.0 +8\.0 and later 8\.x/)
  assert.ok(lines.some((line) => /^8\.2 to 8\.4/.test(line)))
  assert.ok(!lines.some((line) => /8\.5/.test(line)))
})

test('MongoDB needs a newer processor from 5 on', () => {
  assert.equal(['4.4.29', '5.0.0', '8.0.17', 'unknown'].map(needsModernProcessor), [false, true, true, true])
})

test.run()
