import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../lib/core/text.ts'
import { fileSum } from '../../../lib/load/file-sum.ts'

const test = suite<{ file: string; folder: string }>('lib/load/file-sum')

const long = 33 * 1024 * 1024
const sumOfLong = sha256(Buffer.alloc(long))

test.before.each(async (my) => {
  my.folder = await mkdtemp(join(tmpdir(), 'ametys-rocketchat-test-'))
  my.file = join(my.folder, 'f')
})
test.after.each((my) => rm(my.folder, { recursive: true, force: true }))

test('the sum of a short file is known at once', async ({ file }) => {
  await writeFile(file, 'abc')
  const sum = await fileSum(file, 3)
  await rm(file)
  assert.is(sum.sha256(), sha256('abc'))
  await sum.hashed()
})

test('that of a long one is there when it was waited for, without reading the file again', async ({ file }) => {
  await writeFile(file, '')
  await truncate(file, long)
  const sum = await fileSum(file, long)
  await sum.hashed()
  await rm(file)
  assert.is(sum.sha256(), sumOfLong)
})

test('and also when nobody has waited', async ({ file }) => {
  await writeFile(file, '')
  await truncate(file, long)
  const sum = await fileSum(file, long)
  assert.is(sum.sha256(), sumOfLong)
  await sum.hashed()
  assert.is(sum.sha256(), sumOfLong)
})

test('a file that cannot be read is told at once, and one that goes away when its sum is needed', async ({ file }) => {
  await fileSum(file, long).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /ENOENT/),
  )
  await writeFile(file, '')
  await truncate(file, long)
  const others = [fileSum(file, long), fileSum(file, long)]
  const last = await fileSum(file, long)
  await rm(file)
  await last.hashed()
  assert.throws(() => last.sha256(), /ENOENT/)
  await Promise.all(others)
})

test.run()
