import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { physical } from '../rewrite/paths.ts'
import { resolve } from './paths.ts'

interface Request {
  readonly uid?: number
  readonly gid?: number
}

/** `chown` and `chgrp`: owners are recorded, for the operator of this machine need not be root. */
const chown: Shim = (call, host) => {
  const flags = call.args.filter((word) => /^-[RhvcfHLP]+$/.test(word)).join('')
  const words = call.args.filter((word) => !word.startsWith('-'))
  const reference = call.args.find((word) => word.startsWith('--reference='))?.slice('--reference='.length)
  const [spec = '', ...files] = reference === undefined ? words : ['', ...words]
  if (files.length === 0) return fail(1, `${call.name}: missing operand${spec ? ` after ‘${spec}’` : ''}`)
  const wanted =
    reference === undefined ? readSpec(call.name, spec, host) : host.owners.of(physical(host.root, reference))
  if ('code' in wanted) return wanted
  const long = call.args.includes('--recursive')
  const link = flags.includes('h') || call.args.includes('--no-dereference')
  const problems: string[] = []
  for (const file of files) {
    const path = resolve(host, call.cwd, file)
    if (!lstatSync(path, { throwIfNoEntry: false })) {
      if (!flags.includes('f')) problems.push(`${call.name}: cannot access '${file}': No such file or directory`)
    } else if (call.user !== 'root' && !isOwn(host, call.user, path, wanted)) {
      problems.push(
        `${call.name}: changing ${call.name === 'chgrp' ? 'group' : 'ownership'} of '${file}': Operation not permitted`,
      )
    } else
      for (const one of flags.includes('R') || long ? walk(path) : [path])
        host.owners.set(one, wanted, !link && existsSync(one))
  }
  return { code: problems.length > 0 ? 1 : 0, stderr: problems.map((line) => `${line}\n`).join('') }
}

/** Somebody else than root may only "give" a file to himself. */
function isOwn(host: Host, user: string, path: string, { uid, gid }: Request): boolean {
  const me = host.accounts.user(user)
  if (me === undefined || host.owners.of(path).uid !== me.uid) return false
  return (uid ?? me.uid) === me.uid && (gid === undefined || host.accounts.groupsOf(me).some((one) => one.gid === gid))
}

function readSpec(name: string, spec: string, host: Host): Request | Extract<Reply, { code: number }> {
  const bad = (text: string) => fail(1, text) as Extract<Reply, { code: number }>
  if (name === 'chgrp') {
    const gid = groupId(spec, host)
    return gid === undefined ? bad(`chgrp: invalid group: ‘${spec}’`) : { gid }
  }
  const at = spec.search(/[:.]/)
  const user = at === -1 ? spec : spec.slice(0, at)
  const group = at === -1 ? undefined : spec.slice(at + 1)
  const account = host.accounts.user(user)
  const uid = account?.uid ?? (/^\d+$/.test(user) ? Number(user) : undefined)
  if (user !== '' && uid === undefined) return bad(`chown: invalid ${group ? 'user' : 'user'}: ‘${spec}’`)
  const gid = group === undefined ? undefined : group === '' ? account?.gid : groupId(group, host)
  if (group && gid === undefined) return bad(`chown: invalid group: ‘${spec}’`)
  return { ...(user !== '' && uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }
}

function groupId(text: string, host: Host): number | undefined {
  return host.accounts.group(text)?.gid ?? (/^\d+$/.test(text) ? Number(text) : undefined)
}

function walk(path: string): readonly string[] {
  if (!lstatSync(path).isDirectory()) return [path]
  return [path, ...readdirSync(path).flatMap((name) => walk(join(path, name)))]
}

/** Numbers for `-o` and `-g` of `install`; a reply when one does not exist. */
export function ownerNumbers(
  name: string,
  owner: string | undefined,
  group: string | undefined,
  host: Host,
): Request | Extract<Reply, { code: number }> {
  const bad = (text: string) => fail(1, text) as Extract<Reply, { code: number }>
  const uid =
    owner === undefined
      ? undefined
      : (host.accounts.user(owner)?.uid ?? (/^\d+$/.test(owner) ? Number(owner) : undefined))
  const gid = group === undefined ? undefined : groupId(group, host)
  if (owner !== undefined && uid === undefined) return bad(`${name}: invalid user: ‘${owner}’`)
  if (group !== undefined && gid === undefined) return bad(`${name}: invalid group: ‘${group}’`)
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }
}

/** `chmod` with numbers or letters. */
const chmod: Shim = (call, host) => {
  const recursive = call.args.some((word) => /^-\w*R/.test(word) || word === '--recursive')
  const words = call.args.filter(
    (word, at) => !/^(-[Rvcf]+|--\w+|--)$/.test(word) || (at === 0 && /^-[rwxXst]+$/.test(word)),
  )
  const [mode = '', ...files] = words
  if (files.length === 0) return fail(1, `chmod: missing operand${mode ? ` after ‘${mode}’` : ''}`)
  if (changeMode(mode, 0, false) === undefined)
    return fail(1, `chmod: invalid mode: ‘${mode}’\nTry 'chmod --help' for more information.`)
  const denied = readOnly(host)
  const problems: string[] = []
  for (const file of files) {
    const path = resolve(host, call.cwd, file)
    if (!existsSync(path)) problems.push(`chmod: cannot access '${file}': No such file or directory`)
    else if (denied) problems.push(`chmod: changing permissions of '${file}': ${denied}`)
    else {
      for (const one of recursive ? walk(path).filter((each) => !lstatSync(each).isSymbolicLink()) : [path]) {
        const now = host.owners.modeOf(one, true)
        host.owners.setMode(one, changeMode(mode, now, lstatSync(one).isDirectory()) ?? now)
      }
    }
  }
  return problems.length === 0 ? ok() : fail(1, problems.join('\n'))
}

/** Why nothing can be written now. */
export function readOnly(host: Host): string | undefined {
  return host.writing === 'read-only' ? 'Read-only file system' : undefined
}

/** New permission bits from old ones; undefined when the mode is not understood. */
export function changeMode(mode: string, before: number, folder: boolean): number | undefined {
  if (/^[0-7]{1,5}$/.test(mode)) return Number.parseInt(mode, 8) & 0o7777
  let bits = before
  for (const clause of mode.split(',')) {
    const [, who = '', operations = ''] = /^([ugoa]*)((?:[-+=][rwxXst]*|[-+=][ugo])+)$/.exec(clause) ?? []
    if (operations === '') return undefined
    const groups = who === '' || who.includes('a') ? 'ugo' : who
    for (const [, operator, letters = ''] of operations.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      let set = 0
      let all = 0
      for (const group of groups) {
        const shift = { u: 6, g: 3, o: 0 }[group] ?? 0
        let one = 0
        for (const letter of letters) {
          if (letter === 'r') one |= 4
          if (letter === 'w') one |= 2
          if (letter === 'x' || (letter === 'X' && (folder || bits & 0o111))) one |= 1
          if ('ugo'.includes(letter)) one |= (before >> ({ u: 6, g: 3, o: 0 }[letter] ?? 0)) & 7
          if (letter === 's') set |= { u: 0o4000, g: 0o2000 }[group] ?? 0
          if (letter === 't') set |= 0o1000
        }
        set |= one << shift
        all |= (7 << shift) | ({ u: 0o4000, g: 0o2000 }[group] ?? 0)
      }
      bits = operator === '+' ? bits | set : operator === '-' ? bits & ~set : (bits & ~all) | set
    }
  }
  return bits
}

export const ownerShims: Shims = { chown, chgrp: chown, chmod }
