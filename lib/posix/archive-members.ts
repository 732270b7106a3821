/** One entry of an archive, as its list says. */
export interface Member {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'hard' | 'other'
  /** Where a link points; undefined when the list does not say. */
  readonly target?: string
}

const kinds: Readonly<Record<string, Member['kind']>> = { '-': 'file', d: 'folder', l: 'link', h: 'hard' }

/** Reads `tar -tv --numeric-owner --quoting-style=escape`. */
export function readTarList(text: string): readonly Member[] {
  const line = /^([-dlhbcpsCDMSV])\S{9,10}\s+\d+\/\d+\s+[\d,]+\s+\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)? (.*)$/
  return text.split('\n').flatMap((one) => {
    const [, letter = '', rest = ''] = line.exec(one) ?? []
    if (letter === '') return []
    const kind = kinds[letter] ?? 'other'
    const separator = kind === 'link' ? ' -> ' : kind === 'hard' ? ' link to ' : undefined
    const cut = separator === undefined ? -1 : rest.indexOf(separator)
    if (separator === undefined || cut < 0) return [{ name: unescaped(rest), kind }]
    return [{ name: unescaped(rest.slice(0, cut)), kind, target: unescaped(rest.slice(cut + separator.length)) }]
  })
}

/** Reads `zipinfo -s`; it does not say where links point. */
export function readZipList(text: string): readonly Member[] {
  const line = /^([-dlbcps?])\S{7,9}\s+\S+\s+\S+\s+\d+\s+\S+\s+\S+\s+\S+\s+\S+ (.*)$/
  return text.split('\n').flatMap((one) => {
    const [, letter = '', name = ''] = line.exec(one) ?? []
    if (letter === '') return []
    return [{ name, kind: name.endsWith('/') ? 'folder' : (kinds[letter] ?? 'file') }]
  })
}

/** Why an archive must not be unpacked: a member that would come to lie outside of the folder. Undefined when none would. */
export function escapeOf(members: readonly Member[]): string | undefined {
  /** Links that lead out of the folder, or may. */
  const doors = new Set<string>()
  const links = new Set<string>()
  for (const { name, kind, target } of members) {
    if (name.startsWith('/')) return `${name} is a whole path`
    const parts = partsOf(name)
    if (parts.includes('..')) return `${name} leads out of the folder`
    for (let length = 1; length < parts.length; length++) {
      const above = parts.slice(0, length).join('/')
      if (doors.has(above)) return `${name} goes through ${above}, a link that leads out of the folder`
    }
    const path = parts.join('/')
    if (kind === 'hard' && target !== undefined && (target.startsWith('/') || partsOf(target).includes('..')))
      return `${name} is another name of ${target}, which is outside of the folder`
    if (kind === 'hard' && target !== undefined && passes(partsOf(target), doors))
      return `${name} is another name of ${target}, which is behind a link that leads out of the folder`
    if (kind === 'link') {
      if (leavesBy(parts, target, links)) doors.add(path)
      links.add(path)
    } else if (doors.has(path)) return `${name} is written through a link that leads out of the folder`
  }
  return undefined
}

function passes(parts: readonly string[], doors: ReadonlySet<string>): boolean {
  return parts.some((_, index) => doors.has(parts.slice(0, index + 1).join('/')))
}

/**
 * May a link at this place point out of the folder? One whose target is not known may. Links on the way, its own or that of
 * its target, can lead anywhere inside, so that nobody knows where `..` behind them is.
 */
function leavesBy(parts: readonly string[], target: string | undefined, links: ReadonlySet<string>): boolean {
  if (target === undefined || target.startsWith('/')) return true
  const steps = partsOf(target)
  const up = steps.findIndex((part) => part !== '..')
  const leading = up < 0 ? steps.length : up
  if (steps.slice(leading).includes('..')) return true
  return leading > 0 && (leading > parts.length - 1 || passes(parts.slice(0, -1), links))
}

function partsOf(name: string): readonly string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

/** Undoes GNU's quoting style `escape`; octal numbers are bytes of UTF-8. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  const letters: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, b: 8, f: 12, a: 7, v: 11 }
  const bytes: number[] = []
  for (const [, octal, letter, plain] of text.matchAll(/\\([0-7]{3})|\\([\s\S])|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (letter !== undefined)
      bytes.push(...(letters[letter] === undefined ? Buffer.from(letter) : [letters[letter]]))
    else bytes.push(...Buffer.from(plain ?? ''))
  }
  return Buffer.from(bytes).toString()
}
