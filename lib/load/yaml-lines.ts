import { lineOf, type SourceText } from './places.ts'

/** A `key: value`, `- value` or `- key: value` line, cut into what stands before the value and the value. */
export interface Line {
  readonly before: string
  readonly value: string
}

const keyed = /^(\s*(?:- +)*(?:[^\s"'#{[][^:#]*?|"[^"]*"|'[^']*'):\s+|\s*(?:- +)+)(\S.*?)\s*$/

export function split(text: string): Line | undefined {
  const match = keyed.exec(text)
  return match?.[1] !== undefined && match[2] !== undefined ? { before: match[1], value: match[2] } : undefined
}

/** The text in the kind of quotes that needs the fewest changes. */
export function quoted(text: string): string {
  if (!/["\\]/.test(text)) return `"${text}"`
  if (!text.includes("'")) return `'${text}'`
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

export function uncommented(value: string): readonly [string, string] {
  const comment = /\s+#.*$/.exec(value)
  return comment ? [value.slice(0, comment.index), comment[0]] : [value, '']
}

export function closingQuote(value: string, quote: string): number | undefined {
  for (let index = 1; index < value.length; index++) {
    if (quote === '"' && value[index] === '\\') index++
    else if (value[index] === quote) {
      if (quote === "'" && value[index + 1] === "'") index++
      else return index
    }
  }
  return undefined
}

export function lineAbove(source: SourceText, number: number): string | undefined {
  for (let line = number - 1; line > 0; line--) {
    const text = lineOf(source, line)
    if (text.trim() !== '' && !text.trimStart().startsWith('#')) return text
  }
  return undefined
}

export function indentOf(text: string): number {
  return text.length - text.trimStart().length
}

/** The column (from 0) in which the key of a line starts: behind its dashes. */
export function keyColumn(text: string): number {
  return /^\s*(?:- +)*/.exec(text)?.[0].length ?? 0
}
