import type { Document, YAMLParseError } from 'yaml'
import type { Diagnostic } from '../core/diagnostic.ts'
import { placeholderIn } from './placeholder.ts'
import { hideSecrets, lineOf, positionAt, problemAt, type SourceText } from './places.ts'

/** What was done wrong in one line, and the lines as they were probably meant. */
interface Mistake {
  readonly code: string
  readonly message: string
  /** 1-based line the finding is about; the line of the error when left out. */
  readonly line?: number
  readonly col?: number
  readonly width?: number
  /** The whole line as it should be written. */
  readonly mended?: string | undefined
  readonly mend?: string | undefined
}

/** A `key: value`, `- value` or `- key: value` line, cut into what stands before the value and the value. */
interface Line {
  readonly before: string
  readonly value: string
}

/** Longer lines are no mistake of a hand, and patterns would take long over them. */
const longestLine = 2000

const keyed = /^(\s*(?:- +)*(?:[^\s"'#{[][^:#]*?|"[^"]*"|'[^']*'):\s+|\s*(?:- +)+)(\S.*?)\s*$/

/** The text in the kind of quotes that needs the fewest changes. */
export function quoted(text: string): string {
  if (!/["\\]/.test(text)) return `"${text}"`
  if (!text.includes("'")) return `'${text}'`
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/**
 * Turns what the parser says into what a person did: the classic mistakes each have a code and, where it can be proven
 * by parsing again (`errorsOf` gives the offsets of the errors of a text), the line as it should be written.
 * One finding a line; of the findings that are no classic only the first, as the others mostly follow from it.
 */
export function syntaxProblems(
  source: SourceText,
  errors: readonly YAMLParseError[],
  documents: readonly Document.Parsed[],
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
  error: YAMLParseError,
  number: number,
  documents: readonly Document.Parsed[],
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

function placeholder(text: string): Mistake | undefined {
  const left = placeholderIn(text)
  if (!left) return undefined
  return {
    code: 'placeholder-left',
    message: `this line still holds the placeholder ${left.text}`,
    col: text.indexOf(left.text) + 1,
    width: left.text.length,
    mend: left.mend,
  }
}

function split(text: string): Line | undefined {
  const match = keyed.exec(text)
  return match?.[1] !== undefined && match[2] !== undefined ? { before: match[1], value: match[2] } : undefined
}

function tabbed(source: SourceText, text: string, number: number): Mistake | undefined {
  const indent = /^[ \t]*/.exec(text)?.[0] ?? ''
  if (!indent.includes('\t')) return undefined
  const above = lineAbove(source, number)
  const deeper = above !== undefined && /:\s*$/.test(above) ? 2 : 0
  const width = above === undefined ? 0 : indentOf(above) + (/^\s*- /.test(above) ? 2 : 0) + deeper
  return {
    code: 'yaml-tab',
    message: 'a tab indents this line; YAML takes spaces only',
    col: indent.indexOf('\t') + 1,
    width: 1,
    mended: ' '.repeat(width) + text.slice(indent.length),
    mend: 'replace the tab by spaces',
  }
}

function unclosed(
  source: SourceText,
  error: YAMLParseError,
  documents: readonly Document.Parsed[],
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

function lastQuote(documents: readonly Document.Parsed[], before: number): number | undefined {
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

function template(text: string): Mistake | undefined {
  const line = split(text)
  if (!line?.value.startsWith('{{')) return undefined
  const [value, comment] = uncommented(line.value)
  return {
    code: 'unquoted-template',
    message: 'a value that starts with "{{" must stand in quotes',
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

function uncommented(value: string): readonly [string, string] {
  const comment = /\s+#.*$/.exec(value)
  return comment ? [value.slice(0, comment.index), comment[0]] : [value, '']
}

function halfQuoted(text: string): Mistake | undefined {
  const line = split(text)
  const quote = line?.value[0]
  if (!line || (quote !== '"' && quote !== "'")) return undefined
  const end = closingQuote(line.value, quote)
  if (end === undefined) return undefined
  const [value, comment] = uncommented(line.value)
  const rest = value.slice(end + 1).trim()
  if (rest === '' || rest.startsWith(':') || rest.startsWith(',')) return undefined
  const inner = rest.endsWith(quote) && value.length > end + 2 && quote === "'" ? value.slice(1, -1) : value
  return {
    code: 'yaml-half-quoted',
    message: 'the value starts with a quoted part and goes on behind it; quotes must go around all of it',
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(inner) + comment,
    mend: 'put the whole value in quotes, of the other kind when it holds quotes itself',
  }
}

function closingQuote(value: string, quote: string): number | undefined {
  for (let index = 1; index < value.length; index++) {
    if (quote === '"' && value[index] === '\\') index++
    else if (value[index] === quote) {
      if (quote === "'" && value[index + 1] === "'") index++
      else return index
    }
  }
  return undefined
}

function reserved(text: string, error: YAMLParseError): Mistake | undefined {
  if (error.code !== 'BAD_SCALAR_START' && error.code !== 'BAD_ALIAS') return undefined
  const line = split(text)
  if (!line) return undefined
  const [value, comment] = uncommented(line.value)
  return {
    code: 'yaml-reserved-character',
    message: `a value that starts with ${value[0] === '"' ? 'a quote' : `"${value[0]}"`} must stand in quotes`,
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

function badEscape(text: string, error: YAMLParseError): Mistake | undefined {
  if (error.code !== 'BAD_DQ_ESCAPE') return undefined
  const line = split(text)
  const inner = line && /^"([^"']*)"$/.exec(line.value)?.[1]
  return {
    code: 'yaml-escape',
    message: `${/\\\S?/.exec(sentence(error))?.[0] ?? 'this'} means nothing between double quotes`,
    width: 2,
    mended: line && inner !== undefined ? `${line.before}'${inner}'` : undefined,
    mend: 'use single quotes, or write the backslash twice',
  }
}

function bracket(error: YAMLParseError): Mistake | undefined {
  const closing = /end with a ([\]}])/.exec(error.message)?.[1]
  if (closing === undefined) return undefined
  return {
    code: 'yaml-unclosed-bracket',
    message: `a "${closing}" is missing above this place`,
    width: 1,
    mend: `close the ${closing === ']' ? 'list with "]"' : 'mapping with "}"'}`,
  }
}

/** `file: path=x` and below it a line that is indented deeper. */
function tooDeep(source: SourceText, text: string, number: number, error: YAMLParseError): Mistake | undefined {
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

function strayColon(text: string, error: YAMLParseError): Mistake | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined
  const line = split(text)
  if (!line) return undefined
  const [value, comment] = uncommented(line.value)
  const colon = /:(\s|$)/.exec(value)
  if (!colon) return undefined
  return {
    code: 'yaml-stray-colon',
    message: 'a colon inside the value reads as a second key',
    col: line.before.length + colon.index + 1,
    width: 1,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

function missingSpace(text: string, error: YAMLParseError): Mistake | undefined {
  if (!['MULTILINE_IMPLICIT_KEY', 'MISSING_CHAR', 'UNEXPECTED_TOKEN'].includes(error.code)) return undefined
  const dash = /^(\s*)-([^\s-].*)$/.exec(text)
  if (dash) {
    return {
      code: 'yaml-missing-space',
      message: 'a space is missing behind "-"',
      col: (dash[1] ?? '').length + 1,
      width: 1,
      mended: `${dash[1]}- ${dash[2]}`,
    }
  }
  const match = /^(\s*(?:- +)?)([\w.-]+):([^\s:/].*)$/.exec(text)
  if (!match) return undefined
  const [, indent = '', key = '', value = ''] = match
  return {
    code: 'yaml-missing-space',
    message: `a space is missing behind "${key}:"`,
    col: indent.length + key.length + 1,
    width: 1,
    mended: `${indent}${key}: ${value}`,
  }
}

function indentation(source: SourceText, text: string, number: number, error: YAMLParseError): Mistake | undefined {
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

function lineAbove(source: SourceText, number: number): string | undefined {
  for (let line = number - 1; line > 0; line--) {
    const text = lineOf(source, line)
    if (text.trim() !== '' && !text.trimStart().startsWith('#')) return text
  }
  return undefined
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length
}

/** The column (from 0) in which the key of a line starts: behind its dashes. */
function keyColumn(text: string): number {
  return /^\s*(?:- +)*/.exec(text)?.[0].length ?? 0
}

/** The parser's own sentence, without the place and excerpt it may carry. */
function sentence(error: YAMLParseError): string {
  const first = error.message.split('\n')[0] ?? ''
  return first.replace(/ at line \d+, column \d+:?$/, '').replace(/^./, (letter) => letter.toLowerCase())
}
