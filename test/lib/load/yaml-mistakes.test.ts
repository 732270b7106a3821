import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseYaml } from '../../../lib/load/yaml.ts'
import { lines } from './project.ts'

const test = suite('lib/load/yaml-mistakes')

/** One text, the findings it gives, and the mend of the first. */
const check = (title: string, text: string, expected: string | readonly string[], mend?: string) =>
  test(title, () => {
    const { diagnostics } = parseYaml(text, 'f')
    assert.equal(lines(diagnostics), [expected].flat())
    assert.is(diagnostics[0]?.mend, mend)
  })

check(
  'an unquoted template that YAML takes for mappings',
  'a: {{ x }}\n',
  'f:1:4: unquoted-template: a value that starts with "{{" must stand in quotes',
  'should be written as: a: "{{ x }}"',
)
check(
  'an unquoted template with text behind it, and quotes inside',
  'tasks:\n  - copy:\n      src: {{ x["y"] }}/b  # c\n',
  'f:3:12: unquoted-template: a value that starts with "{{" must stand in quotes',
  `should be written as: src: '{{ x["y"] }}/b'  # c`,
)
check(
  'an unquoted template in a list',
  'a: [{{ x }}, "b"]\n',
  'f:1:5: unquoted-template: a value that starts with "{{" must stand in quotes',
  'should be written as: a: ["{{ x }}", "b"]',
)
check(
  'a tab',
  'a:\n\tb: 1\n',
  'f:2:1: yaml-tab: a tab indents this line; YAML takes spaces only',
  'should start in column 3: b: 1',
)
check(
  'a stray colon',
  'msg: error: no file\n',
  'f:1:11: yaml-stray-colon: a colon inside the value reads as a second key',
  'should be written as: msg: "error: no file"',
)
check(
  'a stray colon in a name with quotes',
  `- name: Say "hi": now\n  debug:\n`,
  'f:1:17: yaml-stray-colon: a colon inside the value reads as a second key',
  `should be written as: - name: 'Say "hi": now'`,
)
check(
  'a half-quoted value',
  'a: "foo" bar\n',
  'f:1:4: yaml-half-quoted: the value starts with a quoted part and goes on behind it; quotes must go around all of it',
  `should be written as: a: '"foo" bar'`,
)
check(
  'an apostrophe between apostrophes',
  `a: 'it's'\n`,
  'f:1:4: yaml-half-quoted: the value starts with a quoted part and goes on behind it; quotes must go around all of it',
  `should be written as: a: "it's"`,
)
check(
  'a quote that is never closed, shown where it opens',
  'a: "foo\nb: 1\n',
  'f:1:4: yaml-unclosed-quote: the quote (") that opens here is never closed',
  'should be written as: a: "foo"',
)
check(
  'a missing space behind a colon',
  'a: 1\nkey:value\nb: 2\n',
  'f:2:4: yaml-missing-space: a space is missing behind "key:"',
  'should be written as: key: value',
)
check(
  'a missing space behind a dash',
  '- a: 1\n-b: 2\n',
  'f:2:1: yaml-missing-space: a space is missing behind "-"',
  'should be written as: - b: 2',
)
check(
  'a star',
  'hosts: *\n',
  'f:1:8: yaml-reserved-character: a value that starts with "*" must stand in quotes',
  'should be written as: hosts: "*"',
)
check(
  'a pattern with a star',
  'a: *.log\n',
  'f:1:4: yaml-unknown-alias: "*.log" refers to "&.log", which is not written above it',
  'if the text is meant, put it in quotes: "*.log"',
)
check(
  'a value that starts with @',
  'a: @x\n',
  'f:1:4: yaml-reserved-character: a value that starts with "@" must stand in quotes',
  'should be written as: a: "@x"',
)
check(
  'a value that starts with a back-tick',
  'a: `x`\n',
  'f:1:4: yaml-reserved-character: a value that starts with "`" must stand in quotes',
  'should be written as: a: "`x`"',
)
check(
  'a bracket that is never closed',
  'a: [1, 2\nb: 1\n',
  'f:2:1: yaml-unclosed-bracket: a "]" is missing above this place',
  'close the list with "]"',
)
check(
  'a line one column too far',
  'a:\n  b: 1\n c: 2\n',
  'f:3:2: yaml-indentation: this line does not start in the column of the lines it belongs to',
  'should start in column 3: c: 2',
)
check(
  'a line that is deeper than the value above allows',
  '- name: x\n  file: path=x\n   state: y\n',
  'f:3:4: yaml-indentation: this line is indented as if it belonged to the line above, which has a value already',
  'should start in column 3: state: y',
)
check(
  'a backslash between double quotes',
  'a: "\\d+"\n',
  'f:1:5: yaml-escape: \\d means nothing between double quotes',
  "should be written as: a: '\\d+'",
)
check(
  'a key twice',
  'a: 1\nb: 2\na: 3\n',
  'f:3:1: duplicate-key: "a" is written twice in one mapping; the first is in line 1',
  'keep one of the two',
)
check(
  'two documents',
  '---\na: 1\n---\nb: 1\n',
  'f:4:1: yaml-several-documents: the file holds more than one document; a line "---" starts each',
  'keep one document a file',
)
check(
  'a tag of Python',
  'a: !!python/object x\n',
  'f:1:20: yaml-unknown-tag: the tag "!!python/object" is not known',
  'known tags: !vault, !age, !unsafe; if the text is meant, put all of it in quotes',
)
check(
  'an exclamation mark that reads as a tag',
  'a: !important note\n',
  'f:1:15: yaml-unknown-tag: the tag "!important" is not known',
  'known tags: !vault, !age, !unsafe; if the text is meant, put all of it in quotes',
)
check(
  'a list as a key',
  '? [x]\n: c\n',
  'f:1:3: yaml-bad-key: a list or a mapping cannot be a key',
  'keys are plain words; a text with braces or brackets needs quotes',
)
check(
  'a merge of something that is no mapping',
  'a: &a 1\nb:\n  <<: *a\n',
  'f:3:7: yaml-bad-merge: "<<" takes a mapping or a list of mappings',
)
check(
  'a placeholder that was left, which is no YAML',
  'a:\n  user: <CHANGE: who signs in>\n',
  'f:2:9: placeholder-left: this line still holds the placeholder <CHANGE: who signs in>',
  'write here: who signs in',
)
check(
  'a version that loses its last digit',
  'rocketchat_version: 7.10\n',
  'f:1:21: warning: yaml-number-loses-digits: 7.10 is read as the number 7.1',
  'write "7.10" in quotes when the text is meant',
)
check(
  'several mistakes at once, one a line',
  '- name: a\n  debug:\n    msg: {{ a }} and {{ b }}\n- name: b\n  copy:\n\tsrc: x\n- name: "c" d\n',
  [
    'f:3:10: unquoted-template: a value that starts with "{{" must stand in quotes',
    'f:6:1: yaml-tab: a tab indents this line; YAML takes spaces only',
    'f:7:9: yaml-half-quoted: the value starts with a quoted part and goes on behind it; quotes must go around all of it',
  ],
  'should be written as: msg: "{{ a }} and {{ b }}"',
)

test('tells where each of several lines with tabs should start', () => {
  const mended = (text: string) => parseYaml(text, 'f').diagnostics.map((one) => one.mend)
  assert.equal(mended('- hosts: all\n  tasks:\n\t- name: One\n\n\t\t# with a comment\n\t  ping:\n'), [
    'should start in column 5: - name: One',
    'should start in column 7: ping:',
  ])
})

test('shows the line with a caret below the place', () => {
  const { diagnostics } = parseYaml('a: 1\nb:\n  - key: "x" y\n', 'f')
  assert.is(diagnostics[0]?.detail, '    3 |   - key: "x" y\n      |          ^^^^^')
})

test.run()
