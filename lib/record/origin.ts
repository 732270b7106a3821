import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Origin } from './entry.ts'

/**
 * The commit that a folder is at, and whether something in the tree differs from it; undefined without git. Asks git for
 * nothing that could start a program which the repository names.
 */
export async function commitOf(folder: string): Promise<Origin | undefined> {
  if (!isUnderGit(folder)) return undefined
  const words = ['--no-optional-locks', '-c', 'core.fsmonitor=false', 'status', '--porcelain=v2', '--branch']
  try {
    const { stdout } = await promisify(execFile)('git', words, { cwd: folder, timeout: 5000, maxBuffer: 16_000_000 })
    const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(stdout)?.[1]
    return commit === undefined ? undefined : { commit, dirty: /^[^#\n]/m.test(stdout) }
  } catch {
    return undefined
  }
}

/** Has the folder, or one above it, git's own entry? Where there is none git need not be asked, which takes longer than all else here. */
function isUnderGit(folder: string): boolean {
  return existsSync(path.join(folder, '.git')) || (path.dirname(folder) !== folder && isUnderGit(path.dirname(folder)))
}

/** A hash over names and contents of files, whatever their order; those that cannot be read count by their name. */
export function hashOfFiles(files: Iterable<string>): Origin {
  const hash = createHash('sha256')
  const all = [...new Set(files)].sort()
  for (const file of all) {
    hash.update(`${file}\n`)
    try {
      hash.update(readFileSync(file))
    } catch {
      hash.update('unreadable')
    }
  }
  return { files: all.length, sha256: hash.digest('hex') }
}
