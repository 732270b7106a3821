import type { IncomingHttpHeaders } from 'node:http'
import type { Engine } from './engine.ts'
import { badParameter } from './refusal.ts'

/** A request on its way through the engine. */
export interface Call {
  readonly engine: Engine
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The body, to be read once. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Where a streamed answer is written. */
export interface Output {
  readonly write: (piece: string | Buffer) => void
  /** Aborted when the client has gone away. */
  readonly gone: AbortSignal
}

/** A connection that has been taken over: the client's bytes come in while output goes out. */
export interface Hijacked extends Output {
  /** All that the client sends until it closes its side; empty when the connection was not upgraded. */
  readonly stdin: () => Promise<Buffer>
}

export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  | {
      readonly kind: 'stream'
      readonly type: string
      readonly headers?: Record<string, string>
      readonly run: (out: Output) => Promise<void>
    }
  | { readonly kind: 'hijack'; readonly tty: boolean; readonly run: (out: Hijacked) => Promise<void> }

export type Handler = (call: Call) => Reply | Promise<Reply>

export const json = (body: unknown, status = 200): Reply => ({ kind: 'json', status, body })
export const text = (body: string, headers: Record<string, string> = {}): Reply => ({
  kind: 'text',
  status: 200,
  body,
  headers,
})
/** An answer without a body. */
export const empty = (status: number): Reply => ({ kind: 'text', status, body: '' })

/** A parameter of the query that is on or off, read as the engine reads it. */
export const flag = (query: URLSearchParams, name: string): boolean =>
  !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? '').toLowerCase().trim())

/** A whole number of the query; throws 400 for other text. */
export const wholeNumber = (query: URLSearchParams, name: string): number | undefined => {
  const found = query.get(name)
  if (found === null || found === '') return undefined
  if (!/^-?\d+$/.test(found)) throw badParameter(`strconv.Atoi: parsing "${found}": invalid syntax`)
  return Number(found)
}

/** A time of the query in seconds since 1970, fractions allowed; throws 400 for other text. */
export const timestamp = (query: URLSearchParams, name: string): number | undefined => {
  const found = query.get(name)
  if (found === null || found === '' || found === '0') return undefined
  const seconds = /^\d+(?:\.\d+)?$/.test(found) ? Number(found) : Date.parse(found) / 1000
  if (Number.isNaN(seconds)) throw badParameter(`strconv.ParseInt: parsing "${found}": invalid syntax`)
  return seconds
}

/** The whole body. */
export const readAll = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The body as JSON; throws 400 when it is another type, empty or broken. */
export const readJson = async ({ headers, body }: Call): Promise<unknown> => {
  const type = headers['content-type']
  const raw = (await readAll(body)).toString('utf8')
  if (type === undefined && raw !== '') throw badParameter('malformed Content-Type header (): mime: no media type')
  if (type !== undefined && type.split(';')[0]?.trim() !== 'application/json') {
    throw badParameter(`unsupported Content-Type header (${type}): must be 'application/json'`)
  }
  if (raw.trim() === '') throw badParameter('invalid JSON: got EOF while reading request body')
  try {
    return JSON.parse(raw)
  } catch (problem) {
    throw badParameter(`invalid JSON: ${problem instanceof Error ? problem.message : String(problem)}`)
  }
}
