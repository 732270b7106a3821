import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flatten } from '../../../lib/core/script.ts'
import { baseName, expanded, folderOf, splitWords } from '../../../lib/posix/words.ts'

const test = suite('lib/posix/words')

const splits: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['  a  b\tc\n', ['a', 'b', 'c']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  [`a"b"'c'd`, ['abcd']],
  [`'' ""`, ['', '']],
  [`a\\ b "c\\"d" 'e\\f' "g\\h"`, ['a b', 'c"d', 'e\\f', 'g\\h']],
  ['a#b | c', ['a#b', '|', 'c']],
]
for (const [line, words] of splits) test(`splits ${JSON.stringify(line)}`, () => assert.equal(splitWords(line), words))

for (const line of [`a 'b`, `a "b`, 'a\\'])
  test(`refuses ${line}`, () => assert.throws(() => splitWords(line), RangeError))

const expansions: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['', "''"],
  ['a b', "'a b'"],
  ['~/x', `"\${HOME-~}"/x`],
  ['~', `"\${HOME-~}"`],
  ['~backup/x', '~backup/x'],
  ['a~', "'a~'"],
  ['$A/b', `"\${A-\\$A}"/b`],
  [`x\${A}y`, `x"\${A-\\\${A\\}}"y`],
  ['$1 $$', "'$1 $$'"],
  ['`id`', "'`id`'"],
]
for (const [text, word] of expansions) test(`expands ${text}`, () => assert.is(flatten(expanded(text)), word))

test('names and folders of paths', () => {
  assert.equal(['/a/b', '/a/b/', 'b', '/', '/a'].map(baseName), ['b', 'b', 'b', '', 'a'])
  assert.equal(['/a/b', '/a/b/', 'b', '/', '/a'].map(folderOf), ['/a', '/a', '.', '/', '/'])
})

test.run()
