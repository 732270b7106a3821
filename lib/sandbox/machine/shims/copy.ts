import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { isDevice, virtual } from '../rewrite/paths.ts'
import { resolve } from './paths.ts'

interface Wish {
  readonly host: Host
  readonly user: string
  readonly umask: number
  readonly recursive: boolean
  /** Mode, owner and times go along. */
  readonly preserve: boolean
  readonly followed: 'all' | 'none'
  readonly keepOld: boolean
  readonly removeOld: boolean
  readonly problems: string[]
}

/** `cp`: owners and modes that are only recorded go along with `-p` and `-a`. */
const cp: Shim = (call, host) => {
  const { letters, longs, target, umask, words } = readOptions(call.args)
  const recursive = /[rRa]/.test(letters) || longs.has('recursive') || longs.has('archive')
  const wish: Wish = {
    host,
    user: call.user,
    umask,
    recursive,
    preserve: /[pa]/.test(letters) || longs.has('preserve') || longs.has('archive'),
    followed: /[dPa]/.test(letters) || longs.has('archive') || (recursive && !/L/.test(letters)) ? 'none' : 'all',
    keepOld: letters.includes('n') || longs.has('no-clobber'),
    removeOld: longs.has('remove-destination'),
    problems: [],
  }
  const sources = target === undefined ? words.slice(0, -1) : words
  const last = target ?? words.at(-1)
  if (last === undefined || sources.length === 0) {
    return fail(
      1,
      words.length === 0 ? 'cp: missing file operand' : `cp: missing destination file operand after '${words[0]}'`,
    )
  }
  const there = resolve(host, call.cwd, last)
  const folder = statSync(there, { throwIfNoEntry: false })?.isDirectory() === true && !letters.includes('T')
  if (sources.length > 1 && !folder) return fail(1, `cp: target '${last}': No such file or directory`)
  for (const source of sources) {
    const from = resolve(host, call.cwd, source)
    const content = /(^|\/)\.\/*$/.test(source)
    copy(from, folder && !content ? join(there, basename(from)) : there, wish)
  }
  return wish.problems.length === 0 ? ok() : fail(1, wish.problems.join('\n'))
}

function copy(from: string, to: string, wish: Wish): void {
  const { host, problems } = wish
  const [source, target] = [virtual(host.root, from), virtual(host.root, to)]
  const look = wish.followed === 'all' ? statSync : lstatSync
  const stat = look(from, { throwIfNoEntry: false })
  if (stat === undefined) return void problems.push(`cp: cannot stat '${source}': No such file or directory`)
  if (stat.isDirectory() && !wish.recursive)
    return void problems.push(`cp: -r not specified; omitting directory '${source}'`)
  if (!existsSync(dirname(to))) {
    return void problems.push(`cp: cannot create regular file '${target}': No such file or directory`)
  }
  const old = lstatSync(to, { throwIfNoEntry: false })
  if (host.writing === 'read-only' || (host.writing === 'full' && !old)) {
    const reason = host.writing === 'full' ? 'No space left on device' : 'Read-only file system'
    return void problems.push(`cp: cannot create regular file '${target}': ${reason}`)
  }
  if (old && !stat.isDirectory() && wish.keepOld) return
  if (stat.isDirectory()) {
    if (!old) mkdirSync(to)
    for (const name of readdirSync(from)) copy(join(from, name), join(to, name), wish)
  } else {
    if (old && (wish.removeOld || stat.isSymbolicLink())) rmSync(to)
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
    // In place: an old file keeps its owner and mode.
    else writeFileSync(to, readFileSync(from))
  }
  if (!stat.isSymbolicLink()) settle(from, to, stat, old === undefined || wish.removeOld, wish)
}

/** Mode, owner and times of a copy. */
function settle(from: string, to: string, stat: Stats, fresh: boolean, { host, user, umask, preserve }: Wish): void {
  const mode = isDevice(from) ? 0o644 : host.owners.modeOf(from, true)
  if (preserve) {
    const { uid, gid } = host.owners.of(from, true)
    host.owners.setMode(to, mode)
    host.owners.set(to, { uid, gid }, true)
    utimesSync(to, stat.atime, stat.mtime)
  } else if (fresh) {
    const me = host.accounts.user(user)
    host.owners.setMode(to, mode & ~umask & 0o777)
    host.owners.set(to, { uid: me?.uid ?? 0, gid: me?.gid ?? 0 }, true)
  }
}

function readOptions(args: readonly string[]) {
  const longs = new Set<string>()
  const words: string[] = []
  let letters = ''
  let target: string | undefined
  let umask = 0o022
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    if (word === '--') {
      words.push(...args.slice(at + 1))
      break
    }
    const [name = '', given] = word.startsWith('--') ? word.slice(2).split('=', 2) : []
    if (name === 'sandbox-umask') umask = Number.parseInt(given ?? '22', 8)
    else if (name === 'target-directory') target = given ?? args[++at]
    else if (name !== '') longs.add(name)
    else if (word === '-t') target = args[++at]
    else if (/^-./.test(word)) letters += word.slice(1)
    else words.push(word)
  }
  return { letters, longs, target, umask, words }
}

export const copyShims: Shims = { cp }
