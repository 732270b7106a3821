import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { saw, sawNothing } from './answers.ts'
import type { Observer } from './observe.ts'

/** What `file` sees. Sums are of regular files alone, in hexadecimal digits. */
export interface SeenFile {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'nothing'
  readonly sha1?: string
  readonly sha256?: string
  readonly md5?: string
}

/** What is at `path` of this machine, relative to `folder`, a link followed; not `ok` when it cannot be read. */
export const file: Observer = async ({ path: written, folder }) => {
  const full = path.resolve(String(folder ?? '.'), String(written))
  const found = await stat(full).catch(() => undefined)
  if (found === undefined) return saw({ path: full, kind: 'nothing' } satisfies SeenFile)
  if (found.isDirectory()) return saw({ path: full, kind: 'folder' } satisfies SeenFile)
  const sums = { sha1: createHash('sha1'), sha256: createHash('sha256'), md5: createHash('md5') }
  try {
    for await (const chunk of createReadStream(full)) for (const sum of Object.values(sums)) sum.update(chunk as Buffer)
  } catch (error) {
    return sawNothing((error as Error).message)
  }
  const { sha1, sha256, md5 } = sums
  const seen: SeenFile = {
    path: full,
    kind: 'file',
    sha1: sha1.digest('hex'),
    sha256: sha256.digest('hex'),
    md5: md5.digest('hex'),
  }
  return saw(seen)
}
