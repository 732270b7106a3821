import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { shadowLine, shadowOf } from '../shadow.ts'

const id: Shim = (call, host) => {
  const letters = call.args
    .filter((word) => /^-[a-zA-Z]+$/.test(word))
    .join('')
    .replaceAll('-', '')
  const name = call.args.find((word) => !word.startsWith('-'))
  const user = host.accounts.user(name ?? call.user)
  if (user === undefined) return fail(1, `id: ‘${name ?? call.user}’: no such user`)
  const groups = host.accounts.groupsOf(user)
  const primary = host.accounts.group(String(user.gid))?.name ?? String(user.gid)
  const names = letters.includes('n')
  if (letters.includes('u')) return ok(`${names ? user.name : user.uid}\n`)
  if (letters.includes('g')) return ok(`${names ? primary : user.gid}\n`)
  if (letters.includes('G')) return ok(`${groups.map((one) => (names ? one.name : one.gid)).join(' ')}\n`)
  const all = groups.map((one) => `${one.gid}(${one.name})`).join(',')
  return ok(`uid=${user.uid}(${user.name}) gid=${user.gid}(${primary}) groups=${all}\n`)
}

const groups: Shim = (call, host) => {
  const user = host.accounts.user(call.args[0] ?? call.user)
  if (user === undefined) return fail(1, `groups: ‘${call.args[0]}’: no such user`)
  const names = host.accounts
    .groupsOf(user)
    .map(({ name }) => name)
    .join(' ')
  return ok(`${call.args[0] === undefined ? '' : `${user.name} : `}${names}\n`)
}

/** `getent` for accounts and for the machine's own names; there is no DNS. */
const getent: Shim = (call, host) => {
  const [database = '', ...keys] = call.args.filter((word) => !word.startsWith('-'))
  const table = tables[database]
  if (table === undefined)
    return fail(1, `Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.`)
  const rows = database === 'shadow' && call.user !== 'root' ? [] : table(host)
  if (keys.length === 0) return ok(rows.map(({ line }) => `${line}\n`).join(''))
  const found = keys.map((key) => rows.find((row) => row.keys.includes(key)))
  const stdout = found.flatMap((row) => (row ? [`${row.line}\n`] : [])).join('')
  return { code: found.includes(undefined) ? 2 : 0, stdout }
}

interface Row {
  readonly keys: readonly string[]
  readonly line: string
}

const tables: { readonly [database: string]: (host: Host) => readonly Row[] } = {
  passwd: (host) =>
    host.accounts.users().map((one) => ({
      keys: [one.name, String(one.uid)],
      line: `${one.name}:x:${one.uid}:${one.gid}:${one.comment}:${one.home}:${one.shell}`,
    })),
  group: (host) =>
    host.accounts.groups().map((one) => ({
      keys: [one.name, String(one.gid)],
      line: `${one.name}:x:${one.gid}:${one.members.join(',')}`,
    })),
  shadow: (host) =>
    host.accounts.users().map(({ name }) => ({ keys: [name], line: shadowLine(name, shadowOf(host.root, name)) })),
  hosts: (host) => [
    { keys: ['localhost'], line: '127.0.0.1       localhost' },
    { keys: [host.spec.hostname], line: `127.0.1.1       ${host.spec.hostname}` },
  ],
}

export const idShims: Shims = {
  id,
  groups,
  getent,
  whoami: (call) => ok(`${call.user}\n`),
  logname: (call) => ok(`${call.user}\n`),
}
