import { createHash } from 'node:crypto'
import { isMapping, type Plain } from '../../core/plain.ts'
import type { Bindings } from './replay-bindings.ts'
import type { RecordedAnswer } from './replay-recording.ts'
import { sameClass } from './replay-volatile.ts'

/** One thing that is not as it was recorded. */
export interface Difference {
  readonly what: 'status' | 'content-type' | 'header' | 'keys' | 'error' | 'errorType' | 'value' | 'count'
  /** Where in the body, such as `data.me.roles.0`, or the name of the header. */
  readonly path: string
  readonly recorded: string
  readonly actual: string
}

/** An answer of the double. */
export interface ActualAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

/** Headers that a recording keeps; where it has none of them, the answer must not have it either. */
const keptHeaders =
  'content-type access-control-allow-origin access-control-allow-headers cache-control x-frame-options allow location x-ratelimit-limit x-ratelimit-remaining'.split(
    ' ',
  )

/**
 * All differences between what was recorded and what came: status, headers, keys, codes, values. Ids and tokens must stay
 * the same thing throughout (`bindings`); dates, timings and facts about the machine need only be of the same kind.
 */
export function compareAnswers(
  recorded: RecordedAnswer,
  actual: ActualAnswer,
  bindings: Bindings,
): readonly Difference[] {
  const found: Difference[] = []
  if (recorded.status !== actual.status)
    found.push({ what: 'status', path: '', recorded: String(recorded.status), actual: String(actual.status) })
  found.push(...compareHeaders(recorded, actual, bindings))
  found.push(...compareBodies(recorded.body, actual, bindings))
  return found
}

function compareHeaders({ headers }: RecordedAnswer, actual: ActualAnswer, bindings: Bindings): readonly Difference[] {
  if (headers === undefined || actual.status === 101) return []
  return keptHeaders.flatMap((name): readonly Difference[] => {
    const [wanted, got] = [headers[name], actual.headers[name]]
    const fits = wanted === undefined ? got === undefined : got !== undefined && bindings.forward(wanted) === got
    if (fits) return []
    const what = name === 'content-type' ? 'content-type' : 'header'
    return [{ what, path: name, recorded: wanted ?? '(none)', actual: got ?? '(none)' }]
  })
}

function compareBodies(recorded: Plain, actual: ActualAnswer, bindings: Bindings): readonly Difference[] {
  const text = Buffer.from(actual.bytes).toString()
  if (typeof recorded === 'string') return compareText(recorded, text, actual, bindings)
  if (recorded === null) return []
  try {
    return compareValues(recorded, JSON.parse(text) as Plain, '', bindings)
  } catch {
    return [{ what: 'value', path: '', recorded: short(recorded), actual: short(text) }]
  }
}

/** A text body, or the recorder's stand-in for one: `<an HTML page, …>`, `<70 bytes image/png, sha256 …>`. */
function compareText(recorded: string, text: string, actual: ActualAnswer, bindings: Bindings): readonly Difference[] {
  const differs: Difference = { what: 'value', path: '', recorded: short(recorded), actual: short(text) }
  if (/^<an HTML page, \d+ characters>$/.test(recorded)) return /^<!doctype html/i.test(text) ? [] : [differs]
  if (/^<the last log lines/.test(recorded)) return []
  const bytes = /^<(\d+) bytes (\S+), sha256 ([0-9a-f]+)>$/.exec(recorded)
  if (bytes) {
    const digest = createHash('sha256').update(actual.bytes).digest('hex')
    const fits = Number(bytes[1]) === actual.bytes.length && digest.startsWith(bytes[3] ?? '-')
    return fits ? [] : [{ ...differs, actual: `<${actual.bytes.length} bytes, sha256 ${digest.slice(0, 16)}>` }]
  }
  const json = /^[{[]/.test(recorded) ? parsed(recorded) : undefined
  if (json !== undefined) return compareValues(json, parsed(text) ?? text, '', bindings)
  return compareStrings(recorded, text, bindings) ? [] : [differs]
}

function parsed(text: string): Plain | undefined {
  try {
    return JSON.parse(text) as Plain
  } catch {
    return undefined
  }
}

/** Compares two JSON values; new ids are bound on the way. */
export function compareValues(recorded: Plain, actual: Plain, path: string, bindings: Bindings): readonly Difference[] {
  if (!isMapping(recorded) && typeof recorded === typeof actual && sameClass(recorded, actual, path)) return []
  if (Array.isArray(recorded)) {
    if (!Array.isArray(actual)) return [unequal(recorded, actual, path)]
    return compareLists(recorded, actual, path, bindings)
  }
  if (isMapping(recorded)) {
    if (!isMapping(actual)) return [unequal(recorded, actual, path)]
    return compareObjects(recorded as PlainObject, actual as PlainObject, path, bindings)
  }
  if (typeof recorded === 'string' && typeof actual === 'string' && /^\{"/.test(recorded)) {
    const [left, right] = [parsed(recorded), parsed(actual)]
    if (left !== undefined && right !== undefined) return compareValues(left, right, path, bindings)
  }
  if (typeof recorded === 'string' && typeof actual === 'string' && compareStrings(recorded, actual, bindings, path))
    return []
  return recorded === actual ? [] : [unequal(recorded, actual, path)]
}

type PlainObject = { readonly [key: string]: Plain }

function compareObjects(
  recorded: PlainObject,
  actual: PlainObject,
  path: string,
  bindings: Bindings,
): readonly Difference[] {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  const missing = Object.keys(recorded).filter((key) => !(key in actual))
  const extra = Object.keys(actual).filter((key) => !(key in recorded))
  const keys = [...missing.map((key) => `-${key}`), ...extra.map((key) => `+${key}`)]
  const shape: Difference[] =
    keys.length === 0
      ? []
      : [{ what: 'keys', path, recorded: missing.join(' ') || '(all)', actual: extra.join(' ') || '(none more)' }]
  const values = Object.keys(recorded)
    .filter((key) => key in actual)
    .flatMap((key) => compareValues(recorded[key] ?? null, actual[key] ?? null, at(key), bindings))
  return [...shape, ...values]
}

function compareLists(
  recorded: readonly Plain[],
  actual: readonly Plain[],
  path: string,
  bindings: Bindings,
): readonly Difference[] {
  const cut = cutAt(recorded)
  const shown = cut === undefined ? recorded : recorded.slice(0, -1)
  const wanted = cut ?? recorded.length
  if (wanted !== actual.length)
    return [{ what: 'count', path, recorded: String(wanted), actual: String(actual.length) }]
  if (!unordered(path))
    return shown.flatMap((each, index) => compareValues(each, actual[index] ?? null, `${path}.${index}`, bindings))
  return compareMembers(shown, actual, path, bindings)
}

/** Pairs the members of two lists without order: equal ones first, the rest as they come. */
function compareMembers(
  recorded: readonly Plain[],
  actual: readonly Plain[],
  path: string,
  bindings: Bindings,
): readonly Difference[] {
  const left = [...actual]
  const unmatched = [...recorded.entries()].filter(([index, each]) => {
    const place = left.findIndex((one) => compareValues(each, one, `${path}.${index}`, bindings.trial()).length === 0)
    if (place < 0) return true
    const [match] = left.splice(place, 1)
    compareValues(each, match ?? null, `${path}.${index}`, bindings)
    return false
  })
  return unmatched.flatMap(([index, each]) => compareValues(each, left.shift() ?? null, `${path}.${index}`, bindings))
}

/** `update` lists are what changed since a date, in no order of their own; `uids` follow the letters of drawn ids. */
const unordered = (path: string) => /(^|\.)(update|uids)$/.test(path)

/** How many items a list had that the recorder cut: its last item is a note such as "… 1052 items in all". */
function cutAt(list: readonly Plain[]): number | undefined {
  const last = list.at(-1)
  const found = typeof last === 'string' ? /^…\s*\[?(\d+) (?:items|entries)/.exec(last) : null
  return found ? Number(found[1]) : undefined
}

function compareStrings(recorded: string, actual: string, bindings: Bindings, path = ''): boolean {
  const steady = (text: string) => text.replace(/You must wait \d+ seconds/, 'You must wait N seconds')
  if (steady(bindings.forward(recorded)) === steady(actual)) return true
  return bindings.bind(recorded, actual, path)
}

function unequal(recorded: Plain, actual: Plain, path: string): Difference {
  const key = path.split('.').at(-1)
  const what = key === 'error' || key === 'errorType' ? key : 'value'
  return { what, path, recorded: short(recorded), actual: short(actual) }
}

function short(value: Plain): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
