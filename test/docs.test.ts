import { readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { referencePages } from '../lib/reference.ts'
import { root } from '../lib/root.ts'

const test = suite('docs')

for (const [page, text] of Object.entries(referencePages())) {
  test(`${page} is what the sources say (npx zx scripts/docs.ts writes it)`, () =>
    assert.is(readFileSync(path.join(root, page), 'utf8') === text, true))
}

test('the README names every entry there is', () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
  for (const entry of [
    'playbooks/install.ts',
    'playbooks/configure.ts',
    'playbooks/run.ts',
    'scripts/token.ts',
    'scripts/history.ts',
    'scripts/report.ts',
    'scripts/vault.ts',
    'scripts/sandbox.ts',
    'scripts/replay.ts',
    'scripts/inventory.ts',
    'scripts/why.ts',
    'scripts/lint.ts',
    'scripts/doc.ts',
  ])
    assert.ok(readme.includes(entry), entry)
})

test.run()
