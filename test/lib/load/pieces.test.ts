import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { piecesOf } from '../../../lib/load/pieces.ts'

const folder = mkdtempSync(join(tmpdir(), 'ametys-rocketchat-test-'))
const file = join(folder, 'f')

const test = suite('lib/load/pieces')
test.after(() => rmSync(folder, { recursive: true, force: true }))

for (const length of [0, 1, 512 * 1024, 3_000_000]) {
  test(`gives a file of ${length} bytes from two places`, async () => {
    const content = randomBytes(length)
    writeFileSync(file, content)
    const places = new Set<unknown>()
    const pieces: Buffer[] = []
    for await (const piece of piecesOf(file)) {
      places.add(piece.buffer)
      // While the next one is read already.
      await new Promise((resolve) => setTimeout(resolve, 5))
      pieces.push(Buffer.from(piece))
    }
    assert.ok(Buffer.concat(pieces).equals(content))
    assert.ok(places.size <= 2)
  })
}

test('closes the file when it is left early, and says what is wrong with it', async () => {
  writeFileSync(file, randomBytes(3_000_000))
  for await (const piece of piecesOf(file)) {
    assert.ok(piece.length > 0)
    break
  }
  assert.not(openFiles().includes(file))
  const error = await piecesOf(join(folder, 'none'))
    .next()
    .catch((problem) => problem)
  assert.is(error.code, 'ENOENT')
  const notFile = await piecesOf(folder)
    .next()
    .catch((problem) => problem)
  assert.is(notFile.code, 'EISDIR')
})

/** What this process has open, where the system tells. */
function openFiles(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd').map((name) => {
      try {
        return readlinkSync(join('/proc/self/fd', name))
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}

test.run()
