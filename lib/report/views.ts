import { Buffer } from 'node:buffer'
import type { Span } from './matcher.ts'

/** Another reading of a text, and the way back to the places of the text itself. */
export interface View {
  readonly text: string
  readonly back: (span: Span) => Span
  /** The place in the text itself from which on nothing is decided, when in the view that is `place`. */
  readonly open: (place: number) => number
}

/** The text without white space (also as JSON escapes): how base64 and hexadecimal forms read when a program wrapped them. */
export function unwrapped(text: string): View {
  const { read, original } = reading(text, /(?:\s|\\[nrt]|\\$)+/g, () => [])
  return {
    text: read,
    back: ({ start, end }) => ({ start: original(start), end: original(end - 1) + 1 }),
    open: (place) => (place === read.length ? text.length : original(place)),
  }
}

/**
 * The text without quotes and backslashes: how a secret reads however often shells, JSON and Python have quoted it, one
 * inside the other.
 */
export function unquoted(text: string): View {
  const { read, original } = reading(text, /['"\\]+/g, () => [])
  return {
    text: read,
    back: ({ start, end }) => ({ start: original(start), end: original(end - 1) + 1 }),
    open: (place) => (place === read.length ? text.length : original(place)),
  }
}

/**
 * The text with percent codes decoded: as a URI, and as a form, where `+` is a space. Which characters are encoded differs
 * from program to program, so the text is decoded rather than the secret encoded. Empty when there is nothing to decode.
 */
export function percentDecoded(text: string): readonly View[] {
  if (!text.includes('%')) return text.includes('+') ? [decoded(text, /\+/g, text.length)] : []
  const end = unfinished.exec(text.slice(-12))?.[0].length ?? 0
  const whole = text.slice(0, text.length - end)
  const uri = decoded(whole, /(?:%[\dA-Fa-f]{2})+/g, whole.length)
  return text.includes('+') ? [uri, decoded(whole, /(?:%[\dA-Fa-f]{2})+|\+/g, whole.length)] : [uri]
}

/** A character whose codes (UTF-8, one to four bytes) the end of a text cuts off. */
const unfinished = /(?:%[CD][\dA-F]|%E[\dA-F](?:%[89AB][\dA-F])?|%F[\dA-F](?:%[89AB][\dA-F]){0,2})?(?:%[\dA-F]?)?$/i

function decoded(text: string, pattern: RegExp, end: number): View {
  const { read, original } = reading(text, pattern, (match) => (match === '+' ? [[' ', 1]] : charactersOf(match)))
  return {
    text: read,
    back: ({ start, end }) => ({ start: original(start), end: original(end) }),
    open: (place) => (place === read.length ? end : original(place)),
  }
}

/** Decoded characters with the length of the codes that each was written with; bytes that are not UTF-8 count one by one. */
function charactersOf(codes: string): (readonly [string, number])[] {
  const bytes = Buffer.from(codes.replaceAll('%', ''), 'hex')
  const text = bytes.toString()
  if (text.includes('\ufffd')) return [...bytes.toString('latin1')].map((character) => [character, 3])
  return [...text].map((character) => [character, Buffer.byteLength(character) * 3])
}

/** From `place` of a reading on, `shift` characters more stand in the text itself. */
interface Gap {
  readonly place: number
  readonly shift: number
}

/** Replaces each match by the characters `replace` gives, with the width each had, and tells where places were before. */
function reading(
  text: string,
  pattern: RegExp,
  replace: (match: string) => readonly (readonly [string, number])[],
): { readonly read: string; readonly original: (place: number) => number } {
  const pieces: string[] = []
  const gaps: Gap[] = []
  let place = 0
  let length = 0
  for (const match of text.matchAll(pattern)) {
    pieces.push(text.slice(place, match.index))
    length += match.index - place
    place = match.index
    for (const [character, width] of replace(match[0])) {
      pieces.push(character)
      length += character.length
      place += width
      gaps.push({ place: length, shift: place - length })
    }
    place = match.index + match[0].length
    gaps.push({ place: length, shift: place - length })
  }
  if (gaps.length === 0) return { read: text, original: (viewed) => viewed }
  pieces.push(text.slice(place))
  return { read: pieces.join(''), original: (viewed) => viewed + shiftAt(gaps, viewed) }
}

/** The shift of the last gap at or before a place. */
function shiftAt(gaps: readonly Gap[], place: number): number {
  let low = 0
  let high = gaps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((gaps[middle]?.place ?? 0) <= place) low = middle + 1
    else high = middle
  }
  return gaps[low - 1]?.shift ?? 0
}
