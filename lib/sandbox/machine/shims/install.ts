import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { isDevice, physical } from '../rewrite/paths.ts'
import { changeMode, ownerNumbers } from './owner.ts'
import { resolve } from './paths.ts'

interface Options {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly words: readonly string[]
}

const LONG: { readonly [name: string]: string } = {
  mode: 'm',
  owner: 'o',
  group: 'g',
  'target-directory': 't',
  directory: 'd',
  'no-target-directory': 'T',
  compare: 'C',
  verbose: 'v',
  symbolic: 's',
  force: 'f',
  'no-dereference': 'n',
  relative: 'r',
  suffix: 'S',
}

function readOptions(args: readonly string[], valued: string): Options {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const words: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    if (word === '--') {
      words.push(...args.slice(at + 1))
      break
    }
    if (word.startsWith('--')) {
      const [name = '', given] = word.slice(2).split('=', 2)
      const letter = LONG[name] ?? '?'
      if (valued.includes(letter)) values.set(letter, given ?? args[++at] ?? '')
      else flags.add(letter)
    } else if (/^-./.test(word)) {
      for (let letter = 1; letter < word.length; letter += 1) {
        const c = word[letter] as string
        if (valued.includes(c)) {
          values.set(c, word.slice(letter + 1) || (args[++at] ?? ''))
          break
        }
        flags.add(c)
      }
    } else words.push(word)
  }
  return { flags, values, words }
}

/** `install`: folders and files with mode and owner from the start. */
const install: Shim = (call, host) => {
  const { flags, values, words } = readOptions(call.args, 'mogtS')
  const mode = changeMode(values.get('m') ?? '755', 0, flags.has('d'))
  if (mode === undefined) return fail(1, `install: invalid mode ‘${values.get('m')}’`)
  const owner = ownerNumbers('install', values.get('o'), values.get('g'), host)
  if ('code' in owner) return owner
  const reason = { normal: undefined, full: 'No space left on device', 'read-only': 'Read-only file system' }[
    host.writing
  ]
  const finish = (path: string) => {
    host.owners.setMode(path, mode)
    const me = host.accounts.user(call.user)
    host.owners.set(path, { uid: me?.uid ?? 0, gid: me?.gid ?? 0, ...owner }, true)
  }
  if (flags.has('d')) {
    for (const word of words) {
      const path = resolve(host, call.cwd, word)
      const there = statSync(path, { throwIfNoEntry: false })
      if (there && !there.isDirectory()) return fail(1, `install: cannot create directory '${word}': File exists`)
      if (!there && reason) return fail(1, `install: cannot create directory '${word}': ${reason}`)
      if (!there) mkdirSync(path, { recursive: true })
      finish(path)
    }
    return ok()
  }
  const into = values.get('t')
  const sources = into === undefined ? words.slice(0, -1) : words
  const last = into ?? words.at(-1)
  if (sources.length === 0 || last === undefined)
    return fail(1, `install: missing destination file operand after '${words[0] ?? ''}'`)
  const target = resolve(host, call.cwd, last)
  const isFolder =
    into !== undefined || (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true && !flags.has('T'))
  for (const source of sources) {
    const from = resolve(host, call.cwd, source)
    const to = isFolder ? join(target, basename(source)) : target
    if (!isDevice(from) && !statSync(from, { throwIfNoEntry: false })?.isFile())
      return fail(1, `install: cannot stat '${source}': No such file or directory`)
    if (reason) return fail(1, `install: cannot create regular file '${last}': ${reason}`)
    if (flags.has('D')) mkdirSync(dirname(to), { recursive: true })
    if (!existsSync(dirname(to)))
      return fail(1, `install: cannot create regular file '${last}': No such file or directory`)
    if (!flags.has('C') || !existsSync(to) || !readFileSync(to).equals(readFileSync(from))) {
      rmSync(to, { force: true })
      copyFileSync(from, to)
    }
    finish(to)
  }
  return ok()
}

/** `ln`: the target of a link stays below the root. */
const ln: Shim = (call, host) => {
  const { flags, values, words } = readOptions(call.args, 'tS')
  const inMemory = words.at(-1)?.startsWith('/run/')
  if (host.writing === 'read-only' && !inMemory)
    return fail(1, `ln: failed to create link '${words.at(-1)}': Read-only file system`)
  const into = values.get('t')
  const sources = into === undefined ? (words.length === 1 ? words : words.slice(0, -1)) : words
  const last = into ?? (words.length === 1 ? '.' : words.at(-1))
  if (sources.length === 0 || last === undefined) return fail(1, 'ln: missing file operand')
  const target = resolve(host, call.cwd, last)
  const stat =
    flags.has('n') || flags.has('h')
      ? lstatSync(target, { throwIfNoEntry: false })
      : statSync(target, { throwIfNoEntry: false })
  const isFolder = stat?.isDirectory() === true && !flags.has('T')
  for (const source of sources) {
    const link = isFolder ? join(target, basename(source)) : target
    if (lstatSync(link, { throwIfNoEntry: false }) && !flags.has('f')) {
      return fail(1, `ln: failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${last}': File exists`)
    }
    if (!existsSync(dirname(link)))
      return fail(1, `ln: failed to create symbolic link '${last}': No such file or directory`)
    const draft = `${link}.${process.pid}.new`
    if (flags.has('s')) symlinkSync(linkTarget(host, link, source), draft)
    else {
      const from = resolve(host, call.cwd, source)
      if (!existsSync(from)) return fail(1, `ln: failed to access '${source}': No such file or directory`)
      linkSync(from, draft)
    }
    renameSync(draft, link)
  }
  return ok()
}

/** An absolute target moves below the root; a relative one stays, unless it would leave the root. */
function linkTarget(host: Host, link: string, target: string): string {
  if (target.startsWith('/')) return physical(host.root, target)
  const reached = posix.join(dirname(link), target)
  return reached === host.root || reached.startsWith(`${host.root}/`)
    ? target
    : physical(host.root, posix.join('/', target))
}

export const installShims: Shims = { install, ln }
