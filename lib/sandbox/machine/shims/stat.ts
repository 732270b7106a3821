import { type BigIntStats, constants, lstatSync, readlinkSync, statSync } from 'node:fs'
import { ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { virtual } from '../rewrite/paths.ts'
import { resolve } from './paths.ts'

/** GNU `stat`, with the recorded owners and modes. */
const stat: Shim = (call, host) => {
  const { format, follow, files } = readOptions(call.args)
  const problems: string[] = []
  let stdout = ''
  for (const file of files) {
    const path = resolve(host, call.cwd, file)
    const found = follow
      ? statSync(path, { bigint: true, throwIfNoEntry: false })
      : lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined)
      problems.push(`stat: cannot statx '${virtual(host.root, file)}': No such file or directory\n`)
    else stdout += expand(format, { host, file: virtual(host.root, file), path, stat: found, follow })
  }
  return { ...ok(stdout), code: problems.length > 0 ? 1 : 0, stderr: problems.join('') }
}

interface Subject {
  readonly host: Host
  readonly file: string
  readonly path: string
  readonly stat: BigIntStats
  readonly follow: boolean
}

const DEFAULT =
  '  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Hd,%Ld\tInode: %-11i Links: %h\n' +
  'Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n'

function expand(format: string, subject: Subject): string {
  return format.replace(
    /%([-0#]*)(\d*)(?:\.\d+)?([HL]?[a-zA-Z%])/g,
    (_, flags: string, width: string, letter: string) => {
      const value = directive(letter, subject)
      const wide = Number(width)
      if (flags.includes('-')) return value.padEnd(wide)
      return value.padStart(wide, flags.includes('0') ? '0' : ' ')
    },
  )
}

function directive(letter: string, { host, file, path, stat: found, follow }: Subject): string {
  const { uid, gid } = host.owners.of(path, follow)
  const mode = host.owners.modeOf(path, follow)
  const type = Number(found.mode) & 0o170000
  const seconds = (ns: bigint) => String(ns / 1_000_000_000n)
  switch (letter) {
    case 'a':
      return mode.toString(8)
    case 'A':
      return letters(type, mode)
    case 'u':
      return String(uid)
    case 'g':
      return String(gid)
    case 'U':
      return host.accounts.user(String(uid))?.name ?? 'UNKNOWN'
    case 'G':
      return host.accounts.group(String(gid))?.name ?? 'UNKNOWN'
    case 'F':
      return kind(type, found.size)
    case 'f':
      return (type | mode).toString(16)
    case 's':
      return String(found.size)
    case 'n':
      return file
    case 'N':
      return type === 0o120000 ? `'${file}' -> '${virtual(host.root, readlinkSync(path))}'` : `'${file}'`
    case 'i':
      return String(found.ino)
    case 'h':
      return String(found.nlink)
    case 'b':
      return String(found.blocks)
    case 'B':
      return '512'
    case 'o':
      return '4096'
    case 'd':
    case 'Hd':
    case 'Ld':
      return String(found.dev)
    case 'D':
      return found.dev.toString(16)
    case 'm':
      return '/'
    case 't':
    case 'T':
      return '0'
    case 'X':
      return seconds(found.atimeNs)
    case 'Y':
      return seconds(found.mtimeNs)
    case 'Z':
      return seconds(found.ctimeNs)
    case 'W':
      return seconds(found.birthtimeNs)
    case 'x':
      return date(found.atimeNs)
    case 'y':
      return date(found.mtimeNs)
    case 'z':
      return date(found.ctimeNs)
    case 'w':
      return date(found.birthtimeNs)
    case '%':
      return '%'
    default:
      return '?'
  }
}

/** Kinds of files by the upper bits of their mode: letter and name. */
const KINDS = new Map<number, readonly [letter: string, name: string]>([
  [constants.S_IFDIR, ['d', 'directory']],
  [constants.S_IFLNK, ['l', 'symbolic link']],
  [constants.S_IFIFO, ['p', 'fifo']],
  [constants.S_IFSOCK, ['s', 'socket']],
  [constants.S_IFCHR, ['c', 'character special file']],
  [constants.S_IFBLK, ['b', 'block special file']],
])

function kind(type: number, size: bigint): string {
  return KINDS.get(type)?.[1] ?? (size === 0n ? 'regular empty file' : 'regular file')
}

function letters(type: number, mode: number): string {
  const triple = (bits: number, special: boolean, letter: string) => {
    const last = special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-'
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`
  }
  return (
    (KINDS.get(type)?.[0] ?? '-') +
    triple(mode >> 6, (mode & 0o4000) !== 0, 's') +
    triple(mode >> 3, (mode & 0o2000) !== 0, 's') +
    triple(mode, (mode & 0o1000) !== 0, 't')
  )
}

function date(ns: bigint): string {
  const time = new Date(Number(ns / 1_000_000n)).toISOString()
  return `${time.slice(0, 10)} ${time.slice(11, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')} +0000`
}

function readOptions(args: readonly string[]): { format: string; follow: boolean; files: readonly string[] } {
  let format = DEFAULT
  let follow = false
  const files: string[] = []
  let words = false
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    const long = /^--(format|printf)=(.*)$/s.exec(word)
    if (words || !/^-./.test(word)) files.push(word)
    else if (word === '--') words = true
    else if (long) format = long[1] === 'printf' ? escapes(long[2] ?? '') : `${long[2]}\n`
    else if (word === '--dereference') follow = true
    else if (word === '--format' || word === '--printf') {
      const given = args[++at] ?? ''
      format = word === '--printf' ? escapes(given) : `${given}\n`
    } else {
      if (word.includes('L')) follow = true
      const short = /^-L?c(.*)$/s.exec(word)
      if (short) format = `${short[1] || (args[++at] ?? '')}\n`
    }
  }
  return { format, follow, files }
}

function escapes(text: string): string {
  const known: { readonly [letter: string]: string } = {
    n: '\n',
    t: '\t',
    r: '\r',
    '\\': '\\',
    '"': '"',
    a: '\x07',
    e: '\x1b',
    0: '\0',
  }
  return text.replace(/\\(.)/g, (all, letter: string) => known[letter] ?? all)
}

export const statShims: Shims = { stat }
