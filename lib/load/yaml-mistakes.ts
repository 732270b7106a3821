import type { Diagnostic } from '../core/diagnostic.ts'
import { hideSecrets, lineOf, positionAt, problemAt, type SourceText } from './places.ts'
import { indentation, tabbed, tooDeep } from './yaml-indentation.ts'
import {
  badEscape,
  bracket,
  halfQuoted,
  missingSpace,
  placeholder,
  reserved,
  strayColon,
  template,
} from './yaml-line-mistakes.ts'
import { indentOf } from './yaml-lines.ts'
import { type Mistake, type SyntaxFault, sentence } from './yaml-mistake.ts'

/** Longer lines are no mistake of a hand, and patterns would take long over them. */
const longestLine = 2000

/**
 * Turns what the parser says into what a person did: the classic mistakes each have a code and, where it can be proven
 * by parsing again (`errorsOf` gives the offsets of the errors of a text), the line as it should be written.
 * One finding a line; of the findings that are no classic only the first, as the others mostly follow from it.
 */
export function syntaxProblems(
  source: SourceText,
  errors: readonly SyntaxFault[],
  documents: readonly { readonly contents: unknown }[],
  errorsOf: (text: string) => readonly number[],
): readonly Diagnostic[] {
  const out: Diagnostic[] = []
  const lines = new Set<number>()
  let general = 0
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    if (out.length >= 20) break
    const at = positionAt(source, Math.min(error.pos[0], source.text.length))
    const mistake = recognise(source, error, at.line, documents)
    const line = mistake?.line ?? at.line
    if (lines.has(line)) continue
    if (mistake === undefined && (general > 0 || out.length > 0)) continue
    lines.add(line)
    lines.add(at.line)
    if (mistake === undefined) {
      general++
      out.push(problemAt('yaml-syntax', sentence(error), { source, offset: error.pos[0] }))
      continue
    }
    const proven =
      mistake.mended !== undefined && out.length < 5 && mends(source, line, mistake.mended, errorsOf)
        ? shown(mistake.mended, lineOf(source, line))
        : undefined
    const lineStart = (source.lines as readonly number[])[line - 1] ?? 0
    const offset = mistake.col !== undefined ? lineStart + mistake.col - 1 : line === at.line ? error.pos[0] : lineStart
    out.push(
      problemAt(
        mistake.code,
        mistake.message,
        { source, offset },
        { mend: proven ?? mistake.mend, width: mistake.width },
      ),
    )
  }
  return out
}

/** The sentence with the mended line; where only its start moves, the column is what matters. */
function shown(mended: string, written: string): string {
  const text = hideSecrets(mended.trim())
  if (written.trim() !== mended.trim()) return `should be written as: ${text}`
  return `should start in column ${indentOf(mended) + 1}: ${text}`
}

function recognise(
  source: SourceText,
  error: SyntaxFault,
  number: number,
  documents: readonly { readonly contents: unknown }[],
): Mistake | undefined {
  const text = lineOf(source, number)
  if (text.length > longestLine) return undefined
  return (
    placeholder(text) ??
    tabbed(source, text, number) ??
    unclosed(source, error, documents) ??
    template(text) ??
    halfQuoted(text) ??
    reserved(text, error) ??
    badEscape(text, error) ??
    bracket(error) ??
    tooDeep(source, text, number, error) ??
    strayColon(text, error) ??
    missingSpace(text, error) ??
    indentation(source, text, number, error)
  )
}

function unclosed(
  source: SourceText,
  error: SyntaxFault,
  documents: readonly { readonly contents: unknown }[],
): Mistake | undefined {
  if (error.code !== 'MISSING_CHAR' || !/quote/.test(error.message)) return undefined
  const offset = lastQuote(documents, error.pos[0])
  if (offset === undefined) return { code: 'yaml-unclosed-quote', message: 'a closing quote is missing' }
  const { line, col } = positionAt(source, offset)
  const text = lineOf(source, line)
  const quote = text[col - 1] ?? '"'
  return {
    code: 'yaml-unclosed-quote',
    message: `the quote (${quote}) that opens here is never closed`,
    line,
    col,
    width: 1,
    mended: text.trimEnd() + quote,
    mend: `close it with another ${quote}`,
  }
}

function lastQuote(documents: readonly { readonly contents: unknown }[], before: number): number | undefined {
  let found: number | undefined
  const pending: unknown[] = documents.map((document) => document.contents)
  while (pending.length > 0) {
    const node = pending.pop() as
      | { type?: string; range?: number[]; items?: unknown[]; key?: unknown; value?: unknown }
      | null
      | undefined
    if (typeof node !== 'object' || node === null) continue
    const start = node.range?.[0]
    if (node.type?.startsWith('QUOTE') && start !== undefined && start < before) found = Math.max(found ?? 0, start)
    if (Array.isArray(node.items)) pending.push(...node.items)
    else pending.push(node.key, node.value)
  }
  return found
}

function mends(
  source: SourceText,
  line: number,
  mended: string,
  errorsOf: (text: string) => readonly number[],
): boolean {
  const lines = source.lines as readonly number[]
  const start = lines[line - 1] ?? 0
  const end = lines[line] ?? source.text.length + 1
  const text = `${source.text.slice(0, start)}${mended}\n${source.text.slice(end)}`
  return errorsOf(text).every((offset) => offset < start || offset > start + mended.length + 1)
}
