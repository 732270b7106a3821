import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPythonLiteral } from '../../../lib/load/python-literal.ts'

const test = suite('lib/load/python-literal')

const readings: readonly (readonly [string, unknown])[] = [
  ['5', 5],
  ['-5', -5],
  ['0644', '0644'],
  ['0x1f', 31],
  ['0o17', 15],
  ['1_000', 1000],
  ['1.5', 1.5],
  ['1e3', 1000],
  ['True', true],
  ['true', 'true'],
  ['yes', 'yes'],
  ['None', null],
  ["'x y'", 'x y'],
  ['"a\\"b\\n"', 'a"b\n'],
  ["[1, 2, 'a']", [1, 2, 'a']],
  ['(1, 2)', [1, 2]],
  ["{'a': 1, 'b': [True, None]}", { a: 1, b: [true, null] }],
  ["{'a': 1,}", { a: 1 }],
  ['[]', []],
  ['foo', 'foo'],
  ['', ''],
  ['1 # a comment', 1],
  ['10.0.0.1', '10.0.0.1'],
  ['[1, foo]', '[1, foo]'],
  ['[1, 2', '[1, 2'],
  ["'open", "'open"],
  ['12345678901234567890', '12345678901234567890'],
]

test('reads what ast.literal_eval reads, and leaves the rest as text', () => {
  for (const [text, value] of readings) assert.equal(readPythonLiteral(text), value, text)
})

test('gives up on deep nesting', () => {
  const deep = '['.repeat(10_000)
  assert.is(readPythonLiteral(deep), deep)
})

test.run()
