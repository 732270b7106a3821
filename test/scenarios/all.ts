import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import { play, titleOf } from './scenario.ts'

/** Root may read everything, so what may not be read is for other accounts to try. */
const isRoot = process.getuid?.() === 0

/** A suite with a test for each text in a folder beside the test file. */
export function playAll(folder: URL): ReturnType<typeof suite> {
  const path = fileURLToPath(folder)
  const test = suite(`scenarios/${basename(path)}`)
  for (const name of readdirSync(path).sort()) {
    const file = join(path, name)
    const needsOthers = isRoot && readFileSync(file, 'utf8').includes('(not readable)')
    if (!needsOthers) test(`${name}: ${titleOf(file)}`, () => play(file))
  }
  return test
}
