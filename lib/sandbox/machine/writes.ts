import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../../core/script.ts'
import { fingerprint } from './fingerprint.ts'
import type { Host } from './host.ts'
import { OWN, programText } from './program.ts'

/** Counts the commands that changed anything on the machine. */
export interface WriteCount {
  begins(): void
  /** The command has ended; what it has made belongs to the account that it ran as. */
  ends(user: string): void
  readonly count: number
}

/**
 * Compares the machine's files, owners, units before and after each command. When commands overlap, a change is laid to
 * the one that ends first after it.
 */
export function countWrites(host: Host): WriteCount {
  let running = 0
  let count = 0
  let last = ''
  let before: ReadonlyMap<string, string> = new Map()
  const signature = (hash: string) => `${hash} ${host.owners.revision} ${host.units.revision}`
  const compare = (user: string) => {
    const { hash, files } = fingerprint(host.root, host.owners)
    host.owners.keepOnly(files)
    const changed = signature(hash) !== last
    if (user !== 'root' && changed) giveAway(host, user, files, before)
    before = files
    last = signature(hash)
    if (!changed) return
    count += 1
    standIns(host)
  }
  return {
    begins: () => {
      if (running === 0) {
        const { hash, files } = fingerprint(host.root, host.owners)
        before = files
        last = signature(hash)
      }
      running += 1
    },
    ends: (user) => {
      running -= 1
      compare(user)
    },
    get count() {
      if (running > 0) compare('root')
      return count
    },
  }
}

/** Files that are new and of which nothing is recorded belong to the account that made them. */
function giveAway(
  host: Host,
  user: string,
  files: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
): void {
  const account = host.accounts.user(user)
  if (account === undefined) return
  for (const [key, path] of files) {
    if (before.has(key) || host.owners.records.has(key)) continue
    host.owners.set(path, { uid: account.uid, gid: account.gid })
  }
}

const FOLDERS = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin']

/** Gives each script that was put into a folder of `PATH` a stand-in which has it rewritten when it is started. */
export function standIns(host: Host): void {
  const folder = join(host.folder, 'programs')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const wanted = new Map<string, string>()
  for (const place of FOLDERS) {
    for (const name of namesIn(join(host.root, place))) {
      if (!wanted.has(name) && isForeign(join(host.root, place, name))) wanted.set(name, `/${place}/${name}`)
    }
  }
  for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(join(folder, name))
  for (const [name, path] of wanted) {
    writeFileSync(join(folder, name), programText(host.tools.sh, {}, [`exec sandbox-run ${quote(path)} "$@"`]))
    chmodSync(join(folder, name), 0o755)
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function isForeign(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && (stat.mode & 0o111) !== 0 && !readFileSync(path).subarray(0, 512).includes(OWN)
}
