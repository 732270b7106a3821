import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LoadError } from '../../../lib/core/diagnostic.ts'
import { passwordFiles } from '../../../lib/secrets/password-file.ts'

const test = suite<{ folder: string; file: string }>('lib/secrets/password-file')

test.before.each((my) => {
  my.folder = mkdtempSync(path.join(tmpdir(), 'password-'))
  my.file = path.join(my.folder, 'credentials', 'db')
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

test('one that is missing is made, kept for its owner alone, and stays', ({ file }) => {
  const made = passwordFiles(true)({ file, length: 30, chars: ['ascii_letters', 'digits'] }).password
  assert.match(made.reveal(), /^[A-Za-z0-9]{30}$/)
  assert.is(readFileSync(file, 'utf8'), `${made.reveal()}\n`)
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(statSync(path.dirname(file)).mode & 0o777, 0o700)
  assert.is(passwordFiles(true)({ file, length: 8, chars: ['digits'] }).password.reveal(), made.reveal())
})

test('in check mode nothing is written, and the made one holds', ({ file }) => {
  const look = passwordFiles(false)
  const wanted = { file, length: 12, chars: ['ab', 'punctuation'] }
  const made = look(wanted).password.reveal()
  assert.match(made, /^[^"']{12}$/)
  assert.is(look(wanted).password.reveal(), made)
  assert.not.ok(existsSync(path.dirname(file)))
})

test('files that Ansible wrote are read without their salt', ({ folder }) => {
  const file = path.join(folder, 'x')
  for (const text of ['old pass\n', 'old pass', 'old pass salt=abcdefgh\n', 'old pass salt=abcdefgh ident=2b\n']) {
    writeFileSync(file, text)
    assert.is(passwordFiles(true)({ file, length: 20, chars: ['digits'] }).password.reveal(), 'old pass')
  }
})

test('what cannot be kept is refused', ({ folder }) => {
  for (const [file, code] of [
    ['/dev/null', 'password-not-kept'],
    [folder, 'password-file-unreadable'],
  ] as const) {
    try {
      passwordFiles(true)({ file, length: 20, chars: ['digits'] })
      assert.unreachable()
    } catch (error) {
      assert.is((error as LoadError).code, code)
    }
  }
})

test.run()
