import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { problem, TaskError } from '../core/diagnostic.ts'
import type { Kept } from '../core/module.ts'

/**
 * Writes a file of this machine, atomically, and makes its folder. A new one can be read by its owner alone, as nobody
 * knows what a host keeps in it; one that is there keeps its permissions. Throws TaskError `file-not-kept`.
 */
export async function keep(file: string, content: Readable): Promise<Kept> {
  const folder = path.dirname(file)
  const draft = path.join(folder, `.${path.basename(file).slice(0, 100)}.${randomBytes(6).toString('hex')}`)
  const sums = { sha1: createHash('sha1'), sha256: createHash('sha256'), md5: createHash('md5') }
  let size = 0
  try {
    await mkdir(folder, { recursive: true })
    const before = await stat(file).catch(() => undefined)
    const mode = before === undefined ? 0o600 : before.mode & 0o777
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          size += chunk.length
          for (const sum of Object.values(sums)) sum.update(chunk)
          yield chunk
        }
      },
      createWriteStream(draft, { flags: 'wx', mode }),
    )
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    if (error instanceof TaskError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new TaskError(
      problem('file-not-kept', `${file} could not be written on this machine: ${why}`, {
        mend: 'choose a folder that this account may write to',
      }),
      { cause: error },
    )
  }
  const { sha1, sha256, md5 } = sums
  return { size, sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), md5: md5.digest('hex') }
}
