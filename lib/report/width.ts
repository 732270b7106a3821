import { stripVTControlCharacters } from 'node:util'

const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u
const none = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const styled = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]*m`, 'g')

/** Columns that a text takes on a terminal; colours take none, Chinese characters and emoji take two. */
export function widthOf(text: string): number {
  const bare = stripVTControlCharacters(text)
  if (/^[ -~]*$/.test(bare)) return bare.length
  let width = 0
  for (const { segment } of graphemes(bare)) width += none.test(segment) ? 0 : isWide(segment) ? 2 : 1
  return width
}

function isWide(grapheme: string): boolean {
  return wide.test(grapheme) || grapheme.includes('\ufe0f')
}

/** The text with spaces after it, up to `columns`; longer texts stay as they are. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** The text cut to `columns`, with an ellipsis where something is missing; colours survive and are ended. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns < 1) return ''
  let result = ''
  let left = columns - 1
  let place = 0
  let coloured = false
  for (const style of [...text.matchAll(styled), undefined]) {
    for (const { segment } of graphemes(text.slice(place, style?.index))) {
      const width = widthOf(segment)
      if (width > left) return `${result}…${coloured ? '\x1b[0m' : ''}`
      result += segment
      left -= width
    }
    if (style === undefined) break
    result += style[0]
    coloured = true
    place = style.index + style[0].length
  }
  return result
}

let segmenter: Intl.Segmenter | undefined

/** What a reader takes for one character; made when first needed, because it takes milliseconds that short runs notice. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}
