import { createHash } from 'node:crypto'

/** Where a planted secret was found and in which form. */
export interface Find {
  readonly secret: string
  readonly form: string
  readonly place: string
  /** What stands around it. */
  readonly around: string
}

/** A text that a run left somewhere, and the name of that place. */
export interface Trace {
  readonly place: string
  readonly text: string
}

export interface Search {
  /** Every secret that stands in one of the texts, told once for each of them. */
  in(traces: readonly Trace[]): readonly Find[]
}

/** Characters of a secret that must not stand in a row: what cuts a text short must not leave the beginning of a secret. */
const piece = 9

/** Secrets shorter than this cannot be told from other text. */
const least = 5

interface Needle {
  readonly secret: string
  readonly form: string
  readonly text: string
}

/**
 * Looks for secrets in all forms that programs write them in. It has its own idea of these forms and shares nothing with
 * the redactor of the program. Of secrets with sixteen random characters in a row, each piece of nine is looked for too.
 */
export function searchFor(secrets: { readonly [name: string]: string }): Search {
  const needles: Needle[] = []
  const pieces = new Map<string, string>()
  for (const [secret, value] of Object.entries(secrets)) {
    const texts = [value, ...linesOf(value)].filter((one) => one.length >= least)
    for (const text of texts)
      for (const [form, shape] of formsOf(text)) if (shape.length >= least) needles.push({ secret, form, text: shape })
    for (const [run] of value.matchAll(/[A-Za-z0-9]{16,}/g))
      for (let at = 0; at + piece <= run.length; at++) pieces.set(run.slice(at, at + piece), secret)
  }
  return {
    in: (traces) => traces.flatMap((trace) => first([...whole(trace, needles), ...inPieces(trace, pieces)])),
  }
}

/** One find for each secret is enough to know. */
function first(finds: readonly Find[]): readonly Find[] {
  const known = new Map(finds.toReversed().map((find) => [find.secret, find]))
  return [...known.values()]
}

function whole({ place, text }: Trace, needles: readonly Needle[]): Find[] {
  const bare = text.replaceAll(/\s+/g, '')
  return needles.flatMap(({ secret, form, text: needle }) => {
    const within = /base64|hex/.test(form) ? bare : text
    const at = within.indexOf(needle)
    return at < 0 ? [] : [{ secret, form, place, around: around(within, at, needle.length) }]
  })
}

function inPieces({ place, text }: Trace, pieces: ReadonlyMap<string, string>): Find[] {
  const found = new Map<string, Find>()
  for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9]{9,}/g)) {
    for (let at = 0; at + piece <= run.length; at++) {
      const secret = pieces.get(run.slice(at, at + piece))
      if (secret !== undefined && !found.has(secret))
        found.set(secret, { secret, form: 'piece', place, around: around(text, index + at, piece) })
    }
  }
  return [...found.values()]
}

function around(text: string, at: number, length: number): string {
  return text.slice(Math.max(0, at - 60), at + length + 30)
}

function linesOf(value: string): readonly string[] {
  const lines = value.split('\n').filter((line) => line.length >= 8 && !/^-----/.test(line))
  return value.includes('\n') ? lines : []
}

function* formsOf(text: string): Iterable<readonly [form: string, text: string]> {
  const bytes = Buffer.from(text)
  const json = JSON.stringify(text).slice(1, -1)
  const url = encodeURIComponent(text)
  yield ['raw', text]
  yield ['JSON', json]
  yield ['JSON in JSON', JSON.stringify(json).slice(1, -1)]
  yield ['JSON, ASCII', json.replaceAll(/[\u0080-\uffff]/g, escaped)]
  yield ['JSON, slashes', json.replaceAll('/', '\\/')]
  yield ['JSON for HTML', json.replaceAll(/[<>&]/g, escaped)]
  yield ['URL', url]
  yield ['URL, lower', url.replaceAll(/%../g, (one) => one.toLowerCase())]
  yield ['URL, form', new URLSearchParams({ v: text }).toString().slice(2)]
  yield ['URL, path', encodeURI(text)]
  yield ['shell', text.replaceAll("'", "'\\''")]
  yield ['shell, double quotes', text.replaceAll("'", `'"'"'`)]
  yield ['shell, in double quotes', text.replaceAll(/[\\"$`]/g, '\\$&')]
  yield ['shell, backslashes', text.replaceAll(/[^\w@%+=:,./\n-]/gu, '\\$&')]
  yield ['Python', text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')]
  yield [
    'HTML',
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ]
  yield ['hex', bytes.toString('hex')]
  for (const sum of ['md5', 'sha1', 'sha256'])
    for (const ending of ['', '\n']) yield [`${sum} as hex`, createHash(sum).update(`${text}${ending}`).digest('hex')]
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before, 'x'), bytes])
    const sure = whole.toString('base64').slice(before === 0 ? 0 : before + 1, Math.floor((whole.length * 8) / 6))
    yield [`base64 ${before}`, sure]
    yield [`base64 ${before}, for URLs`, sure.replaceAll('+', '-').replaceAll('/', '_')]
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
