import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { modeText, resolveMode } from '../../../lib/posix/mode.ts'

const test = suite('lib/posix/mode')

/** wanted, current, is it a folder, result; all under umask 022, compared with what GNU chmod does. */
const table: readonly (readonly [string, number, boolean, number])[] = [
  ['0640', 0o777, false, 0o640],
  ['01777', 0, true, 0o1777],
  ['u=rw,go=r', 0o777, false, 0o644],
  ['a+x', 0o644, false, 0o755],
  ['+w', 0o444, false, 0o644],
  ['go-rwx', 0o755, false, 0o700],
  ['u=rwX,go=rX', 0o600, false, 0o644],
  ['u=rwX,go=rX', 0o700, false, 0o755],
  ['u=rwX,go=rX', 0o600, true, 0o755],
  ['g+s', 0o755, true, 0o2755],
  ['u+s,g-s', 0o2755, false, 0o4755],
  ['+t', 0o777, true, 0o1777],
  ['g=rx', 0o2770, true, 0o2750],
  ['g=rx', 0o2770, false, 0o0750],
  ['o=', 0o777, false, 0o770],
  ['u+w-x', 0o555, false, 0o655],
]
for (const [wanted, current, isFolder, result] of table) {
  test(`${wanted} makes of ${modeText(current)}${isFolder ? '/' : ''} ${modeText(result)}`, () => {
    assert.is(modeText(resolveMode(wanted, current, isFolder, 0o022)), modeText(result))
  })
}

test.run()
