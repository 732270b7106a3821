import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'

/** Compares with the text kept in a file that is to be read by people; `UPDATE=1` writes it anew. */
export function golden(url: URL, actual: string): void {
  const file = fileURLToPath(url)
  if (process.env.UPDATE === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, actual)
  }
  let expected: string
  try {
    expected = readFileSync(file, 'utf8')
  } catch {
    assert.unreachable(`${file} is missing: run with UPDATE=1 and read what it wrote`)
    return
  }
  assert.fixture(actual, expected, `${basename(file)} differs: read the difference, then run with UPDATE=1`)
}
