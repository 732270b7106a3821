import { splitLines } from './edit-lines.ts'
import { pythonRegex } from './python-regex.ts'

export interface BlockWish {
  /** Empty: the block and its markers go away. */
  readonly block: string
  readonly begin: string
  readonly end: string
  readonly insertafter?: string | undefined
  readonly insertbefore?: string | undefined
}

/** The text with the block between its markers: where they are already, or beside what `insertafter` or `insertbefore` finds, or at the end. */
export function putBlock(text: string, { block, begin, end, insertafter, insertbefore }: BlockWish): string {
  const lines = splitLines(text)
  const body =
    block === '' ? [] : [`${begin}\n`, ...splitLines(block.endsWith('\n') ? block : `${block}\n`), `${end}\n`]
  const first = lines.lastIndexOf(`${begin}\n`)
  // The end may be the last line of a file that lacks its line break.
  const last = Math.max(lines.lastIndexOf(`${end}\n`), lines.at(-1) === end ? lines.length - 1 : -1)
  let place: number
  if (first >= 0 && last >= 0) {
    place = Math.min(first, last)
    lines.splice(place, Math.abs(last - first) + 1)
  } else place = blockPlace(text, lines, insertafter, insertbefore)
  const before = lines[place - 1]
  if (before !== undefined && !before.endsWith('\n') && body.length > 0) lines[place - 1] = `${before}\n`
  lines.splice(place, 0, ...body)
  return lines.join('')
}

function blockPlace(
  text: string,
  lines: readonly string[],
  insertafter: string | undefined,
  insertbefore: string | undefined,
): number {
  if (insertbefore === 'BOF') return 0
  const pattern = insertafter !== undefined && insertafter !== 'EOF' ? insertafter : insertbefore
  if (pattern === undefined) return lines.length
  const expression = pythonRegex(pattern)
  if (expression.multiline) {
    const match = expression.exec(text)
    if (match === null) return lines.length
    const breaks = (end: number) => text.slice(0, end).split('\n').length - 1
    return pattern === insertafter ? breaks(match.index + match[0].length) + 1 : breaks(match.index)
  }
  const found = lines.findLastIndex((line) => expression.test(line.replace(/\n$/, '')))
  return found < 0 ? lines.length : pattern === insertafter ? found + 1 : found
}
