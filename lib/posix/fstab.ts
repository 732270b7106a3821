/** One line of /etc/fstab, without its escapes. */
export interface FstabEntry {
  readonly src: string
  readonly path: string
  readonly fstype: string
  readonly opts: string
  readonly dump: string
  readonly passno: string
}

/** The entry of a line; undefined for a comment or an empty line. Fields that may be left out have their usual values. */
export function entryOf(line: string): FstabEntry | undefined {
  const [src, path, fstype, opts = 'defaults', dump = '0', passno = '0'] = line.trim().split(/\s+/)
  if (src === undefined || src === '' || src.startsWith('#') || path === undefined || fstype === undefined)
    return undefined
  return { src: plain(src), path: plain(path), fstype, opts: plain(opts), dump, passno }
}

/** Are both about the same place? Swap has none, so there the device decides. */
export function samePlace(entry: Pick<FstabEntry, 'src' | 'path' | 'fstype'>, wanted: Partial<FstabEntry>): boolean {
  if (entry.fstype === 'swap' && wanted.fstype === 'swap') return entry.src === wanted.src
  return withoutSlash(entry.path) === withoutSlash(wanted.path ?? '')
}

/** The text with the entry in the place of the one for the same place, or behind all others; comments and blanks stay. */
export function withEntry(text: string, wanted: FstabEntry): string {
  const lines = linesOf(text)
  const index = lines.findLastIndex((line) => {
    const entry = entryOf(line)
    return entry !== undefined && samePlace(entry, wanted)
  })
  const former = index < 0 ? undefined : entryOf(lines[index] ?? '')
  if (former !== undefined && (Object.keys(wanted) as (keyof FstabEntry)[]).every((key) => former[key] === wanted[key]))
    return text
  const line = lineOf(wanted)
  return [...(index < 0 ? [...lines, line] : lines.with(index, line)), ''].join('\n')
}

/** The text without entries for the place. */
export function withoutEntry(text: string, gone: Partial<FstabEntry>): string {
  const lines = linesOf(text)
  const left = lines.filter((line) => {
    const entry = entryOf(line)
    return entry === undefined || !samePlace(entry, gone)
  })
  return left.length === lines.length ? text : left.map((line) => `${line}\n`).join('')
}

/** Places where something is mounted, from /proc/self/mountinfo. */
export function mountedIn(mountinfo: string): ReadonlySet<string> {
  return new Set(
    mountinfo
      .split('\n')
      .flatMap((line) => line.split(' ')[4] ?? [])
      .map(plain),
  )
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function lineOf({ src, path, fstype, opts, dump, passno }: FstabEntry): string {
  return [escaped(src), escaped(path), fstype, escaped(opts), dump, passno].join(' ')
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '')
}

function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function escaped(text: string): string {
  return text.replace(/[\\\s]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
