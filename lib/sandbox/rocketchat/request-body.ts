import type { IncomingMessage } from 'node:http'
import type { Doc } from './documents.ts'

/** One part of a multipart body. */
export interface Part {
  readonly name: string
  /** Set for files. */
  readonly filename?: string
  readonly type?: string
  readonly content: Buffer
}

/** A body once read; `broken` when it calls itself JSON and is not. */
export interface Body {
  readonly fields: Doc
  readonly parts: readonly Part[] | undefined
  readonly broken: boolean
}

const limit = 50 * 1024 * 1024

/**
 * Reads the whole body of a request; one above 50 MB ends the connection, as the real limit does. That is a limit of what is parsed
 * at once: files of a form are streamed, and have one of their own.
 */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  const streamed = request.headers['content-type']?.startsWith('multipart/form-data') === true
  let size = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > limit && !streamed) request.destroy()
  }
  return Buffer.concat(chunks)
}

/** Understands JSON, forms and multipart; any other content type counts as an empty body. */
export function parseBody(bytes: Buffer, contentType: string): Body {
  const empty: Body = { fields: {}, parts: undefined, broken: false }
  if (contentType.startsWith('multipart/form-data')) return { ...empty, parts: parseMultipart(bytes, contentType) }
  if (bytes.length === 0) return empty
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return { ...empty, fields: Object.fromEntries(new URLSearchParams(bytes.toString())) }
  if (!contentType.startsWith('application/json')) return empty
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...empty, fields: value as Doc }
      : { ...empty, broken: typeof value !== 'object' }
  } catch {
    return { ...empty, broken: true }
  }
}

function parseMultipart(bytes: Buffer, contentType: string): readonly Part[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1]
  if (boundary === undefined) return []
  const parts: Part[] = []
  const mark = Buffer.from(`--${boundary}`)
  let from = bytes.indexOf(mark)
  while (from >= 0) {
    const next = bytes.indexOf(mark, from + mark.length)
    if (next < 0) break
    const part = parsePart(bytes.subarray(from + mark.length + 2, next - 2))
    if (part) parts.push(part)
    from = next
  }
  return parts
}

function parsePart(bytes: Buffer): Part | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end).toString()
  const name = /[; ]name="([^"]*)"/.exec(head)?.[1]
  if (end < 0 || name === undefined) return undefined
  const filename = /filename="([^"]*)"/.exec(head)?.[1]
  const type = /content-type: *([^\r\n;]+)/i.exec(head)?.[1]
  return {
    name,
    content: bytes.subarray(end + 4),
    ...(filename !== undefined && { filename, type: type ?? 'application/octet-stream' }),
  }
}
