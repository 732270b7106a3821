import { isMapping } from '../core/plain.ts'

/** A value as `ansible-inventory` writes it: keys sorted, four blanks; a secret is its label. */
export function jsonText(value: unknown, indent = ''): string {
  const inner = `${indent}    `
  const block = (open: string, lines: readonly string[], close: string) =>
    lines.length === 0 ? open + close : `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${indent}${close}`
  if (Array.isArray(value))
    return block(
      '[',
      value.map((one) => jsonText(one, inner)),
      ']',
    )
  if (!isMapping(value)) return JSON.stringify(value instanceof Date ? value.toISOString() : value) ?? 'null'
  const keys = Object.keys(value).sort(byCodePoint)
  return block(
    '{',
    keys.map((key) => `${JSON.stringify(key)}: ${jsonText(value[key], inner)}`),
    '}',
  )
}

/** Python's order of texts, which JavaScript has for all but the rarest characters. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
