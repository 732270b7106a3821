import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { freeId, type User } from '../accounts.ts'
import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'

interface Options {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly names: readonly string[]
}

const VALUED: { readonly [long: string]: string } = {
  '--uid': 'u',
  '--gid': 'g',
  '--groups': 'G',
  '--home-dir': 'd',
  '--home': 'd',
  '--shell': 's',
  '--comment': 'c',
  '--password': 'p',
  '--base-dir': 'b',
  '--login': 'l',
  '--new-name': 'n',
  '--expiredate': 'e',
}
const FLAGS: { readonly [long: string]: string } = {
  '--system': 'r',
  '--create-home': 'm',
  '--no-create-home': 'M',
  '--move-home': 'm',
  '--user-group': 'U',
  '--no-user-group': 'N',
  '--append': 'a',
  '--lock': 'L',
  '--unlock': 'U',
  '--remove': 'r',
  '--force': 'f',
  '--non-unique': 'o',
}

function readOptions(args: readonly string[], valued: string): Options {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const names: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    const [long = '', given] = word.split('=', 2)
    if (VALUED[long]) values.set(VALUED[long], given ?? args[++at] ?? '')
    else if (FLAGS[long]) flags.add(FLAGS[long])
    else if (/^-[a-zA-Z]/.test(word)) {
      for (let letter = 1; letter < word.length; letter += 1) {
        const c = word[letter] as string
        if (valued.includes(c)) {
          values.set(c, word.slice(letter + 1) || (args[++at] ?? ''))
          break
        }
        flags.add(c)
      }
    } else names.push(word)
  }
  return { flags, values, names }
}

const useradd: Shim = (call, host) => {
  const { flags, values, names } = readOptions(call.args, 'bcdegGkKpsuZ')
  const [name = ''] = names
  const { accounts } = host
  const refused = refuse(call.user, 'useradd')
  if (refused) return refused
  if (!/^[a-z_][a-z0-9_-]*\$?$/i.test(name))
    return fail(3, `useradd: invalid user name '${name}': use --badname to ignore`)
  if (accounts.user(name)) return fail(9, `useradd: user '${name}' already exists`)
  const all = accounts.users()
  const system = flags.has('r')
  const uid = values.has('u')
    ? Number(values.get('u'))
    : freeId(
        all.map((one) => one.uid),
        system,
      )
  if (all.some((one) => one.uid === uid) && !flags.has('o')) return fail(4, `useradd: UID ${uid} is not unique`)
  const wanted = values.get('g')
  if (wanted !== undefined && !accounts.group(wanted)) return fail(6, `useradd: group '${wanted}' does not exist`)
  const further = (values.get('G') ?? '').split(',').filter((one) => one !== '')
  const unknown = further.find((one) => !accounts.group(one))
  if (unknown !== undefined) return fail(6, `useradd: group '${unknown}' does not exist`)
  if (wanted === undefined && accounts.group(name)) {
    return fail(9, `useradd: group ${name} exists - if you want to add this user to that group, use -g.`)
  }
  const gid = wanted === undefined ? addGroup(host, name, system, uid) : (accounts.group(wanted)?.gid ?? 0)
  const home = values.get('d') ?? `/home/${name}`
  const user: User = { name, uid, gid, comment: values.get('c') ?? '', home, shell: values.get('s') ?? '/bin/sh' }
  accounts.saveUsers([...all, user])
  join(host, name, further)
  if (flags.has('m')) makeHome(host, user)
  return ok()
}

const groupadd: Shim = (call, host) => {
  const { flags, values, names } = readOptions(call.args, 'gKp')
  const [name = ''] = names
  const refused = refuse(call.user, 'groupadd')
  if (refused) return refused
  if (host.accounts.group(name)) return flags.has('f') ? ok() : fail(9, `groupadd: group '${name}' already exists`)
  const gid = values.has('g') ? Number(values.get('g')) : undefined
  if (gid !== undefined && host.accounts.group(String(gid))) return fail(4, `groupadd: GID '${gid}' already exists`)
  addGroup(host, name, flags.has('r'), gid)
  return ok()
}

const usermod: Shim = (call, host) => {
  const { flags, values, names } = readOptions(call.args, 'cdegGlpsu')
  const [name = ''] = names
  const { accounts } = host
  const refused = refuse(call.user, 'usermod')
  if (refused) return refused
  const user = accounts.user(name)
  if (user === undefined) return fail(6, `usermod: user '${name}' does not exist`)
  const further = values
    .get('G')
    ?.split(',')
    .filter((one) => one !== '')
  const unknown = [...(further ?? []), ...(values.has('g') ? [values.get('g') ?? ''] : [])].find(
    (one) => !accounts.group(one),
  )
  if (unknown !== undefined) return fail(6, `usermod: group '${unknown}' does not exist`)
  const changed: User = {
    ...user,
    name: values.get('l') ?? user.name,
    uid: Number(values.get('u') ?? user.uid),
    gid: accounts.group(values.get('g') ?? String(user.gid))?.gid ?? user.gid,
    comment: values.get('c') ?? user.comment,
    home: values.get('d') ?? user.home,
    shell: values.get('s') ?? user.shell,
  }
  if (JSON.stringify(changed) !== JSON.stringify(user)) {
    accounts.saveUsers(accounts.users().map((one) => (one.name === user.name ? changed : one)))
  }
  if (further !== undefined) {
    if (!flags.has('a')) leave(host, user.name, further)
    join(host, user.name, further)
  }
  return ok()
}

const userdel: Shim = (call, host) => {
  const { flags, names } = readOptions(call.args, '')
  const [name = ''] = names
  const refused = refuse(call.user, 'userdel')
  if (refused) return refused
  const user = host.accounts.user(name)
  if (user === undefined) return fail(6, `userdel: user '${name}' does not exist`)
  host.accounts.saveUsers(host.accounts.users().filter((one) => one.name !== name))
  leave(host, name, [])
  const own = host.accounts.group(name)
  if (own && own.members.length === 0)
    host.accounts.saveGroups(host.accounts.groups().filter((one) => one.name !== name))
  if (flags.has('r')) rmSync(host.root + user.home, { recursive: true, force: true })
  return ok()
}

const groupdel: Shim = (call, host) => {
  const [name = ''] = readOptions(call.args, '').names
  const refused = refuse(call.user, 'groupdel')
  if (refused) return refused
  const group = host.accounts.group(name)
  if (group === undefined) return fail(6, `groupdel: group '${name}' does not exist`)
  const owner = host.accounts.users().find(({ gid }) => gid === group.gid)
  if (owner) return fail(8, `groupdel: cannot remove the primary group of user '${owner.name}'`)
  host.accounts.saveGroups(host.accounts.groups().filter((one) => one.name !== name))
  return ok()
}

function refuse(user: string, name: string): Reply | undefined {
  return user === 'root'
    ? undefined
    : fail(1, `${name}: Permission denied.\n${name}: cannot lock /etc/passwd; try again later.`)
}

function addGroup({ accounts }: Host, name: string, system: boolean, wanted?: number): number {
  const all = accounts.groups()
  const taken = all.map((one) => one.gid)
  const gid = wanted !== undefined && !taken.includes(wanted) ? wanted : freeId(taken, system)
  accounts.saveGroups([...all, { name, gid, members: [] }])
  return gid
}

function join({ accounts }: Host, user: string, names: readonly string[]): void {
  const all = accounts.groups()
  const lacking = all.filter((one) => names.includes(one.name) && !one.members.includes(user))
  if (lacking.length === 0) return
  accounts.saveGroups(all.map((one) => (lacking.includes(one) ? { ...one, members: [...one.members, user] } : one)))
}

function leave({ accounts }: Host, user: string, kept: readonly string[]): void {
  const all = accounts.groups()
  if (!all.some((one) => one.members.includes(user) && !kept.includes(one.name))) return
  accounts.saveGroups(
    all.map((one) =>
      kept.includes(one.name) ? one : { ...one, members: one.members.filter((member) => member !== user) },
    ),
  )
}

function makeHome(host: Host, user: User): void {
  const path = host.root + user.home
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  mkdirSync(path, { mode: 0o700 })
  host.owners.set(path, { uid: user.uid, gid: user.gid })
}

export const userShims: Shims = { useradd, groupadd, usermod, userdel, groupdel }
