import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundedRegExp } from '../../../lib/core/bounded-regex.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar } from '../../../lib/load/template.ts'
import { pythonRegex as ofHosts } from '../../../lib/posix/python-regex.ts'

const test = suite('lib/core/bounded-regex')
const long = `${'a'.repeat(40)}!`

const slow = (title: string, work: () => unknown) =>
  test(title, () => {
    const began = performance.now()
    assert.throws(work, (error: unknown) => error instanceof ToolError && error.code === 'regex-too-slow')
    assert.ok(performance.now() - began < 4000)
  })

slow('gives up on repetitions of groups', () => long.replace(new BoundedRegExp('(a|a)*b', 'g'), ''))
slow('gives up on long texts with a single repetition', () => new BoundedRegExp('a*b').test('a'.repeat(200_000)))
slow('gives up on what tasks look for', () => ofHosts('(x+x+)+y').test('x'.repeat(40)))
slow('gives up in templates', () => {
  const templar = createTemplar()
  return templar.render(`{{ '${long}' | regex_search('^(a+)+$') }}`, createScope(templar, []))
})

test('is a regular expression in all else', () => {
  const regex = new BoundedRegExp('(?<letter>[a-z]+)(\\d+)', 'g')
  assert.equal(
    [...'ab12 c3'.matchAll(regex)].map(({ groups, index }) => [groups?.letter, index]),
    [
      ['ab', 0],
      ['c', 5],
    ],
  )
  assert.is('ab12 c3'.replace(regex, '<$2>'), '<12> <3>')
  assert.equal('a1b2'.split(new BoundedRegExp('[a-z]+\\d*?', '')), ['', '1', '2'])
  assert.not(new BoundedRegExp('^x+y+$').test('xxyyz'))
})

test.run()
