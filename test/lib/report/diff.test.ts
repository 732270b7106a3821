import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ShownChange } from '../../../lib/core/event.ts'
import type { Plain } from '../../../lib/core/plain.ts'
import { diffLines } from '../../../lib/report/diff.ts'
import { outline } from '../../../lib/report/outline.ts'

const test = suite('lib/report/diff')

const shows = (title: string, change: Partial<ShownChange>, ...expected: string[]) =>
  test(title, () => {
    const lines = diffLines({ action: 'update', target: 'x', ...change }, false)
    assert.equal(
      lines.map((line) => line.text),
      expected,
    )
  })

shows(
  'a value',
  { target: 'setting Site_Url', before: 'http://a', after: 'https://a' },
  'update setting Site_Url',
  '-http://a',
  '+https://a',
)
shows('a value that was not there', { action: 'create', after: true }, 'create x', '+true')
shows('a text that looks like another type', { before: 'true', after: true }, 'update x', '-"true"', '+true')
shows('an emptied value', { before: 'a', after: '' }, 'update x', '-a', '+""')
shows('a command', { action: 'run', target: 'reload caddy' }, 'run reload caddy')
shows('a thing without properties', { action: 'create', after: {} }, 'create x')
shows('an empty list', { action: 'create', after: [] }, 'create x', '+[]')
shows('nothing to be seen', { before: 1, after: 1 }, 'update x', '(no difference that can be shown)')
shows('a secret', { before: '<secret a>', after: '<secret a>' }, 'update x', '(a secret value differs)')
shows('a deleted file', { action: 'delete', before: 'a\nb\n' }, 'delete x', '-a', '-b')
shows('a file that was empty', { before: '', after: 'a\nb\n' }, 'update x', '+a', '+b')
shows(
  'a missing last line break',
  { before: 'a\nb\n', after: 'a\nb' },
  'update x',
  '@@ -1,2 +1,2 @@',
  ' a',
  '-b',
  '+b',
  '\\ No newline at end of file',
)
shows(
  'a carriage return',
  { before: 'a\nb\n', after: 'a\nb\r' },
  'update x',
  '@@ -1,2 +1,2 @@',
  ' a',
  '-b',
  '+b␍',
  '\\ No newline at end of file',
)
shows(
  'a mapping',
  { before: { roles: ['user'], active: true }, after: { roles: ['user', 'admin'], active: true } },
  'update x',
  '@@ -1,3 +1,4 @@',
  ' roles:',
  '   - user',
  '+  - admin',
  ' active: true',
)

test('a long diff is cut and says how to see the rest; -vvv shows all', () => {
  const after = Array.from({ length: 200 }, (_, index) => `line ${index}\n`).join('')
  const change: ShownChange = { action: 'create', target: 'x', after }
  const cut = diffLines(change, false)
  assert.is(cut.length, 62)
  assert.is(cut.at(-1)?.text, '… 140 more lines; -vvv shows all')
  assert.is(diffLines(change, true).length, 201)
})

test('a long line is cut', () => {
  const [, line] = diffLines({ action: 'create', target: 'x', after: 'y'.repeat(5000) }, false)
  assert.is(line?.text, `+${'y'.repeat(399)}… (4601 more characters)`)
})

test('two huge different texts do not stop the run', () => {
  const noise = (seed: number) => Array.from({ length: 40_000 }, (_, index) => `${(index * seed) % 10_007}\n`).join('')
  const start = performance.now()
  const lines = diffLines({ action: 'update', target: 'x', before: noise(7), after: noise(11) }, false)
  assert.ok(performance.now() - start < 3000)
  assert.ok(lines.length <= 62)
})

const outlined = (title: string, value: Plain, ...expected: string[]) =>
  test(title, () => assert.equal(outline(value), expected))

outlined(
  'outline: scalars',
  ['a b', '', ' x', '1', 1, 'yes', null, '- a', 'a: b', '#c', '-x', 'http://a'],
  '- a b',
  '- ""',
  '- " x"',
  '- "1"',
  '- 1',
  '- "yes"',
  '- null',
  '- "- a"',
  '- "a: b"',
  '- "#c"',
  '- -x',
  '- http://a',
)
outlined(
  'outline: nesting',
  { a: { b: [], c: {} }, d: [[1], { e: 2, f: 3 }] },
  'a:',
  '  b: []',
  '  c: {}',
  'd:',
  '  - - 1',
  '  - e: 2',
  '    f: 3',
)
outlined('outline: text with breaks', { a: 'x\n\ny\n' }, 'a: |', '  x', '', '  y')

test.run()
