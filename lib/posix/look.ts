import { type Answer, join, problem, raw, type Script, sh, TaskError, type Value } from '../task.ts'
import { modeText } from './mode.ts'
import { expanded } from './words.ts'

export type EntryKind = 'file' | 'directory' | 'link' | 'other'

/** A path on the host as `stat` sees it; times are seconds since 1970. */
export interface Entry {
  readonly kind: EntryKind
  /** Permission bits, with set-id and sticky. */
  readonly mode: number
  readonly uid: number
  readonly user: string
  readonly gid: number
  readonly group: string
  readonly size: number
  readonly atime: number
  readonly mtime: number
  readonly ctime: number
  readonly inode: number
  readonly links: number
  readonly device: number
  /** The first four digits of `st_mode`: what kind of thing it is, in the system's numbers. */
  readonly type: number
}

/** What Ansible's `stat` and `find` both return of an entry: owner, size, place and times. */
export function inodeValues(entry: Entry): { readonly [key: string]: Value } {
  return {
    uid: entry.uid,
    gid: entry.gid,
    pw_name: entry.user,
    gr_name: entry.group,
    size: entry.size,
    inode: entry.inode,
    dev: entry.device,
    nlink: entry.links,
    atime: entry.atime,
    mtime: entry.mtime,
    ctime: entry.ctime,
  }
}

/** All that a file task wants to know about one path. */
export interface Look {
  /** With `~` and variables expanded, and with the name of the source when the path is a folder to put it into. */
  readonly path: string
  readonly umask: number
  /** Does the folder exist that the path is in? */
  readonly parent: boolean
  readonly entry: Entry | undefined
  /** Where the symbolic link points, when the path is one. */
  readonly target: string | undefined
  /** Owned by the account, and by the group, that the task runs as. */
  readonly mine: { readonly owner: boolean; readonly group: boolean }
  readonly sha256: string | undefined
  readonly sha1: string | undefined
  /** Present when it was asked for and the path is a regular file; may be cut at the limit that was asked for. */
  readonly content: string | undefined
}

export interface LookOptions {
  /** Look at what a link points at (a link to nothing is looked at itself); the path stays that of the link. */
  readonly follow?: boolean
  /** Take the path that a link leads to instead of the link, so that what is done is done to that. */
  readonly resolve?: boolean
  /** When the path is a folder, look at this name in it. */
  readonly into?: string | undefined
  readonly sums?: boolean | Sums
  /** Also read the file, at most so many bytes, unless its SHA-256 is the one given. */
  readonly content?: { readonly limit: number; readonly unless?: string } | undefined
}

/** Which sums are worth reading the whole file. */
export interface Sums {
  /** False: no SHA-256. */
  readonly sha256?: boolean
  /** The SHA-256 only when the file has so many bytes: one of another length has another content anyway. A variable of the script may hold the number. */
  readonly size?: number | Script
  /** The SHA-1, which Ansible returns as `checksum`. */
  readonly sha1: boolean
}

/** Milliseconds within which a host has hashed so many bytes, however slow its disk. */
export function hashPatience(bytes: number): number {
  return bytes / 10_000
}

/** Bytes from which on starting a faster program is worth it. */
const large = 1_000_000

/**
 * Defines `h_ 256` and `h_ 1`: the sum of the file `$p` of `$n` bytes, and more words after it. OpenSSL uses what the
 * processor has for it and takes a fifth of the time of coreutils or busybox, but nobody has to have it.
 */
const sumFunction = raw(
  `h_() { if [ "\${n:-0}" -gt ${large} ] && openssl dgst -r -sha$1 <"$p" 2>/dev/null; then :; else sha$1sum <"$p"; fi; }`,
)

/** Shell format of `stat` that GNU and busybox share. */
export const statFormat = '%f %u %U %g %G %s %X %Y %Z %i %h %d'

/** A read-only script that looks at one path; `readLook` understands what it prints. */
export function lookScript(path: string, options: LookOptions = {}): Script {
  const { follow = false, resolve = false, into, sums = false, content } = options
  const lines: Script[] = [sh`p=${expanded(path)}`]
  if (into !== undefined) lines.push(sh`if [ -d "$p" ]; then p="\${p%/}"/${into}; fi`)
  if (resolve) lines.push(raw(`if [ -h "$p" ]; then q=$(readlink -f -- "$p"); p="\${q:-$p}"; fi`))
  lines.push(raw('printf "%s\\n" "$p"; umask'))
  lines.push(
    raw(`d=\${p%/*}; if [ "$d" = "$p" ]; then d=.; fi; if [ -d "\${d:-/}" ]; then printf "1 "; else printf "0 "; fi`),
  )
  lines.push(
    raw('if [ -O "$p" ]; then printf 1; else printf 0; fi; if [ -G "$p" ]; then printf "1 "; else printf "0 "; fi'),
  )
  const stat = follow
    ? `stat -L -c '${statFormat}' -- "$p" 2>/dev/null || stat -c '${statFormat}' -- "$p"`
    : `stat -c '${statFormat}' -- "$p"`
  lines.push(raw(`e=; if [ -e "$p" ] || [ -h "$p" ]; then e=$(${stat}) && printf '%s\\n' "$e"; else echo -; fi`))
  lines.push(raw('if [ -h "$p" ]; then readlink -- "$p"; else echo; fi'))
  if (sums || content) {
    const { sha256 = true, size, sha1 }: Sums = typeof sums === 'object' ? sums : { sha1: true }
    const worth = size === undefined ? raw(String(sha256)) : sh`[ "$n" = ${size} ] || [ -h "$p" ]`
    lines.push(
      sumFunction,
      raw('s=; t=; n=${e% * * * * * *}; n=${n##* }'),
      sh`if [ -f "$p" ]; then if ${worth}; then s=$(h_ 256); fi`,
      raw(sha1 ? 't=$(h_ 1)' : ':'),
      raw('echo "${s%% *} ${t%% *}"; else echo -; fi'),
    )
  } else lines.push(raw('echo -'))
  if (content) {
    lines.push(
      sh`if [ -f "$p" ] && [ "\${s%% *}" != ${content.unless ?? '-'} ]; then echo +; head -c ${content.limit} -- "$p"; fi`,
    )
  }
  return join([...lines, raw(':')])
}

/** What `lookScript` saw; throws TaskError when the host has no `stat`, say. */
export function readLook(answer: Answer | undefined): Look {
  const text = answer?.text ?? ''
  const lines = text.split('\n', 5)
  const [path, umask = '', state = '', target, sums] = lines
  const parts = /^([01]) ([01])([01]) (.*)$/.exec(state)
  if (path === undefined || sums === undefined || !/^\d+$/.test(umask) || parts === null) {
    throw new TaskError(
      problem('probe-failed', 'the host could not say what is at the path', { detail: answer?.errors || text }),
    )
  }
  const [sha256, sha1] = sums === '-' ? [] : sums.split(' ')
  const marker = lines.join('\n').length + 1
  const content = text.startsWith('+\n', marker) ? text.slice(marker + 2) : undefined
  return {
    path,
    umask: Number.parseInt(umask, 8),
    parent: parts[1] === '1',
    mine: { owner: parts[2] === '1', group: parts[3] === '1' },
    entry: readEntry(parts[4] ?? ''),
    target: target === '' ? undefined : target,
    sha256: sha256 === '' ? undefined : sha256,
    sha1: sha1 === '' ? undefined : sha1,
    content,
  }
}

const kinds: Readonly<Record<number, EntryKind>> = { 4: 'directory', 8: 'file', 10: 'link' }

/** One line in `statFormat`; undefined when it is none (the path is absent). */
export function readEntry(line: string): Entry | undefined {
  const [raw = '', uid, user = '', gid, group = '', size, atime, mtime, ctime, inode, links, device] = line.split(' ')
  const full = Number.parseInt(raw, 16)
  if (device === undefined || Number.isNaN(full)) return undefined
  return {
    kind: kinds[full >> 12] ?? 'other',
    type: full >> 12,
    mode: full & 0o7777,
    uid: Number(uid),
    user,
    gid: Number(gid),
    group,
    size: Number(size),
    atime: Number(atime),
    mtime: Number(mtime),
    ctime: Number(ctime),
    inode: Number(inode),
    links: Number(links),
    device: Number(device),
  }
}

/** Ansible's return values about a path that exists. */
export function describeEntry(entry: Entry): { readonly [key: string]: string | number } {
  const { mode, user, group, uid, gid, size, kind } = entry
  const state = kind === 'other' ? 'file' : kind
  return { mode: modeText(mode), owner: user, group, uid, gid, size, state }
}
