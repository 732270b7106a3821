import { lineOf, type SourceText } from './places.ts'
import { indentOf, keyColumn, lineAbove, split } from './yaml-lines.ts'
import type { Mistake, SyntaxFault } from './yaml-mistake.ts'

export function tabbed(source: SourceText, text: string, number: number): Mistake | undefined {
  const indent = /^[ \t]*/.exec(text)?.[0] ?? ''
  if (!indent.includes('\t')) return undefined
  const width = columnOf(source, text, number)
  return {
    code: 'yaml-tab',
    message: 'a tab indents this line; YAML takes spaces only',
    col: indent.indexOf('\t') + 1,
    width: 1,
    mended: ' '.repeat(width) + text.slice(indent.length),
    mend: 'replace the tab by spaces',
  }
}

/** Where a line indented with tabs should start (from 0): lines with tabs keep their places relative to the first of them. */
function columnOf(source: SourceText, text: string, number: number): number {
  let first = text
  let above: string | undefined
  for (let line = number - 1; line > 0 && above === undefined; line--) {
    const here = lineOf(source, line)
    if (/^\s*(#|$)/.test(here)) continue
    if (/^ *\t/.test(here)) first = here
    else above = here
  }
  if (above === undefined) return 0
  const deeper = /:\s*$/.test(above) ? 2 : 0
  const behindDash = /^\s*- /.test(above) ? 2 : 0
  return Math.max(0, indentOf(above) + behindDash + deeper + tabWidth(text) - tabWidth(first))
}

/** The width of what indents a line, a tab as wide as one step. */
function tabWidth(text: string): number {
  return [...text.slice(0, indentOf(text))].reduce((width, one) => width + (one === '\t' ? 2 : 1), 0)
}

/** `file: path=x` and below it a line that is indented deeper. */
export function tooDeep(source: SourceText, text: string, number: number, error: SyntaxFault): Mistake | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined
  const line = split(text)
  const next = lineOf(source, number + 1)
  if (!line || /:(\s|$)/.test(line.value) || next.trim() === '' || indentOf(next) <= indentOf(text)) return undefined
  const column = keyColumn(text)
  return {
    code: 'yaml-indentation',
    message: 'this line is indented as if it belonged to the line above, which has a value already',
    line: number + 1,
    col: indentOf(next) + 1,
    mended: ' '.repeat(column) + next.trimStart(),
    mend: `start it in column ${column + 1}`,
  }
}

export function indentation(source: SourceText, text: string, number: number, error: SyntaxFault): Mistake | undefined {
  const above = lineAbove(source, number)
  if (/^\s*([\w.-]+):\s+- /.test(text) && error.code === 'UNEXPECTED_TOKEN') {
    return {
      code: 'yaml-indentation',
      message: 'a list cannot start in the line of its key',
      mend: 'put each "- " on a line of its own below the key',
    }
  }
  const bad = error.code === 'BAD_INDENT' || (above !== undefined && indentOf(text) !== indentOf(above))
  if (!bad || above === undefined) return undefined
  const siblings = candidates(source, number)
  const column = nearest(indentOf(text), siblings)
  return {
    code: 'yaml-indentation',
    message: 'this line does not start in the column of the lines it belongs to',
    col: indentOf(text) + 1,
    mended: column === undefined ? undefined : ' '.repeat(column) + text.trimStart(),
    mend:
      siblings.length === 0
        ? undefined
        : `lines above start in column ${[...new Set(siblings)]
            .sort((a, b) => a - b)
            .map((one) => one + 1)
            .join(' or ')}`,
  }
}

/** Columns in which the lines above have keys, nearest line first, that this line could belong to. */
function candidates(source: SourceText, number: number): readonly number[] {
  const out: number[] = []
  let least = Number.POSITIVE_INFINITY
  for (let line = number - 1; line > 0 && out.length < 4; line--) {
    const text = lineOf(source, line)
    if (text.trim() === '' || text.trimStart().startsWith('#')) continue
    for (const column of [keyColumn(text), indentOf(text)]) {
      if (column < least) {
        least = column
        out.push(column)
      }
    }
  }
  return out
}

function nearest(column: number, columns: readonly number[]): number | undefined {
  return [...columns].sort((a, b) => Math.abs(a - column) - Math.abs(b - column))[0]
}
