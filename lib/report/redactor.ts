import { onSecret } from '../core/secret.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { createMatcher, type Span, shortest } from './matcher.ts'

const cuts = whenNeeded<typeof import('./cut.ts')>('./cut.ts', import.meta.url)
const encodings = whenNeeded<typeof import('./encodings.ts')>('./encodings.ts', import.meta.url)
const words = whenNeeded<typeof import('./ordinary-words.ts')>('./ordinary-words.ts', import.meta.url)
const views = whenNeeded<typeof import('./views.ts')>('./views.ts', import.meta.url)

/** The belt behind the Secret class: knows the value of every secret and takes it out of text that programs echoed. */
export interface Redactor {
  /** Masks `value` from now on. Each Secret that is made is learnt by itself. */
  learn(value: string): void
  /** The text with every spelling of every known secret replaced by `<secret>`. */
  mask(text: string): string
  /** For text that arrives in pieces: holds back what may be the beginning of a secret until the next piece decides. */
  stream(): MaskedStream
  /** Stops listening for new secrets. */
  close(): void
}

export interface MaskedStream {
  /** Takes a piece and returns what can be shown by now, possibly nothing. */
  write(piece: string): string
  /** Returns what was held back; the stream starts afresh. */
  end(): string
}

/** What stands where a secret was. */
export const mask = '<secret>'

/** Lines of a secret with fewer characters are not masked by themselves. */
const shortestLine = 8

/** Characters of a wrapped form that must have come before its rest is waited for; otherwise each line would wait for the next. */
const leastPacked = 4

/** Lengths of secrets without their quotes and backslashes that are looked for in texts without them. */
const shortestBare = 8
const largestBare = 20_000

/** Shown characters that a stream remembers, to know the rest of a form whose beginning was too short to be waited for. */
const remembered = 64

/** A stream never holds back more than this. */
const mostHeld = 100_000

/**
 * Makes a redactor that learns from every Secret made after it. Values of fewer than five characters are not masked, nor
 * are words that ordinary output is made of (`ordinary-words.ts`): that would spoil the text and protect nothing.
 */
export function createRedactor(): Redactor {
  const learnt = new Set<string>()
  const exact = createMatcher()
  const packed = createMatcher()
  const bare = createMatcher()

  function learn(value: string): void {
    if (value.length < shortest || learnt.has(value)) return
    learnt.add(value)
    const lines = value.split(/\r\n|\r|\n/).map((line) => line.trim())
    if (lines.length > 1) {
      const composed = exact.find(value).length > 0
      for (const line of lines) if (line.length >= shortestLine && isTelling(line, composed)) lookFor(line)
    }
    lookFor(value.trim())
  }

  /** A rendered file is secret for the secret in it, its other lines are ordinary; so are the frame lines of a PEM file. */
  function isTelling(line: string, composed: boolean): boolean {
    return composed ? exact.find(line).length > 0 : !/^-----(BEGIN|END) /.test(line)
  }

  function lookFor(text: string): void {
    if (text.length < shortest || words().isOrdinary(text)) return
    const spellings = encodings().spellingsOf(text)
    for (const one of spellings.exact) exact.add(one)
    for (const one of spellings.packed) packed.add(one)
    if (/[^\w@%+=:,./-]/.test(text) && text.length <= largestBare) {
      const without = views().unquoted(text).text
      if (without.length >= shortestBare) bare.add(without)
    }
  }

  function spansOf(text: string): readonly Span[] {
    const { percentDecoded, unquoted, unwrapped } = views()
    const joined = unwrapped(text)
    const plain = unquoted(text)
    const decoded = percentDecoded(text).flatMap((view) => exact.find(view.text).map(view.back))
    return merge([
      ...exact.find(text),
      ...decoded,
      ...packed.find(joined.text).map(joined.back),
      ...bare.find(plain.text).map(plain.back),
      ...(cuts().isShortened(text) ? cutsIn(text) : []),
    ])
  }

  /** The parts of secrets, in any spelling, that stand at the mark of a text that was made shorter. */
  function cutsIn(text: string): readonly Span[] {
    const { cutsAt } = cuts()
    const { percentDecoded, unquoted, unwrapped } = views()
    const all = [[unwrapped(text), packed] as const, [unquoted(text), bare] as const]
    for (const view of percentDecoded(text)) all.push([view, exact])
    return [...cutsAt(text, exact), ...all.flatMap(([view, matcher]) => cutsAt(view.text, matcher).map(view.back))]
  }

  function openOf(text: string): number {
    const { percentDecoded, unquoted, unwrapped } = views()
    const joined = unwrapped(text)
    const plain = unquoted(text)
    return Math.min(
      exact.open(text),
      joined.open(packed.open(joined.text, leastPacked)),
      plain.open(bare.open(plain.text, leastPacked)),
      ...percentDecoded(text).map((view) => view.open(exact.open(view.text))),
    )
  }

  const stop = onSecret(learn)
  return {
    learn,
    mask: (text) => (text.length < shortest || learnt.size === 0 ? text : cover(text, spansOf(text), 0, text.length)),
    stream() {
      let shown = ''
      let held = ''
      const show = (spans: readonly Span[], end: number): string => {
        const all = shown + held
        const text = cover(all, spans, shown.length, end)
        held = all.slice(end)
        shown = all.slice(Math.max(0, end - remembered), end)
        return text
      }
      return {
        write(piece) {
          held += piece
          const all = shown + held
          const spans = spansOf(all)
          const open = Math.max(openOf(all), shown.length)
          const cut = spans.find((span) => span.start < open && span.end > open)
          const full = held.length > mostHeld
          const end =
            cut === undefined ? (full ? all.length : open) : full ? cut.end : Math.max(cut.start, shown.length)
          return show(spans, end)
        },
        end() {
          const all = shown + held
          const text = show(spansOf(all), all.length)
          shown = ''
          return text
        },
      }
    },
    close: () => {
      stop()
    },
  }
}

/** The part of `text` from `start` to `end` with each span that reaches into it replaced by the mask. */
function cover(text: string, spans: readonly Span[], start: number, end: number): string {
  let result = ''
  let place = start
  for (const span of spans) {
    if (span.end <= place || span.start >= end) continue
    result += text.slice(place, Math.max(place, span.start)) + mask
    place = span.end
  }
  return place < end ? result + text.slice(place, end) : result
}

function merge(spans: Span[]): readonly Span[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of spans.sort((a, b) => a.start - b.start)) {
    const before = result.at(-1)
    if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end)
    else result.push({ start, end })
  }
  return result
}
