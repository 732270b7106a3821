import { isMapping, type Plain } from '../../core/plain.ts'

/** An answer as it was recorded; `headers` is absent where only the body was kept. */
export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly body: Plain
}

/** One exchange of a recording. */
export interface Exchange {
  readonly file: string
  /** Its place in the file, from 0. */
  readonly row: number
  readonly note: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: Plain | undefined
  }
  readonly response: RecordedAnswer
}

/** A row that is no exchange: something seen beside the requests, a note, or a request without an answer. */
export interface Observation {
  readonly file: string
  readonly row: number
  readonly note: string
  readonly content: { readonly [key: string]: Plain }
}

export type Row = Exchange | Observation

/** True for rows that can be replayed. */
export function isExchange(row: Row): row is Exchange {
  return 'request' in row
}

/** Reads the rows of one recording; undefined when the file is something else. `file` is its name, for messages. */
export function readRows(file: string, content: unknown): readonly Row[] | undefined {
  if (!Array.isArray(content) || !content.some((each) => isMapping(each) && ('request' in each || 'note' in each)))
    return undefined
  return content.map((each: unknown, row) =>
    readRow(file, row, isMapping(each) ? (each as { [key: string]: Plain }) : {}),
  )
}

function readRow(file: string, row: number, content: { readonly [key: string]: Plain }): Row {
  const { note, request, response } = content
  const text = typeof note === 'string' ? note : ''
  if (!isMapping(request) || !isMapping(response) || typeof response.status !== 'number')
    return { file, row, note: text, content }
  return {
    ...{ file, row, note: text },
    request: {
      method: String(request.method),
      path: String(request.path),
      headers: texts(request.headers),
      body: request.body as Plain | undefined,
    },
    response: {
      status: response.status,
      headers: isMapping(response.headers) ? texts(response.headers) : undefined,
      body: (response.body ?? null) as Plain,
    },
  }
}

function texts(value: unknown): Record<string, string> {
  return isMapping(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), String(each)]))
    : {}
}

/** Every object inside a value, the value itself included. */
export function objectsIn(value: Plain | undefined): readonly { readonly [key: string]: Plain }[] {
  if (Array.isArray(value)) return value.flatMap((each: Plain) => objectsIn(each))
  if (!isMapping(value)) return []
  const own = value as { readonly [key: string]: Plain }
  return [own, ...Object.values(own).flatMap((each) => objectsIn(each))]
}

/** A body as an object; empty when it is anything else. */
export function fields(value: Plain | undefined): { readonly [key: string]: Plain } {
  return isMapping(value) ? (value as { readonly [key: string]: Plain }) : {}
}

/** The request's path without the query. */
export function pathOf({ request }: Exchange): string {
  return request.path.split('?')[0] ?? request.path
}
