import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { putBlock } from '../../../lib/posix/edit-block.ts'
import { dropLines, putLine } from '../../../lib/posix/edit-lines.ts'
import { replaceAllIn } from '../../../lib/posix/edit-replace.ts'
import { pythonRegex } from '../../../lib/posix/python-regex.ts'

const test = suite('lib/posix/edit')

type Wish = { readonly [key: string]: string | boolean }

/** Module, text of the file, arguments, and the text that ansible-core 2.14 made of it. */
const table: readonly (readonly [module: string, text: string, wish: Wish, expected: string])[] = [
  ['lineinfile', 'a\nb\nc\n', { line: 'b' }, 'a\nb\nc\n'],
  ['lineinfile', 'a\nb\nc', { line: 'd' }, 'a\nb\nc\nd\n'],
  ['lineinfile', '', { line: 'd' }, 'd\n'],
  ['lineinfile', 'a\nb\nc\n', { line: 'x', regexp: '^b$' }, 'a\nx\nc\n'],
  ['lineinfile', 'a\nb1\nb2\n', { line: 'x', regexp: '^b' }, 'a\nb1\nx\n'],
  ['lineinfile', 'a\nb1\nb2\n', { line: 'x', regexp: '^b', firstmatch: true }, 'a\nx\nb2\n'],
  ['lineinfile', 'a\nb\n', { line: 'x', regexp: '^z', insertafter: '^a' }, 'a\nx\nb\n'],
  ['lineinfile', 'a\nb\n', { line: 'x', insertafter: '^b' }, 'a\nb\nx\n'],
  ['lineinfile', 'a\nb\na\n', { line: 'x', insertafter: '^a', firstmatch: true }, 'a\nx\nb\na\n'],
  ['lineinfile', 'a\nb\na\n', { line: 'x', insertbefore: '^a' }, 'a\nb\nx\na\n'],
  ['lineinfile', 'a\nb\n', { line: 'x', insertbefore: 'BOF' }, 'x\na\nb\n'],
  ['lineinfile', 'a\nb\n', { line: 'x', insertafter: 'BOF' }, 'x\na\nb\n'],
  ['lineinfile', 'a\nb\n', { line: 'x', insertbefore: '^q' }, 'a\nb\nx\n'],
  ['lineinfile', 'key = old\n', { line: '\\1new', regexp: '^(key = ).*', backrefs: true }, 'key = new\n'],
  ['lineinfile', 'other\n', { line: '\\1new', regexp: '^(key = ).*', backrefs: true }, 'other\n'],
  ['lineinfile', 'a\nfoo bar\n', { line: 'x', search_string: 'oo b' }, 'a\nx\n'],
  ['lineinfile', 'a\nb\na\n', { line: 'a', state: 'absent' }, 'b\n'],
  ['lineinfile', 'a\nb\nab\n', { regexp: '^a', state: 'absent' }, 'b\n'],
  ['lineinfile', 'a\nb\nab\n', { search_string: 'b', state: 'absent' }, 'a\n'],
  ['lineinfile', 'b\nx\n', { line: 'x', regexp: '^z', insertafter: '^b' }, 'b\nx\n'],
  ['lineinfile', 'A=1\r\nB=2\r\n', { line: 'B=3', regexp: '^B=' }, 'A=1\r\nB=3\n'],
  ['lineinfile', 'name: x\n', { line: '\\g<k>: y', regexp: '^(?P<k>name): .*$', backrefs: true }, 'name: y\n'],
  [
    'blockinfile',
    'a\nb\n',
    { block: 'x\ny' },
    'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\n',
  ],
  ['blockinfile', 'a\nb', { block: 'x\n' }, 'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n'],
  [
    'blockinfile',
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nb\n',
    { block: 'x' },
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\nb\n',
  ],
  [
    'blockinfile',
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nb\n',
    { state: 'absent' },
    'a\nb\n',
  ],
  ['blockinfile', 'a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nb\n', { block: '' }, 'a\nb\n'],
  [
    'blockinfile',
    'a\nb\nc\n',
    { block: 'x', insertafter: '^a' },
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\nb\nc\n',
  ],
  [
    'blockinfile',
    'a\nb\na\n',
    { block: 'x', insertbefore: '^a' },
    'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\na\n',
  ],
  [
    'blockinfile',
    'a\nb\n',
    { block: 'x', insertbefore: 'BOF' },
    '# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\na\nb\n',
  ],
  [
    'blockinfile',
    'a\nb\n',
    { block: 'x', insertafter: '^q' },
    'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n',
  ],
  [
    'blockinfile',
    'a\nb\nc\n',
    { block: 'x', insertafter: '(?m)^a\nb$' },
    'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\nc\n',
  ],
  [
    'blockinfile',
    'a\n',
    { block: 'x', marker: '; {mark} it', marker_begin: 'open', marker_end: 'close' },
    'a\n; open it\nx\n; close it\n',
  ],
  [
    'blockinfile',
    'a\n# END ANSIBLE MANAGED BLOCK\nold\n# BEGIN ANSIBLE MANAGED BLOCK\nb\n',
    { block: 'x' },
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\nb\n',
  ],
  ['replace', 'aXbX\nX\n', { regexp: 'X', replace: '-' }, 'a-b-\n-\n'],
  ['replace', 'foo1\nfoo2\n', { regexp: '^foo(\\d)$', replace: 'bar\\1\\n' }, 'bar1\n\nbar2\n\n'],
  [
    'replace',
    'a x\nBEGIN\na x\nEND\na x\n',
    { regexp: 'x', replace: 'y', after: 'BEGIN', before: 'END' },
    'a x\nBEGIN\na y\nEND\na x\n',
  ],
  ['replace', 'a x\nBEGIN\na x\n', { regexp: 'x', replace: 'y', after: 'BEGIN' }, 'a x\nBEGIN\na y\n'],
  ['replace', 'a x\nBEGIN\na x\n', { regexp: 'x', replace: 'y', before: 'BEGIN' }, 'a y\nBEGIN\na x\n'],
  ['replace', 'a x\n', { regexp: 'x', replace: 'y', before: 'NONE' }, 'a x\n'],
  ['replace', 'Foo foo\n', { regexp: '(?i)foo', replace: '[\\g<0>]' }, '[Foo] [foo]\n'],
  ['replace', 'a\n\n\nb\n', { regexp: '\\n+', replace: '\\n' }, 'a\nb\n'],
  ['replace', 'abc\n', { regexp: 'b*', replace: '-' }, '-a--c-\n-'],
]

const edit = (module: string, text: string, wish: Wish): string => {
  const given = wish as Record<string, string> & {
    readonly line: string
    readonly regexp: string
    readonly replace: string
  }
  if (module === 'replace') return replaceAllIn(text, given).text
  if (module === 'blockinfile') {
    const marker = given.marker ?? '# {mark} ANSIBLE MANAGED BLOCK'
    const block = given.state === 'absent' ? '' : (given.block ?? '')
    return putBlock(text, {
      ...given,
      block,
      begin: marker.replace('{mark}', given.marker_begin ?? 'BEGIN'),
      end: marker.replace('{mark}', given.marker_end ?? 'END'),
    })
  }
  return given.state === 'absent'
    ? dropLines(text, given).text
    : putLine(text, { ...given, backrefs: wish.backrefs === true, firstmatch: wish.firstmatch === true })
}

for (const [module, text, wish, expected] of table) {
  test(`${module} ${JSON.stringify(wish)} in ${JSON.stringify(text)}`, () => {
    const once = edit(module, text, wish)
    assert.is(once, expected)
  })
}

test('a line after the last one that lacks its line break', () => {
  assert.is(edit('lineinfile', 'a\nb', { line: 'x', insertafter: '^b' }), 'a\nb\nx\n')
})

test('a block whose last marker lacks its line break is found', () => {
  const text = 'a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK'
  assert.is(
    edit('blockinfile', text, { block: 'x' }),
    'a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n',
  )
})

test('expressions of Python', () => {
  assert.ok(pythonRegex('\\Aa.*z\\Z', 'm').test('abz'))
  assert.not(pythonRegex('\\Ab', 'm').test('a\nb'))
  assert.ok(pythonRegex('(?P<q>["\']).*(?P=q)').test(`x 'y'`))
  assert.ok(pythonRegex('(?is)a.b').test('A\nB'))
  assert.throws(() => pythonRegex('a('), RangeError)
})

test.run()
