import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { freeId, type User } from '../accounts.ts'
import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { saveShadow, shadowOf } from '../shadow.ts'
import { readOptions } from './account-options.ts'
import { addGroup, refuse } from './groups.ts'

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
  saveShadow(host.root, name, {
    ...shadowOf(host.root, name),
    password: values.get('p') ?? '!',
    expires: expiry(values),
  })
  join(host, name, further)
  if (flags.has('m')) makeHome(host, user, values.get('k') ?? '/etc/skel')
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
  const shadow = shadowOf(host.root, user.name)
  const password = values.get('p') ?? shadow.password
  const bare = password.replace(/^!+/, '')
  saveShadow(host.root, changed.name, {
    ...shadow,
    password: flags.has('L') ? `!${bare}` : flags.has('U') ? bare : password,
    ...(values.has('e') && { expires: expiry(values) }),
  })
  if (flags.has('m') && changed.home !== user.home && existsSync(host.root + user.home)) {
    renameSync(host.root + user.home, host.root + changed.home)
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
  saveShadow(host.root, name, undefined)
  leave(host, name, [])
  const own = host.accounts.group(name)
  if (own && own.members.length === 0)
    host.accounts.saveGroups(host.accounts.groups().filter((one) => one.name !== name))
  if (flags.has('r')) rmSync(host.root + user.home, { recursive: true, force: true })
  return ok()
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

function makeHome(host: Host, user: User, skeleton: string): void {
  const path = host.root + user.home
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(host.root + skeleton)) cpSync(host.root + skeleton, path, { recursive: true })
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o700)
  for (const one of [path, ...readdirSync(path).map((name) => `${path}/${name}`)]) {
    host.owners.set(one, { uid: user.uid, gid: user.gid })
  }
}

/** Days since the epoch, for a date; nothing when the account never expires. */
function expiry(values: ReadonlyMap<string, string>): string {
  const date = values.get('e') ?? ''
  return date === '' ? '' : String(Math.floor(Date.parse(date) / 86_400_000))
}

export const userShims: Shims = { useradd, usermod, userdel }
