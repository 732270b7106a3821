import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { splitArguments } from '../../../lib/load/free-form.ts'

const test = suite('lib/load/free-form')

const pairs: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['path=/opt/x mode="0644"', { path: '/opt/x', mode: '0644' }],
  ["path='/opt/a b' x=1", { path: '/opt/a b', x: '1' }],
  ['msg="hello {{ name }} x"', { msg: 'hello {{ name }} x' }],
  ['msg={{ a b c }} y=2', { msg: '{{ a b c }}', y: '2' }],
  [`msg="it's" z=3`, { msg: "it's", z: '3' }],
  ['a=b=c', { a: 'b=c' }],
  ['a="x=y z"', { a: 'x=y z' }],
  ['a="b\\"c"', { a: 'b"c' }],
  ['a= b=1', { a: '', b: '1' }],
  ['src={{ x }}/{{ y }} dest=z', { src: '{{ x }}/{{ y }}', dest: 'z' }],
  ['msg="a\n b" x=1', { msg: 'a\n b', x: '1' }],
]

test('splits key=value pairs as Ansible does', () => {
  for (const [line, expected] of pairs) {
    const found = splitArguments(line, () => true)
    assert.equal(Object.fromEntries(found.pairs.map(({ key, value }) => [key, value])), expected, line)
    assert.is(found.rest, '')
  }
})

const commands: readonly (readonly [string, string, string])[] = [
  ['echo hello creates=/tmp/x', 'echo hello', 'creates=/tmp/x'],
  ['echo "a=b" creates=/tmp/y foo', 'echo "a=b" foo', 'creates=/tmp/y'],
  ["ls -l | grep 'x y' chdir=/tmp", "ls -l | grep 'x y'", 'chdir=/tmp'],
  ['echo  two   spaces creates=/x end', 'echo  two   spaces end', 'creates=/x'],
  ['VAR=1 cmd --flag=x', 'VAR=1 cmd --flag=x', ''],
  ['{% if a %}b{% endif %} creates=/x', '{% if a %}b{% endif %}', 'creates=/x'],
]

test('leaves the rest of a command as it is', () => {
  for (const [line, rest, taken] of commands) {
    const found = splitArguments(line, (key) => key === 'creates' || key === 'chdir')
    assert.is(found.rest, rest)
    assert.is(found.pairs.map(({ key, value }) => `${key}=${value}`).join(' '), taken)
  }
})

test('says what is never closed', () => {
  assert.is(splitArguments('a="b c', () => true).open, '"')
  assert.is(splitArguments("a='b c", () => true).open, "'")
  assert.is(splitArguments('a={{ b', () => true).open, '{{')
})

test.run()
