import { BoundedRegExp } from '../core/bounded-regex.ts'

/**
 * The JavaScript expression that means what a Python one means, as far as playbooks go: named groups, `\A`, `\Z` and flags such
 * as `(?i)` at the beginning. Throws RangeError when it is no regular expression.
 */
export function pythonRegex(pattern: string, flags = ''): RegExp {
  const [, inline = '', rest = pattern] = /^\(\?([aiLmsux]+)\)([\s\S]*)$/.exec(pattern) ?? []
  const source = rest
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/((?:^|[^\\])(?:\\\\)*)\\A/g, '$1(?<![\\s\\S])')
    .replace(/((?:^|[^\\])(?:\\\\)*)\\Z/g, '$1(?![\\s\\S])')
  const all = new Set([...flags, ...[...inline].filter((flag) => 'ims'.includes(flag))])
  try {
    return new BoundedRegExp(source, [...all].join(''))
  } catch (error) {
    throw new RangeError(
      `"${pattern}" is no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`,
    )
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', '\\': '\\' }

/** Python's replacement text: `\1`, `\g<1>`, `\g<name>`, `\n` and the like. */
export function expandMatch(template: string, match: RegExpExecArray): string {
  return template.replace(
    /\\(?:g<(\w+)>|([1-9]\d?)|(.))/gs,
    (whole, named: string | undefined, number: string | undefined, other: string | undefined) => {
      if (named !== undefined) return (/^\d+$/.test(named) ? match[Number(named)] : match.groups?.[named]) ?? ''
      if (number !== undefined) return match[Number(number)] ?? ''
      return other === '0' ? '\0' : (escapes[other ?? ''] ?? whole)
    },
  )
}
