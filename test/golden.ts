import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'

/** Compares with the text kept in `views/`, a file to be read by people; `UPDATE=1` writes it anew. */
export function golden(name: string, actual: string): void {
  const file = fileURLToPath(new URL(`views/${name}.txt`, import.meta.url))
  if (process.env.UPDATE === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, actual)
  }
  let expected = ''
  try {
    expected = readFileSync(file, 'utf8')
  } catch {
    assert.unreachable(`${file} is missing; run with UPDATE=1 and read what it wrote`)
  }
  assert.fixture(actual, expected, `views/${name}.txt differs; read it, then UPDATE=1`)
}
