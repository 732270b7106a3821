import { request } from 'node:http'
import { isMapping, type Plain } from '../../core/plain.ts'
import type { ActualAnswer } from './replay-compare.ts'

/** A request ready to be sent. */
export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Plain | undefined
}

/** The smallest picture: what the recordings upload as a PNG of 70 bytes. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Sends a request as it stands and collects the answer; an upgrade to a web socket is closed at once. */
export async function send(url: string, outgoing: Outgoing, contents: readonly string[] = []): Promise<ActualAnswer> {
  const { body, headers } = encode(outgoing, contents)
  const { promise, resolve, reject } = Promise.withResolvers<ActualAnswer>()
  const { hostname, port } = new URL(url)
  const target = { hostname, port, path: outgoing.path, method: outgoing.method, agent: false as const }
  const sent = request({
    ...target,
    headers: {
      'user-agent': 'replay',
      ...headers,
      ...socketHeaders(outgoing),
      ...(body.length > 0 && { 'content-length': body.length }),
    },
  })
  const take = (status: number, kept: NodeJS.Dict<string | string[]>, bytes: Uint8Array) =>
    resolve({
      status,
      bytes,
      headers: Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, String(value)])),
    })
  sent.on('error', reject)
  sent.on('upgrade', (response, socket) => {
    socket.destroy()
    take(response.statusCode ?? 0, response.headers, new Uint8Array())
  })
  sent.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => take(response.statusCode ?? 0, response.headers, Buffer.concat(chunks)))
  })
  sent.end(body)
  return promise
}

function socketHeaders({ headers }: Outgoing): Record<string, string> {
  if (headers.upgrade === undefined) return {}
  return {
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-version': headers['sec-websocket-version'] ?? '13',
  }
}

function encode(
  { body, headers }: Outgoing,
  contents: readonly string[],
): { body: Buffer; headers: Record<string, string> } {
  if (body === undefined) return { body: Buffer.alloc(0), headers: { ...headers } }
  if (typeof body === 'string') return { body: Buffer.from(body), headers: { ...headers } }
  const parts = isMapping(body) ? (body as { readonly [key: string]: Plain }).multipart : undefined
  if (isMapping(parts)) return multipart(parts as { readonly [key: string]: Plain }, headers, contents)
  return { body: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/json', ...headers } }
}

/** A multipart body from its description; `contents` are texts that files of the same length are known to have held. */
function multipart(
  parts: { readonly [key: string]: Plain },
  headers: Readonly<Record<string, string>>,
  contents: readonly string[],
) {
  const boundary = '----replay'
  const pieces = Object.entries(parts).flatMap(([name, part]) => {
    if (!isMapping(part))
      return [Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${String(part)}\r\n`)]
    const { filename, type, bytes } = part as { readonly [key: string]: Plain }
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${String(filename)}"\r\nContent-Type: ${String(type)}\r\n\r\n`
    return [Buffer.from(head), contentOf(String(type), Number(bytes), contents), Buffer.from('\r\n')]
  })
  const { 'content-type': _, ...others } = headers
  return {
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { ...others, 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

function contentOf(type: string, bytes: number, contents: readonly string[]): Buffer {
  if (type === 'image/png' && bytes === picture.length) return picture
  const known = contents.find((text) => Buffer.byteLength(text) === bytes)
  return known === undefined ? Buffer.alloc(bytes, 'x') : Buffer.from(known)
}
