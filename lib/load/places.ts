import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'

/** A text that was read, for positions and excerpts; `lines` holds the offsets of line starts once they were needed. */
export interface SourceText {
  readonly file: string
  readonly text: string
  /** The text is the plain form of something encrypted and is never shown. */
  readonly hidden?: boolean
  lines?: readonly number[]
}

/** Where the parts of one mapping or list were written: offsets in the text, `keys` and the others side by side. */
export interface Places {
  readonly source: SourceText
  readonly at: number
  readonly keys: readonly string[] | undefined
  readonly keyAt: readonly number[]
  readonly valueAt: readonly number[]
  /** Text of keys or values that came from another text than `source` (merged mappings), by key. */
  readonly foreign?: ReadonlyMap<string, Places>
}

const places = new WeakMap<object, Places>()

/** Remembers where the parts of a mapping or list were written. */
export function remember(container: object, where: Places): void {
  places.set(container, where)
}

/** Gives a container made from another one (with keys left out) the places of that one. */
export function borrowPlaces(container: object, from: object): void {
  const known = places.get(from)
  if (known) places.set(container, known)
}

/** Everything known of a container, or undefined when it was not read from a file. */
export function placesOf(container: object): Places | undefined {
  return places.get(container)
}

/** The place of a value in a mapping or list that was read from a file; of its key with `key: true`. */
export function placeOf(
  container: object,
  key: string | number,
  options: { readonly key?: boolean } = {},
): Position | undefined {
  const found = spot(container, key, options.key === true)
  return found && positionAt(found.source, found.offset)
}

/** The place where a mapping or list itself begins. */
export function startOf(container: object): Position | undefined {
  const where = places.get(container)
  return where && positionAt(where.source, where.at)
}

/**
 * The place of what `path` leads to from a container; when the path leaves what was written in the file, the place of
 * the last step that was.
 */
export function positionOf(
  root: unknown,
  path: readonly (string | number)[],
  options: { readonly key?: boolean } = {},
): Position | undefined {
  const found = spotOf(root, path, options)
  return found && positionAt(found.source, found.offset)
}

/** Like positionOf, as source and offset. */
export function spotOf(
  root: unknown,
  path: readonly (string | number)[],
  options: { readonly key?: boolean } = {},
): Spot | undefined {
  if (typeof root !== 'object' || root === null) return undefined
  const start = places.get(root)
  let best: Spot | undefined = start && { source: start.source, offset: start.at }
  let container: unknown = root
  for (let index = 0; index < path.length; index++) {
    if (typeof container !== 'object' || container === null) break
    const key = path[index] as string | number
    const found = spot(container, key, options.key === true && index === path.length - 1)
    if (!found) break
    best = found
    container = (container as { [key: string | number]: unknown })[key]
  }
  return best
}

/** A place as offset, from which positions and excerpts are made. */
export interface Spot {
  readonly source: SourceText
  readonly offset: number
}

/** The offset of a value, or of its key, in the text it was read from. */
export function spot(container: object, key: string | number, ofKey = false): Spot | undefined {
  const where = places.get(container)
  if (!where) return undefined
  if (where.keys === undefined) {
    const offset = where.valueAt[key as number]
    return offset === undefined ? undefined : { source: where.source, offset }
  }
  const name = String(key)
  const other = where.foreign?.get(name)
  const from = other ?? where
  const index = from.keys?.indexOf(name) ?? -1
  const offset = (ofKey ? from.keyAt : from.valueAt)[index]
  return offset === undefined ? undefined : { source: from.source, offset }
}

/** A plain scalar as it stands in the file (`0644`, `yes`, `7.10`), before it was read as a number or boolean. */
export function writtenAs(container: object, key: string | number): string | undefined {
  const found = spot(container, key)
  return found && /^[^\s,[\]{}"'#]+/.exec(found.source.text.slice(found.offset, found.offset + 200))?.[0]
}

/** Line and column, both counted from 1, of an offset. */
export function positionAt(source: SourceText, offset: number): Position {
  source.lines ??= lineStarts(source.text)
  const lines = source.lines
  let low = 0
  let high = lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lines[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return { file: source.file, line: low + 1, col: offset - (lines[low] as number) + 1 }
}

/** The offset of a position in its text. */
export function offsetAt(source: SourceText, at: Position): number {
  source.lines ??= lineStarts(source.text)
  return (source.lines[at.line - 1] ?? 0) + at.col - 1
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** One line of a text without its line break; `line` counts from 1. */
export function lineOf(source: SourceText, line: number): string {
  source.lines ??= lineStarts(source.text)
  const start = source.lines[line - 1]
  if (start === undefined) return ''
  const end = source.lines[line]
  return source.text.slice(start, end === undefined ? undefined : end - 1).replace(/\r$/, '')
}

const looksSecret = /((?:pass(?:word|wd|phrase)?|secret|token|api_?key|private_key)\w*["']?\s*[:=]\s*)(\S.*)$/i

/**
 * The line with a caret below the place, as errors show it; what follows a key that speaks of passwords, secrets or
 * tokens is left out, and so is every text that was encrypted. Empty for a line that is too long to be shown.
 */
export function excerpt(source: SourceText, offset: number, width?: number): string {
  if (source.hidden) return ''
  const { line, col } = positionAt(source, offset)
  const text = lineOf(source, line)
  if (text.length > 2000) return ''
  const length = Math.max(1, Math.min(width ?? wordAt(text, col - 1), text.length - col + 1))
  const from = col > 120 ? col - 60 : 0
  const shown = hideSecrets(text).slice(from, from + 160)
  const blank = text.slice(from, col - 1).replace(/[^\t]/g, ' ')
  return `${String(line).padStart(5)} | ${shown}\n      | ${blank}${'^'.repeat(Math.min(length, 100))}`
}

const sources = new Map<string, WeakRef<SourceText>>()

/** Lets `excerptOf` find a text by the name of its file, as long as something read from it is in use. */
export function rememberSource(source: SourceText): void {
  sources.set(source.file, new WeakRef(source))
}

/** The excerpt for a position in a file that was read, for findings that know no more than a position; undefined when there is none. */
export function excerptOf(at: Position | undefined): string | undefined {
  const source = at && sources.get(at.file)?.deref()
  return source && excerpt(source, offsetAt(source, at))
}

/** The line with what follows a key that speaks of passwords, secrets or tokens left out. */
export function hideSecrets(text: string): string {
  return text.replace(looksSecret, (whole, key: string, value: string) =>
    /^(?:["']?\{\{|!|\||>|lookup\b|$)/.test(value) ? whole : `${key}…`,
  )
}

function wordAt(text: string, from: number): number {
  const rest = text.slice(from)
  const quoted = /^(["'])(?:\\.|(?!\1).)*\1/.exec(rest)?.[0]
  return (quoted ?? /^[^\s:,[\]{}]+/.exec(rest)?.[0] ?? '').length
}

/** Makes an error about something that was read from a file, with its place and an excerpt. */
export function problemAt(
  code: string,
  message: string,
  where: Spot | undefined,
  more: { readonly mend?: string | undefined; readonly width?: number | undefined } = {},
): Diagnostic {
  if (!where) return problem(code, message, { mend: more.mend })
  if (where.source.hidden) {
    const about = 'the decrypted text of this file has a mistake here, which is not shown as it may hold secrets'
    return problem(code, about, { at: positionAt(where.source, where.offset) })
  }
  return problem(code, message, {
    at: positionAt(where.source, where.offset),
    detail: excerpt(where.source, where.offset, more.width),
    mend: more.mend,
  })
}
