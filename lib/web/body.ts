import { textOf } from '../posix/json-text.ts'
import { derive, isMapping, Secret, type Text, type Value } from '../task.ts'

export const bodyFormats = ['raw', 'json', 'form-urlencoded', 'form-multipart'] as const

export interface Body {
  readonly content: Text
  /** `content-type`, unless the task gives its own. */
  readonly type: string | undefined
}

/**
 * A body in the format that is asked for; text that is to be JSON or a form is taken to be that already. A secret inside
 * makes it all secret. Throws RangeError for a value that has no such form.
 */
export function bodyOf(value: Value, format: (typeof bodyFormats)[number]): Body {
  switch (format) {
    case 'raw':
      return { content: textOf(value), type: undefined }
    case 'json':
      return { content: typeof value === 'boolean' ? String(value) : textOf(value), type: 'application/json' }
    case 'form-urlencoded':
      return { content: isText(value) ? value : form(value), type: 'application/x-www-form-urlencoded' }
    case 'form-multipart':
      return multipart(value)
    default:
      return format satisfies never
  }
}

const isText = (value: Value): value is Text => typeof value === 'string' || value instanceof Secret

/** Names and values of a mapping, or of a list of pairs; a list of values repeats the name, nothing leaves it out. */
function form(value: Value): Text {
  const pairs: (readonly [string, Text])[] = []
  const add = (name: string, one: Value) => {
    for (const item of Array.isArray(one) ? (one as readonly Value[]) : [one])
      if (item !== null) pairs.push([name, textOf(item)])
  }
  if (isMapping(value)) for (const [name, one] of Object.entries(value)) add(name, one)
  else if (Array.isArray(value)) {
    for (const pair of value as readonly Value[]) {
      const [name, one] = Array.isArray(pair) && pair.length === 2 ? (pair as readonly Value[]) : []
      if (one === undefined)
        throw new RangeError('a form is a mapping, or a list of lists with a name and a value each')
      add(String(name), one)
    }
  } else throw new RangeError('a form is a mapping, or a list of lists with a name and a value each')
  return derive(
    pairs.map(([, one]) => one),
    (...plain) =>
      new URLSearchParams(plain.map((one, index): [string, string] => [pairs[index]?.[0] ?? '', one])).toString(),
  )
}

interface Part {
  readonly head: string
  readonly content: Text
}

/** RFC 7578: each entry is a text, or `content` with `filename` and `mime_type`. */
function multipart(value: Value): Body {
  if (!isMapping(value)) throw new RangeError('a form of several parts is a mapping')
  const parts = Object.entries(value).map(([name, one]) => part(name, one))
  const contents = parts.map(({ content }) => content)
  const boundary = boundaryFor(contents)
  const content = derive(contents, (...plain) =>
    [
      ...plain.map((text, index) => `--${boundary}\r\n${parts[index]?.head}\r\n\r\n${text}\r\n`),
      `--${boundary}--\r\n`,
    ].join(''),
  )
  return { content, type: `multipart/form-data; boundary=${boundary}` }
}

function part(name: string, value: Value): Part {
  const quoted = (text: string) => text.replace(/["\r\n]/g, (one) => encodeURIComponent(one))
  const disposition = `Content-Disposition: form-data; name="${quoted(name)}"`
  if (!isMapping(value)) return { head: disposition, content: textOf(value) }
  const { content, filename, mime_type: type } = value
  if (content === undefined)
    throw new RangeError(`the part "${name}" has no content; read a file with lookup('file', ...)`)
  const file = filename === undefined ? '' : `; filename="${quoted(String(filename))}"`
  return {
    head: `${disposition}${file}\r\nContent-Type: ${String(type ?? (filename === undefined ? 'text/plain' : 'application/octet-stream'))}`,
    content: textOf(content as Value),
  }
}

/** The same for the same parts, so that a request is the same when it is shown and when it is sent; in none of them. */
function boundaryFor(contents: readonly Text[]): string {
  for (let number = 0; ; number++) {
    const boundary = `part-of-this-form-${number}`
    if (
      !contents.some((one) =>
        one instanceof Secret ? one.matches((text) => text.includes(boundary)) : one.includes(boundary),
      )
    )
      return boundary
  }
}
