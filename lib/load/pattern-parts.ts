import { BoundedRegExp } from '../core/bounded-regex.ts'
import { LoadError, problem } from '../core/diagnostic.ts'

/**
 * Cuts a pattern into its parts: at commas, or where there is none at colons outside of brackets; an IPv6 address stays
 * whole.
 */
export function splitPattern(pattern: string): readonly string[] {
  const text = pattern.trim()
  if (text.includes(',')) return text.split(',').flatMap(splitPattern)
  if (isIpv6(text)) return [text]
  const parts: string[] = []
  let part = ''
  let depth = 0
  for (const character of text) {
    if (character === '[') depth++
    else if (character === ']') depth = Math.max(0, depth - 1)
    if (character === ':' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += character
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '')
}

/** As in Ansible, the beginning decides: what follows may be wildcards. */
function isIpv6(text: string): boolean {
  if (/^(?:[0-9a-f]{1,4}:){1,6}:|^::|^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}/i.test(text)) return true
  return /^\[[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*\]$/i.test(text)
}

/** A part without its subscript, and the subscript as a choice among the hosts; both ends of `[1:3]` belong to it. */
export function subscriptOf(part: string): {
  readonly name: string
  readonly pick: (hosts: readonly string[]) => readonly string[]
} {
  const match = part.startsWith('~') ? null : /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(part)
  if (!match) return { name: part, pick: (hosts) => hosts }
  const [, name = part, single, from = '0', to = ''] = match
  if (single === undefined) {
    return { name, pick: (hosts) => hosts.slice(Number(from), to === '' ? undefined : Number(to) + 1) }
  }
  return {
    name,
    pick: (hosts) => {
      const host = hosts.at(Number(single))
      return host === undefined ? [] : [host]
    },
  }
}

/** Tells names that a part without subscript matches: a name, wildcards (`*`, `?`, `[ab]`), or `~` and an expression. */
export function matcherOf(part: string): (name: string) => boolean {
  if (part.startsWith('~')) {
    try {
      const expression = new BoundedRegExp(`^(?:${part.slice(1)})`, 'u')
      return (name) => expression.test(name)
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: /, '')
      throw new LoadError(problem('bad-pattern', `"${part}" is no regular expression: ${reason}`))
    }
  }
  if (!/[*?[]/.test(part)) return (name) => name === part
  const expression = new RegExp(`^${wildcards(part)}$`)
  return (name) => expression.test(name)
}

function wildcards(part: string): string {
  return part.replace(
    /\[(!?)([^\]]+)\]|[*?]|[\\^$+.()|{}[\]]/g,
    (whole, not: string | undefined, set: string | undefined) => {
      if (whole === '*') return '.*'
      if (whole === '?') return '.'
      if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`
      return `\\${whole}`
    },
  )
}

/** Names of this machine that need no inventory. */
export function namesLocalhost(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '::1'
}
