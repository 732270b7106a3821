import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Fault } from '../../../../lib/load/template/error.ts'
import { pythonRegex, pythonReplace } from '../../../../lib/load/template/regex.ts'

const test = suite('lib/load/template/regex')

type Case = readonly [string, string, string, string, string, readonly unknown[], string, boolean]

/** Recorded with Python 3.11: pattern, text, replacement, flags; then re.sub, re.findall, re.search and re.match. */
const recorded = JSON.parse(readFileSync(new URL('./regex.cases.json', import.meta.url), 'utf8')) as readonly Case[]

test('finds and replaces what Python does', () => {
  for (const [pattern, text, replacement, letters, replaced, all, first, matches] of recorded) {
    const regex = () => pythonRegex(pattern, { ignorecase: letters.includes('i'), multiline: letters.includes('m') })
    const label = `/${pattern}/${letters} on ${JSON.stringify(text)}`
    assert.is(pythonReplace(text, regex(), replacement), replaced, label)
    const found = [...text.matchAll(regex())].map((match) => {
      const groups = match.slice(1).map((group) => group ?? '')
      return groups.length === 0 ? match[0] : groups.length === 1 ? groups[0] : groups
    })
    assert.equal(found, all, label)
    const match = regex().exec(text)
    assert.is(match?.[0], first, label)
    assert.is(match?.index === 0, matches, label)
  }
})

const special: readonly (readonly [string, string, string, string])[] = [
  ['a(?P<word>b+)', 'abbc', '<\\g<word>>', '<bb>c'],
  ['(a)|(b)', 'ab', '[\\1\\2]', '[a][b]'],
  ['x', 'axb', '$&$1', 'a$&$1b'],
  ['\\.', 'a.b.c', '', 'abc'],
  ['^', 'a', '> ', '> a'],
  ['$', 'a\n', '!', 'a!\n!'],
  ['(?#note)a', 'a', 'b', 'b'],
  ['(?i)A', 'aA', 'x', 'xx'],
  ['(?s)a.b', 'a\nb', 'x', 'x'],
  ['[^\\W\\d]+', 'é1', 'x', 'x1'],
]

test('knows named groups, inline flags and comments', () => {
  for (const [pattern, text, replacement, expected] of special)
    assert.is(pythonReplace(text, pythonRegex(pattern), replacement), expected, pattern)
})

const refused: readonly (readonly [string, string])[] = [
  ['(', ''],
  ['[a', ''],
  ['a)', ''],
  ['*a', ''],
  ['a\\', ''],
  ['\\q', ''],
  ['a++', ''],
  ['(?>a)', ''],
  ['(a)(?(1)b|c)', ''],
  ['(?x)a', ''],
  ['a', '\\1'],
  ['(a)', '\\2'],
  ['(a)', '\\g<n>'],
  ['a', '\\q'],
]

test('refuses what is malformed or has no counterpart', () => {
  for (const [pattern, replacement] of refused)
    assert.throws(
      () => pythonReplace('a', pythonRegex(pattern), replacement),
      (error: unknown) => error instanceof Fault && error.code === 'template-regex',
      `${pattern} ${replacement}`,
    )
})

test.run()
