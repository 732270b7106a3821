import { type Answer, join, raw, type Script, sh } from '../task.ts'
import { type Entry, readEntry, statFormat } from './look.ts'
import { pythonRegex } from './python-regex.ts'
import { expanded } from './words.ts'

export interface FindWish {
  readonly paths: readonly string[]
  readonly patterns: readonly string[]
  readonly excludes?: readonly string[] | undefined
  readonly use_regex: boolean
  readonly file_type: 'any' | 'directory' | 'file' | 'link'
  readonly hidden: boolean
  readonly recurse: boolean
  readonly depth?: number | undefined
  readonly follow: boolean
  readonly age?: string | undefined
  readonly age_stamp: 'atime' | 'ctime' | 'mtime'
  readonly size?: string | undefined
  /** Regular expression that a line of a file must match, or the whole of it. */
  readonly contains?: string | undefined
  readonly read_whole_file: boolean
  readonly get_checksum: boolean
}

export interface Found {
  readonly path: string
  readonly entry: Entry
  readonly sha1?: string
}

export interface Listing {
  /** The host's clock, in seconds since 1970. */
  readonly now: number
  readonly entries: readonly Found[]
  /** Paths of the files whose content matches. */
  readonly holding: ReadonlySet<string>
  /** Paths that are no folders, or cannot be read, and why. */
  readonly skipped: { readonly [path: string]: string }
}

/** Lists what is in folders, down to the depth that is wanted. */
export function findScript(wish: FindWish): Script {
  const { paths, recurse, depth, follow, contains, read_whole_file, get_checksum } = wish
  const limits = recurse ? (depth === undefined ? [] : ['-maxdepth', depth]) : ['-maxdepth', 1]
  const flags = follow ? ['-L'] : []
  return join([
    raw('date +%s'),
    ...paths.map((path) => {
      const files = sh`find ${flags} "\${p%/}/" -mindepth 1 ${limits} -type f`
      // Lines are matched from their beginning, as Ansible does.
      const grep = read_whole_file ? ['-Pzl', contains ?? ''] : ['-Pl', `^(?:${contains ?? ''})`]
      const more = [
        ...(contains === undefined ? [] : [sh`${files} -exec grep ${grep} -- {} + 2>/dev/null | sed 's/^/+/'`]),
        ...(get_checksum ? [sh`${files} -exec sha1sum -- {} + 2>/dev/null | sed 's/^\\\\\\{0,1\\}/#/'`] : []),
      ]
      return sh`p=${expanded(path)}; if [ -d "$p" ] && [ -r "$p" ]; then find ${flags} "\${p%/}/" -mindepth 1 ${limits} -exec stat ${flags} -c ${`${statFormat} %n`} -- {} + 2>/dev/null; ${join(more, '; ')}${raw(more.length > 0 ? ';' : '')} else printf '!%s\n' "$p"; fi`
    }),
    raw(':'),
  ])
}

export function readListing(answer: Answer | undefined): Listing {
  const [now = '0', ...lines] = (answer?.text ?? '').split('\n')
  const sums = new Map(lines.filter((line) => line.startsWith('#')).map((line) => [line.slice(43), line.slice(1, 41)]))
  const holding = new Set(lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1)))
  const entries = lines.flatMap((line): Found[] => {
    const entry = readEntry(line)
    const path = line.split(' ').slice(12).join(' ')
    const sha1 = sums.get(path)
    return entry ? [{ path, entry, ...(sha1 !== undefined && { sha1 }) }] : []
  })
  const skipped = Object.fromEntries(
    lines.filter((line) => line.startsWith('!')).map((line) => [line.slice(1), 'is no folder, or cannot be read']),
  )
  return { now: Number(now), entries, skipped, holding }
}

/** What of the listing is looked for. */
export function matching(listing: Listing, wish: FindWish): readonly Found[] {
  const named = matcher(wish.patterns, wish.use_regex)
  const excluded = wish.excludes === undefined ? () => false : matcher(wish.excludes, wish.use_regex)
  const age = wish.age === undefined ? undefined : parseAmount(wish.age, ageUnits)
  const size = wish.size === undefined ? undefined : parseAmount(wish.size, sizeUnits)
  return listing.entries.filter(({ path, entry }) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (wish.file_type !== 'any' && entry.kind !== wish.file_type) return false
    if (!wish.hidden && name.startsWith('.')) return false
    if (wish.patterns.length > 0 && !named(name)) return false
    if (excluded(name)) return false
    if (wish.contains !== undefined && !listing.holding.has(path)) return false
    if (age !== undefined && !reaches(listing.now - entry[wish.age_stamp], age)) return false
    return size === undefined || entry.kind === 'directory' || reaches(entry.size, size)
  })
}

const ageUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const sizeUnits: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `1w`, `-10m`: at least so much, or at most with a minus. Throws RangeError for anything else. */
export function parseAmount(text: string, units: Readonly<Record<string, number>> = ageUnits): number {
  const [, minus, digits, unit = ''] = /^(-?)(\d+)([a-z]?)$/i.exec(text.trim()) ?? []
  const factor = unit === '' ? 1 : units[unit.toLowerCase()]
  if (digits === undefined || factor === undefined)
    throw new RangeError(`"${text}" is no amount; write a number with one of: ${Object.keys(units).join(', ')}`)
  return Number(digits) * factor * (minus === '-' ? -1 : 1)
}

const reaches = (value: number, amount: number): boolean => (amount < 0 ? value <= -amount : value >= amount)

/** Shell patterns match the whole name, regular expressions its beginning. */
function matcher(patterns: readonly string[], regex: boolean): (name: string) => boolean {
  const expressions = patterns.map((pattern) => pythonRegex(regex ? `^(?:${pattern})` : globToRegex(pattern)))
  return (name) => expressions.some((one) => one.test(name))
}

function globToRegex(pattern: string): string {
  const parts = pattern.split(/(\*|\?|\[!?\]?[^\]]*\])/)
  const translated = parts.map((part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (/^\[.+\]$/.test(part)) return part.replace(/^\[!/, '[^')
    return part.replace(/[.+^${}()|[\]\\*?]/g, '\\$&')
  })
  return `^${translated.join('')}$`
}
