import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError } from '../../../lib/core/diagnostic.ts'
import { append, type Leaf, leavesOf, rewrite } from '../../../lib/load/yaml-edit.ts'

const test = suite('lib/load/yaml-edit')

const text = `# about this file
db_password: hunter2   # of the database

quoted: 'two words'
nested:
    deep: &one !age |   # why
      BEGIN
      END
    flow: { a: x, b: [y, "z"] }
    again: *one
list:
  - first
  - name: inner # c
    on: true
number: 12
empty:
text: several
  lines
`
const leaf = (of: string, name: string): Leaf => {
  const found = leavesOf(of, 'vars.yml').find(({ path }) => path.join('.') === name)
  if (!found) throw new Error(`no ${name}`)
  return found
}
const value = (of: string, name: string): string => leaf(of, name).value

test('knows every leaf, its tag, its place and whether it is a text', () => {
  assert.equal(
    leavesOf(text, 'vars.yml').map(({ path, tag, isText, at }) => [path.join('.'), tag, isText, at.line, at.col]),
    [
      ['db_password', undefined, true, 2, 14],
      ['quoted', undefined, true, 4, 9],
      ['nested.deep', '!age', true, 6, 16],
      ['nested.flow.a', undefined, true, 9, 16],
      ['nested.flow.b.0', undefined, true, 9, 23],
      ['nested.flow.b.1', undefined, true, 9, 26],
      ['list.0', undefined, true, 12, 5],
      ['list.1.name', undefined, true, 13, 11],
      ['list.1.on', undefined, false, 14, 9],
      ['number', undefined, false, 15, 9],
      ['empty', undefined, false, 16, 7],
      ['text', undefined, true, 17, 7],
    ],
  )
})

/** The lines that differ, with those of before marked by `-`. */
function changed(before: string, after: string): readonly string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  while (old.length > 0 && old[0] === fresh[0]) {
    old.shift()
    fresh.shift()
  }
  while (old.length > 0 && old.at(-1) === fresh.at(-1)) {
    old.pop()
    fresh.pop()
  }
  return [...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)]
}

const writes = (name: string, to: string, tag: string | undefined, expected: readonly string[]): void =>
  test(`${name} becomes ${tag ?? 'plain'} ${JSON.stringify(to).slice(0, 30)}, and nothing else changes`, () => {
    const after = rewrite(text, [{ leaf: leaf(text, name), tag, value: to }])
    assert.equal(changed(text, after), expected)
    assert.is(value(after, name), to)
    assert.is(leaf(after, name).tag, tag)
    const others = leavesOf(text, '').filter(({ path }) => path.join('.') !== name)
    for (const { path, value: kept } of others) assert.is(value(after, path.join('.')), kept)
  })

const armor = 'BEGIN\nabc=\nEND\n'
writes('db_password', armor, '!age', [
  '-db_password: hunter2   # of the database',
  '+db_password: !age |   # of the database',
  '+  BEGIN',
  '+  abc=',
  '+  END',
])
writes('quoted', armor, '!age', ["-quoted: 'two words'", '+quoted: !age |', '+  BEGIN', '+  abc=', '+  END'])
writes('nested.deep', 'x', '!age', [
  '-    deep: &one !age |   # why',
  '-      BEGIN',
  '-      END',
  '+    deep: &one !age x   # why',
])
writes('nested.deep', 'it is "so"', undefined, [
  '-    deep: &one !age |   # why',
  '-      BEGIN',
  '-      END',
  '+    deep: &one "it is \\"so\\""   # why',
])
writes('nested.flow.a', armor, '!age', [
  '-    flow: { a: x, b: [y, "z"] }',
  '+    flow: { a: !age "BEGIN\\nabc=\\nEND\\n", b: [y, "z"] }',
])
writes('nested.flow.b.0', 'q r', undefined, [
  '-    flow: { a: x, b: [y, "z"] }',
  '+    flow: { a: x, b: ["q r", "z"] }',
])
writes('list.0', armor, '!age', ['-  - first', '+  - !age |', '+    BEGIN', '+    abc=', '+    END'])
writes('list.1.name', armor, '!age', [
  '-  - name: inner # c',
  '+  - name: !age | # c',
  '+      BEGIN',
  '+      abc=',
  '+      END',
])
writes('empty', armor, '!age', ['-empty:', '+empty: !age |', '+  BEGIN', '+  abc=', '+  END'])
writes('text', 'yes', undefined, ['-text: several', '-  lines', '+text: "yes"'])
writes('number', 'one\n two\n\nthree', undefined, ['-number: 12', '+number: |-', '+  one', '+   two', '+', '+  three'])

const awkward = [
  '',
  ' ',
  'a: b # c',
  '- x',
  '{{ x }}',
  '!age',
  '007',
  'null',
  '~',
  'a\n',
  '\na',
  ' a\nb',
  'a\n\n\n',
  'a\n  \nb',
  'a\n  ',
  '\ta\nb',
  'a\r\nb',
  'a\u0085b\u2028c\ufeffd\n\u007f',
  '\u0000\u001b',
  'it\'s\n"so"',
  '---\nx',
  'x\n...\n# no comment\n',
  'ünï 🔑',
]
for (const one of awkward) {
  test(`is read again as it was written: ${JSON.stringify(one)}`, () => {
    for (const name of ['db_password', 'nested.deep', 'nested.flow.a', 'list.0', 'list.1.name', 'empty', 'text']) {
      for (const tag of ['!age', undefined]) {
        const after = rewrite(text, [{ leaf: leaf(text, name), tag, value: one }])
        assert.is(value(after, name), one, name)
        assert.is(leavesOf(after, '').length, leavesOf(text, '').length, name)
      }
    }
    assert.is(value(append(text, 'more', '!age', one), 'more'), one)
  })
}

test('several at once, with the line breaks of Windows', () => {
  const windows = text.replaceAll('\n', '\r\n')
  const after = rewrite(
    windows,
    ['db_password', 'list.0', 'text'].map((name) => ({ leaf: leaf(windows, name), tag: '!age', value: armor })),
  )
  assert.not.match(after, /[^\r]\n/)
  for (const name of ['db_password', 'list.0', 'text']) assert.is(value(after, name).replaceAll('\r', ''), armor)
})

test('a value that stays is written as it was', () => {
  const before = 'a: !age |  # c\n        BEGIN\n        END\nb: x\n'
  const shown = rewrite(before, [{ leaf: leaf(before, 'a'), tag: '!age', value: 'plain' }])
  assert.is(shown, 'a: !age plain  # c\nb: x\n')
  const like = { text: before, leaf: leaf(before, 'a') }
  assert.is(rewrite(shown, [{ leaf: leaf(shown, 'a'), tag: '!age', value: 'BEGIN\nEND\n', like }]), before)
})

test('a variable is added at the end', () => {
  assert.is(append('a: 1', 'b', '!age', armor), 'a: 1\nb: !age |\n  BEGIN\n  abc=\n  END\n')
  assert.is(append('', 'yes', undefined, 'x'), '"yes": x\n')
})

test('a text that is no YAML is refused with its mistakes', () => {
  try {
    leavesOf('a: b: c', 'vars.yml')
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof LoadError && error.diagnostics.length > 0)
  }
})

test.run()
