import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { createLookups } from '../../../lib/load/lookups.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar } from '../../../lib/load/template.ts'
import { lookupEffects } from '../../../lib/lookups.ts'

const test = suite<{ folder: string; file: string }>('lib/load/password-lookup')

test.before.each((my) => {
  my.folder = mkdtempSync(path.join(tmpdir(), 'password-lookup-'))
  my.file = path.join(my.folder, 'secret')
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

interface Case {
  readonly before: string | null
  readonly words: string
  readonly result: string | null
  readonly after: string | null
}
const cases = JSON.parse(
  readFileSync(new URL('./password-lookup.cases.json', import.meta.url), 'utf8'),
) as readonly Case[]

const decrypt = () => {
  throw new TypeError('nothing is encrypted here')
}

/** What the lookup gives for a file that holds `text`, and what the file holds then. */
function looked(file: string, text: string | null, words: string, keeps = true) {
  if (text !== null) writeFileSync(file, text)
  const templar = createTemplar({ lookups: createLookups(lookupEffects(path.dirname(file), {}, { keeps, decrypt })) })
  const answer = () => {
    try {
      const found = templar.render(`{{ lookup('password', '${file} ${words}') }}`, createScope(templar, []))
      return found instanceof Secret ? found.reveal() : found
    } catch (error) {
      if (error instanceof ToolError) return null
      throw error
    }
  }
  const result = answer()
  assert.is(answer(), result)
  return { result, after: existsSync(file) ? readFileSync(file, 'utf8') : null }
}

/** What is drawn differs each time: its length and its letters do not. */
const shape = (text: string | null, before: string | null) =>
  (before === null ? text?.replace(/^[\w.,:-]{12}(?= salt=|$)/m, '<12>') : text)?.replace(
    / salt=[./0-9A-Za-z]{16}$/m,
    ' salt=<16>',
  )

for (const { before, words, result, after } of cases) {
  test(`"${words}" with ${JSON.stringify(before)} in the file does what it does in Ansible`, ({ file }) => {
    if (result === null) return assert.is(looked(file, before, words).result, null)
    assert.is(shape(looked(file, before, words).after, before), shape(after, before))
    assert.equal(looked(file, after, words), { result, after })
  })
}

test('a check keeps nothing, and the hash stays the same while it runs', ({ file }) => {
  const { result, after } = looked(file, 'old pass\n', 'encrypt=sha256_crypt', false)
  assert.match(String(result), /^\$5\$rounds=535000\$[./0-9A-Za-z]{16}\$/)
  assert.is(after, 'old pass\n')
})

test.run()
