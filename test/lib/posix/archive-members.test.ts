import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { escapeOf, type Member, readTarList, readZipList } from '../../../lib/posix/archive-members.ts'

const test = suite('lib/posix/archive-members')

const file = (name: string): Member => ({ name, kind: 'file' })
const link = (name: string, target?: string): Member => ({
  name,
  kind: 'link',
  ...(target !== undefined && { target }),
})
const hard = (name: string, target: string): Member => ({ name, kind: 'hard', target })

for (const [title, members, escapes] of [
  ['plain names', [file('a'), file('./b/c'), file('..d/e..')], false],
  ['a whole path', [file('/etc/passwd')], true],
  ['the folder above', [file('a/../../b')], true],
  ['a link out by itself', [link('a', '/etc')], false],
  ['a file through a link out', [link('a', '/etc'), file('a/passwd')], true],
  ['a file through a link up', [link('a/b', '../../x'), file('a/b/c')], true],
  ['a file through a link that stays inside', [link('a/b', '../x'), file('a/b/c')], false],
  ['a file in the place of a link out', [link('a', '/etc/passwd'), file('./a')], true],
  ['a way up behind a way down', [link('a', 'b/..'), file('a/c')], true],
  ['a way up through a link to the folder itself', [link('l', '.'), link('l/x', '..'), file('l/x/y')], true],
  ['a link in the place of a link', [link('a', '/x'), link('a', 'y')], false],
  ['a link whose target nobody knows', [link('a'), file('a/b')], true],
  ['another name of a file inside', [file('a'), hard('b', 'a')], false],
  ['another name of a file outside', [hard('b', '/etc/shadow')], true],
  ['another name of a file above', [hard('b', '../x')], true],
  ['another name of a file behind a link out', [link('l', '/etc'), hard('b', 'l/shadow')], true],
] as const) {
  test(`${title}: ${escapes ? 'refused' : 'fine'}`, () => {
    assert.is(escapeOf(members) !== undefined, escapes)
  })
}

test('reads the list of tar', () => {
  const text = [
    'drwxr-xr-x 0/0               0 2024-01-02 03:04 a/',
    '-rw-r--r-- 1000/1000        12 2024-01-02 03:04 a/two words -> x',
    'lrwxrwxrwx 0/0               0 2024-01-02 03:04 a/l -> ../b',
    'hrw-r--r-- 0/0               0 2024-01-02 03:04 a/h link to a/l',
    'crw-r--r-- 0/0             1,3 2024-01-02 03:04 null',
    '-rw-r--r-- 0/0               1 2024-01-02 03:04:05.123 a\\nb\\303\\244\\\\c',
    'tar: something else',
  ].join('\n')
  assert.equal(readTarList(text), [
    { name: 'a/', kind: 'folder' },
    { name: 'a/two words -> x', kind: 'file' },
    { name: 'a/l', kind: 'link', target: '../b' },
    { name: 'a/h', kind: 'hard', target: 'a/l' },
    { name: 'null', kind: 'other' },
    { name: 'a\nbä\\c', kind: 'file' },
  ])
})

test('reads the list of unzip', () => {
  const text = `Archive:  x.zip
Zip file size: 300 bytes, number of entries: 3
drwxr-xr-x  3.0 unx        0 bx stor 24-Jan-02 03:04 a/
-rw-r--r--  3.0 unx        5 tx defN 24-Jan-02 03:04 a/two words
lrwxrwxrwx  3.0 unx        2 bx stor 24-Jan-02 03:04 a/l
3 files, 7 bytes uncompressed, 7 bytes compressed:  0.0%`
  assert.equal(readZipList(text), [
    { name: 'a/', kind: 'folder' },
    { name: 'a/two words', kind: 'file' },
    { name: 'a/l', kind: 'link' },
  ])
})

test.run()
