import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One line of the machine's `/etc/passwd`. */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly comment: string
  readonly home: string
  readonly shell: string
}

/** One line of the machine's `/etc/group`. */
export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** The accounts of a machine; its files are the only record, so that scripts may edit them. */
export interface Accounts {
  users(): readonly User[]
  groups(): readonly Group[]
  saveUsers(users: readonly User[]): void
  saveGroups(groups: readonly Group[]): void
  /** Finds by name or by number. */
  user(nameOrId: string): User | undefined
  group(nameOrId: string): Group | undefined
  /** All groups of a user, the primary one first. */
  groupsOf(user: User): readonly Group[]
}

/** Opens the accounts in the `/etc` below `root`. */
export function openAccounts(root: string): Accounts {
  const lines = (file: string) =>
    read(join(root, 'etc', file))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(':'))
  const users = () =>
    lines('passwd').map(([name = '', , uid = '', gid = '', comment = '', home = '', shell = '']) => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
      comment,
      home,
      shell,
    }))
  const groups = () =>
    lines('group').map(([name = '', , gid = '', members = '']) => ({
      name,
      gid: Number(gid),
      members: members.split(',').filter((one) => one !== ''),
    }))
  const group = (key: string) => groups().find(({ name, gid }) => name === key || String(gid) === key)
  return {
    users,
    groups,
    group,
    user: (key) => users().find(({ name, uid }) => name === key || String(uid) === key),
    saveUsers: (all) =>
      writeFileSync(
        join(root, 'etc/passwd'),
        all.map((one) => `${one.name}:x:${one.uid}:${one.gid}:${one.comment}:${one.home}:${one.shell}\n`).join(''),
      ),
    saveGroups: (all) =>
      writeFileSync(
        join(root, 'etc/group'),
        all.map((one) => `${one.name}:x:${one.gid}:${one.members.join(',')}\n`).join(''),
      ),
    groupsOf: (user) => {
      const all = groups()
      const primary = all.filter(({ gid }) => gid === user.gid)
      return [...primary, ...all.filter(({ gid, members }) => gid !== user.gid && members.includes(user.name))]
    },
  }
}

/** The lowest number of a range that nobody has; system accounts count downwards as Debian does. */
export function freeId(taken: readonly number[], system: boolean): number {
  let id = system ? 999 : 1000
  while (taken.includes(id)) id += system ? -1 : 1
  return id
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
