import type { Matcher, Span } from './matcher.ts'

/** Characters of a secret beside the mark of a shortened text that are masked; fewer tell too little and are found too often. */
const leastCut = 6

/** Does the text have the mark of one that was made shorter: that of `shortened`, `ending` and `endingLines`, or a program's? */
export function isShortened(text: string): boolean {
  return text.includes('…') || text.includes('...')
}

/** The beginnings of patterns that stand before the mark of a shortened text, and the ends that stand behind it. */
export function cutsAt(text: string, matcher: Matcher): readonly Span[] {
  return matcher.cut(text, leastCut, isMark)
}

function isMark(text: string, place: number): boolean {
  const found = text[place]
  if (found === '\n') return text[place + 1] === '…' || text[place - 1] === '…'
  return found === '…' || (found === '.' && /\.{3}/.test(text.slice(Math.max(0, place - 2), place + 3)))
}
