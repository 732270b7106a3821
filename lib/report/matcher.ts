/** A part of a text: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Does the mark of a shortened text stand at this place? */
export type IsMark = (text: string, place: number) => boolean

/** Finds thousands of fixed texts at once, in one walk over the text looked at. */
export interface Matcher {
  /** Adds a text to look for; it must have at least `shortest` characters. */
  add(pattern: string): void
  /** Where patterns stand, in order; those that overlap or touch are one span. */
  find(text: string): readonly Span[]
  /**
   * Where the first pattern may have begun that the end of `text` cuts off; the length of the text when there is none.
   * Beginnings of fewer than `least` characters do not count.
   */
  open(text: string, least?: number): number
  /**
   * Where beginnings of patterns stand that are cut off at a mark, and ends of patterns whose beginning is; `isMark` tells of a
   * place of a text whether a mark stands there, and gets the text in both directions. Parts of fewer than `least` characters,
   * and never of fewer than `shortest`, do not count.
   */
  cut(text: string, least: number, isMark: IsMark): readonly Span[]
  /** The first half of `cut`: the beginnings. */
  begun(text: string, least: number, isMark: IsMark): readonly Span[]
}

/** Characters that decide where a look is worth it; no pattern is shorter. */
export const shortest = 5

const base = 0x01000193
const basePower = power(base, shortest - 1)
const tableBits = 18

/**
 * Looks at a rolling hash of five characters and compares only where a pattern begins with that hash, so the cost hardly
 * grows with the number of patterns, and a pattern can be added at any time.
 */
export function createMatcher(): Matcher {
  const known = new Set<string>()
  const beginnings = new Set<string>()
  const seen = new Uint8Array(1 << tableBits)
  const buckets = new Map<number, string[]>()
  let longest = 0
  /** The patterns from their end to their beginning; made when it is asked for first. */
  let mirror: Matcher | undefined

  /** Calls `look` at each place where a pattern may begin, with those patterns, longest first. */
  function walk(text: string, from: number, look: (place: number, patterns: readonly string[]) => void): void {
    const last = text.length - shortest
    if (last < from) return
    let hash = hashAt(text, from)
    for (let place = from; ; place++) {
      if (seen[hash >>> (32 - tableBits)] === 1) {
        const patterns = buckets.get(hash)
        if (patterns !== undefined) look(place, patterns)
      }
      if (place === last) return
      hash =
        (Math.imul(hash - Math.imul(text.charCodeAt(place), basePower), base) + text.charCodeAt(place + shortest)) | 0
    }
  }

  return {
    add(pattern) {
      if (pattern.length < shortest) throw new RangeError(`a pattern needs at least ${shortest} characters`)
      if (known.has(pattern)) return
      known.add(pattern)
      for (let length = 1; length < shortest; length++) beginnings.add(pattern.slice(0, length))
      const hash = hashAt(pattern, 0)
      const bucket = [...(buckets.get(hash) ?? []), pattern].sort((a, b) => b.length - a.length)
      buckets.set(hash, bucket)
      seen[hash >>> (32 - tableBits)] = 1
      longest = Math.max(longest, pattern.length)
      mirror?.add(backwards(pattern))
    },

    find(text) {
      const spans: { start: number; end: number }[] = []
      if (known.size === 0) return spans
      walk(text, 0, (start, patterns) => {
        const pattern = patterns.find((one) => text.startsWith(one, start))
        if (pattern === undefined) return
        const end = start + pattern.length
        const before = spans.at(-1)
        if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end)
        else spans.push({ start, end })
      })
      return spans
    },

    open(text, least = 1) {
      let open = text.length
      const last = text.length - least
      const from = Math.max(0, text.length - longest + 1)
      walk(text, from, (place, patterns) => {
        if (place >= open || place > last) return
        const rest = text.slice(place)
        if (patterns.some((one) => one.length > rest.length && one.startsWith(rest))) open = place
      })
      for (let place = Math.max(from, text.length - shortest + 1); place < open && place <= last; place++) {
        if (beginnings.has(text.slice(place))) open = place
      }
      return open
    },

    cut(text, least, isMark) {
      if (mirror === undefined) {
        mirror = createMatcher()
        for (const pattern of known) mirror.add(backwards(pattern))
      }
      const length = text.length
      const ends = mirror.begun(backwards(text), least, isMark)
      return [
        ...begun(text, least, isMark),
        ...ends.map(({ start, end }) => ({ start: length - end, end: length - start })),
      ]
    },

    begun,
  }

  function begun(text: string, least: number, isMark: IsMark): readonly Span[] {
    const spans: Span[] = []
    walk(text, 0, (start, patterns) => {
      for (const pattern of patterns) {
        const end = start + commonLength(pattern, text, start)
        if (end - start >= least && end - start < pattern.length && isMark(text, end)) spans.push({ start, end })
      }
    })
    return spans
  }
}

/** How many characters of `pattern` stand in `text` from `start` on. */
function commonLength(pattern: string, text: string, start: number): number {
  let length = 0
  while (length < pattern.length && pattern.charCodeAt(length) === text.charCodeAt(start + length)) length++
  return length
}

function backwards(text: string): string {
  return text.split('').reverse().join('')
}

function hashAt(text: string, place: number): number {
  let hash = 0
  for (let index = place; index < place + shortest; index++) hash = (Math.imul(hash, base) + text.charCodeAt(index)) | 0
  return hash
}

function power(number: number, exponent: number): number {
  let result = 1
  for (let count = 0; count < exponent; count++) result = Math.imul(result, number)
  return result
}
