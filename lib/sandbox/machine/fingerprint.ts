import { createHash } from 'node:crypto'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Owners } from './owners.ts'

/** What a machine's files look like at one moment. */
export interface Fingerprint {
  readonly hash: string
  /** Paths of the files by the names under which their owners are recorded. */
  readonly files: ReadonlyMap<string, string>
}

/**
 * Looks at all files below `root`: path, kind, mode, and for those that are not folders size and time of change. A folder's
 * own time is left out, so that a temporary file that came and went is no change; and so are the clock in `/proc` and the
 * locks of programs that work on the machine.
 */
export function fingerprint(root: string, owners: Owners): Fingerprint {
  const hash = createHash('sha1')
  const files = new Map<string, string>()
  const walk = (folder: string, path: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const full = join(folder, entry.name)
      const stat = lstatSync(full, { bigint: true, throwIfNoEntry: false })
      if (stat === undefined) continue
      const name = `${path}/${entry.name}`
      // The kernel's view of the network, not a file that somebody wrote.
      if (name === '/proc/net') continue
      files.set(owners.key(stat), full)
      if (name === '/proc/uptime' || name.startsWith('/run/lock/')) continue
      if (entry.isDirectory()) {
        hash.update(`${name}\0${stat.mode}\n`)
        walk(full, name)
      } else hash.update(`${name}\0${stat.mode} ${stat.size} ${stat.mtimeNs}\n`)
    }
  }
  walk(root, '')
  return { hash: hash.digest('base64'), files }
}
