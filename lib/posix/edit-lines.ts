import { expandMatch, pythonRegex } from './python-regex.ts'

/** What one line of a file shall be. */
export interface LineWish {
  readonly line: string
  readonly regexp?: string | undefined
  readonly search_string?: string | undefined
  readonly insertafter?: string | undefined
  readonly insertbefore?: string | undefined
  readonly backrefs: boolean
  readonly firstmatch: boolean
}

/** Lines with what ends them; the last one may lack it. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

const bare = (line: string): string => line.replace(/[\r\n]+$/, '')

/**
 * The text with the line in it. The last line that matches `regexp` or `search_string` (the first with `firstmatch`) becomes the
 * line; otherwise a line that is equal already counts; otherwise it is put beside what `insertafter` or `insertbefore` finds, or
 * at the end.
 */
export function putLine(text: string, wish: LineWish): string {
  const { line } = wish
  const lines = splitLines(text)
  const found = findLine(lines, wish)
  if (found) {
    const { index, match } = found
    const wanted = wish.backrefs && match ? expandMatch(line, match) : line
    lines[index] = wanted.endsWith('\n') ? wanted : `${wanted}\n`
    return lines.join('')
  }
  if (wish.backrefs) return text
  if (lines.some((one) => bare(one) === line)) return text
  const { insertafter, insertbefore } = wish
  if (insertbefore === 'BOF' || insertafter === 'BOF') return [`${line}\n`, ...lines].join('')
  const place = insertionPoint(lines, wish)
  const last = lines.at(-1)
  if (last !== undefined && !last.endsWith('\n')) lines[lines.length - 1] = `${last}\n`
  lines.splice(place ?? lines.length, 0, `${line}\n`)
  return lines.join('')
}

/** The text without the lines that match; and how many that were. */
export function dropLines(
  text: string,
  wish: Pick<LineWish, 'line' | 'regexp' | 'search_string'>,
): { readonly text: string; readonly dropped: number } {
  const { line, regexp, search_string } = wish
  const expression = regexp === undefined ? undefined : pythonRegex(regexp)
  const matches = (one: string) =>
    expression
      ? expression.test(bare(one))
      : search_string !== undefined
        ? one.includes(search_string)
        : bare(one) === line
  const lines = splitLines(text)
  const kept = lines.filter((one) => !matches(one))
  return { text: kept.join(''), dropped: lines.length - kept.length }
}

function findLine(
  lines: readonly string[],
  { regexp, search_string, firstmatch }: LineWish,
): { readonly index: number; readonly match?: RegExpExecArray } | undefined {
  const expression = regexp === undefined ? undefined : pythonRegex(regexp)
  let found: { readonly index: number; readonly match?: RegExpExecArray } | undefined
  for (const [index, line] of lines.entries()) {
    const match = expression?.exec(bare(line))
    if (match) found = { index, match }
    else if (search_string !== undefined && line.includes(search_string)) found = { index }
    if (found && firstmatch) break
  }
  return found
}

function insertionPoint(
  lines: readonly string[],
  { insertafter, insertbefore, firstmatch }: LineWish,
): number | undefined {
  const pattern = insertafter !== undefined && insertafter !== 'EOF' ? insertafter : insertbefore
  if (pattern === undefined) return undefined
  const expression = pythonRegex(pattern)
  let place: number | undefined
  for (const [index, line] of lines.entries()) {
    if (!expression.test(bare(line))) continue
    place = pattern === insertafter ? index + 1 : index
    if (firstmatch) break
  }
  return place
}
