import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { referencePages } from '../lib/reference.ts'
import { root } from '../lib/root.ts'

// Writes the generated pages of docs/ anew; test/docs.test.ts fails when they are out of date.
for (const [page, text] of Object.entries(referencePages())) {
  mkdirSync(path.dirname(path.join(root, page)), { recursive: true })
  writeFileSync(path.join(root, page), text)
}
