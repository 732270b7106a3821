import { createHash } from 'node:crypto'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Owners } from './owners.ts'

/** What a machine's files look like at one moment. */
export interface Fingerprint {
  readonly hash: string
  /** The files by the names under which their owners are recorded. */
  readonly keys: ReadonlySet<string>
}

/**
 * Looks at all files below `root`: path, kind, mode, and for those that are not folders size and time of change. A folder's
 * own time is left out, so that a temporary file that came and went is no change.
 */
export function fingerprint(root: string, owners: Owners): Fingerprint {
  const hash = createHash('sha1')
  const keys = new Set<string>()
  const walk = (folder: string, path: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const full = join(folder, entry.name)
      const stat = lstatSync(full, { bigint: true, throwIfNoEntry: false })
      if (stat === undefined) continue
      const name = `${path}/${entry.name}`
      keys.add(owners.key(stat))
      if (entry.isDirectory()) {
        hash.update(`${name}\0${stat.mode}\n`)
        walk(full, name)
      } else hash.update(`${name}\0${stat.mode} ${stat.size} ${stat.mtimeNs}\n`)
    }
  }
  walk(root, '')
  return { hash: hash.digest('base64'), keys }
}
