import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../lib/root.ts'

/** What the file holds beforehand, null for none, and what stands behind its name in the lookup. */
const cases: readonly (readonly [string | null, string])[] = [
  [null, 'length=12'],
  [null, 'length=12 encrypt=sha512_crypt'],
  ['old pass\n', ''],
  ['old pass', 'encrypt=sha256_crypt'],
  ['old pass salt=saltsaltsaltsalt\n', ''],
  ['old pass salt=saltsaltsaltsalt\n', 'encrypt=sha512_crypt'],
  ['a salt=x salt=short\n', 'encrypt=sha256_crypt'],
  ['old salt=two words\n', ''],
  ['old salt=not_a_salt\n', 'encrypt=sha512_crypt'],
  ['old\n', 'encrypt=none_such'],
]

/** Lets Ansible look passwords up in files, and keeps what comes of it for test/lib/load/password-lookup.test.ts. */
const folder = mkdtempSync(join(tmpdir(), 'password-theirs-'))
try {
  const asked = cases.map(([text, words], index) => {
    const file = join(folder, `file-${index}`)
    return { file, text, term: `${file} ${words}`.trim() }
  })
  const seen = JSON.parse(
    execFileSync('/usr/bin/python3', [join(root, 'test/e2e/ansible/passwords.py')], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, PYTHONDONTWRITEBYTECODE: '1' },
      input: JSON.stringify(asked),
      encoding: 'utf8',
    }),
  ) as readonly object[]
  const lines = cases.map(([before, words], index) => ` ${JSON.stringify({ before, words, ...seen[index] })}`)
  writeFileSync(join(root, 'test/lib/load/password-lookup.cases.json'), `[\n${lines.join(',\n')}\n]\n`)
} finally {
  rmSync(folder, { recursive: true })
}
