import { chmodSync, lstatSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a file of the machine has that this machine cannot give it. */
export interface Ownership {
  readonly uid: number
  readonly gid: number
  /** Permission bits, when the real ones had to be wider so that we can still work on the file. */
  readonly mode?: number
}

/** Owners and modes by file, so that they follow a file that is renamed and vanish with it. */
export interface Owners {
  /** What is recorded for a file; root's when nothing is. */
  of(path: string, follow?: boolean): Ownership
  set(path: string, change: Partial<Ownership>, follow?: boolean): void
  /** Sets permission bits as the machine shows them; the real file stays readable and writable for us. */
  setMode(path: string, mode: number): void
  /** The bits as the machine shows them. */
  modeOf(path: string, follow?: boolean): number
  /** Drops records of files that no longer exist. */
  keepOnly(files: ReadonlyMap<string, string>): void
  /** The name under which a file is recorded. */
  key(stat: { readonly ino: bigint; readonly birthtimeNs: bigint }): string
  readonly records: ReadonlyMap<string, Ownership>
  /** Counts changes. */
  readonly revision: number
}

/** Opens the record for files on the disk of `folder`. */
export function openOwners(folder: string, saved: readonly (readonly [string, Ownership])[] = []): Owners {
  const records = new Map<string, Ownership>(saved)
  const births = birthsAreStable(folder)
  let revision = 0
  const key: Owners['key'] = ({ ino, birthtimeNs }) => (births ? `${ino}:${birthtimeNs}` : `${ino}`)
  const look = (path: string, follow: boolean) =>
    follow ? statSync(path, { bigint: true }) : lstatSync(path, { bigint: true })
  const of: Owners['of'] = (path, follow = false) => records.get(key(look(path, follow))) ?? { uid: 0, gid: 0 }
  const set: Owners['set'] = (path, change, follow = false) => {
    const name = key(look(path, follow))
    const before = records.get(name)
    const after: Ownership = { uid: 0, gid: 0, ...before, ...change }
    if (JSON.stringify(before ?? { uid: 0, gid: 0 }) === JSON.stringify(after)) return
    records.set(name, after)
    revision += 1
  }
  return {
    of,
    set,
    key,
    records,
    get revision() {
      return revision
    },
    modeOf: (path, follow = false) => of(path, follow).mode ?? Number(look(path, follow).mode) & 0o7777,
    setMode: (path, mode) => {
      const stat = statSync(path)
      const needed = stat.isDirectory() ? 0o700 : 0o600
      const real = mode | needed
      if ((stat.mode & 0o7777) !== real) chmodSync(path, real)
      const { mode: recorded, ...rest } = of(path, true)
      if (real !== mode) set(path, { mode }, true)
      else if (recorded !== undefined) {
        records.set(key(statSync(path, { bigint: true })), rest)
        revision += 1
      }
    },
    keepOnly: (files) => {
      for (const name of records.keys()) if (!files.has(name)) records.delete(name)
    },
  }
}

/** Some file systems do not tell when a file was born; the number of its inode alone must do there. */
function birthsAreStable(folder: string): boolean {
  const probe = mkdtempSync(join(folder, '.probe-'))
  try {
    const before = statSync(probe, { bigint: true })
    chmodSync(probe, 0o711)
    const after = statSync(probe, { bigint: true })
    return before.birthtimeNs !== 0n && before.birthtimeNs === after.birthtimeNs && after.birthtimeNs !== after.ctimeNs
  } finally {
    rmSync(probe, { recursive: true })
  }
}
