import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSshConfig } from '../../../lib/connect/ssh-config-file.ts'

const test = suite('lib/connect/ssh-config-file')
const home = mkdtempSync(path.join(tmpdir(), 'ssh-config-'))

test.before(() => {
  mkdirSync(path.join(home, '.ssh/parts'), { recursive: true })
  for (const name of ['b.conf', 'a.conf', '.hidden.conf', 'a.conf~', 'x.conf.d', 'my-own'])
    writeFileSync(path.join(home, '.ssh/parts', name), `User ${name}\n`)
})

test.after(() => rmSync(home, { recursive: true, force: true }))

/** The users that the included files name, in the order they are read. */
function included(pattern: string): readonly string[] {
  const file = path.join(home, '.ssh/config')
  writeFileSync(file, `Include ${pattern}\n`)
  const [line] = readSshConfig([file], home)
  return (line?.included ?? []).flat().map(({ args }) => args[0] ?? '')
}

const check = (pattern: string, files: readonly string[]) =>
  test(`includes ${pattern}`, () => assert.equal(included(pattern), files))

check('parts/*.conf', ['a.conf', 'b.conf'])
check('~/.ssh/parts/*.conf', ['a.conf', 'b.conf'])
check('parts/my-*', ['my-own'])
check('parts/a.conf*.conf', [])
check('parts/.*.conf', ['.hidden.conf'])
check('parts/[ab].conf', ['a.conf', 'b.conf'])
check('par*/?.conf', ['a.conf', 'b.conf'])
check('parts/a.conf', ['a.conf'])
check('parts/none', [])
check('nowhere/*.conf', [])

test.run()
