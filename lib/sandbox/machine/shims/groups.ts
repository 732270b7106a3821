import { freeId } from '../accounts.ts'
import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { readOptions } from './account-options.ts'

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

const groupmod: Shim = (call, host) => {
  const { values, names } = readOptions(call.args, 'gn')
  const [name = ''] = names
  const refused = refuse(call.user, 'groupmod')
  if (refused) return refused
  const group = host.accounts.group(name)
  if (group === undefined) return fail(6, `groupmod: group '${name}' does not exist`)
  const changed = { ...group, gid: Number(values.get('g') ?? group.gid), name: values.get('n') ?? group.name }
  if (host.accounts.groups().some(({ gid, name: other }) => gid === changed.gid && other !== name)) {
    return fail(4, `groupmod: GID '${changed.gid}' already exists`)
  }
  host.accounts.saveGroups(host.accounts.groups().map((one) => (one.name === name ? changed : one)))
  host.accounts.saveUsers(
    host.accounts.users().map((one) => (one.gid === group.gid ? { ...one, gid: changed.gid } : one)),
  )
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

/** What an account other than root is told. */
export function refuse(user: string, name: string): Reply | undefined {
  return user === 'root'
    ? undefined
    : fail(1, `${name}: Permission denied.\n${name}: cannot lock /etc/passwd; try again later.`)
}

/** Makes a group; gives its number. */
export function addGroup({ accounts }: Host, name: string, system: boolean, wanted?: number): number {
  const all = accounts.groups()
  const taken = all.map((one) => one.gid)
  const gid = wanted !== undefined && !taken.includes(wanted) ? wanted : freeId(taken, system)
  accounts.saveGroups([...all, { name, gid, members: [] }])
  return gid
}

export const groupShims: Shims = { groupadd, groupmod, groupdel }
