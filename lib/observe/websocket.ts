import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { shortened } from '../core/text.ts'
import type { Observer } from './observe.ts'
import { placeOf, rehearsed, requestStream, type Trouble, within } from './streams.ts'

/** Milliseconds until the server has said `connected`, unless `timeout` says otherwise. */
const patience = 10_000

/** The most of an answer that is kept, in characters. */
const most = 300

/** What `websocket` sees. */
export type SeenSocket =
  /** The socket opened and the server knows the protocol: its session began. */
  | { readonly session: string }
  /** It opened, but what came was not what Rocket.Chat says. */
  | { readonly said: string }
  /** Something else than 101 was answered. */
  | { readonly status: number; readonly server: string; readonly text: string; readonly location?: string }
  | Trouble

/**
 * Opens a web socket at `url` (http or https) as a browser does, says hello in DDP and hangs up; `ca`, `trust` as for `http`. No
 * session of a person begins, and nothing is written. Messages as in https://github.com/meteor/meteor/blob/devel/packages/ddp/DDP.md.
 */
export const websocket: Observer = async (input, eyes) => {
  const place = placeOf(input)
  return within(typeof input.timeout === 'number' ? input.timeout : patience, eyes, async (signal) => {
    if (eyes.rehearsal && !eyes.dial) return rehearsed
    const stream = await requestStream(place, { ...eyes, signal })
    const stop = () => stream.destroy(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await upgrade(place.url, stream)
    } finally {
      signal.removeEventListener('abort', stop)
      stream.destroy()
    }
  })
}

function upgrade(url: URL, stream: Duplex): Promise<SeenSocket> {
  const key = randomBytes(16).toString('base64')
  return new Promise((resolve, reject) => {
    const asked = request(url.href.replace(/^https:/, 'http:'), {
      createConnection: () => stream as never,
      headers: {
        host: url.host,
        connection: 'Upgrade',
        upgrade: 'websocket',
        origin: url.origin,
        'sec-websocket-key': key,
        'sec-websocket-version': '13',
        'user-agent': 'ametys-rocketchat',
      },
    })
    asked.once('error', reject)
    asked.once('response', (response) => refusal(response).then(resolve, reject))
    asked.once('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-accept'] !== acceptOf(key))
        return resolve({ said: 'an upgrade that answers another request (Sec-WebSocket-Accept does not fit)' })
      hello(socket, head).then(resolve, reject)
    })
    asked.end()
  })
}

/** What the far side must give back for our key (RFC 6455, 4.2.2). */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

async function refusal(response: IncomingMessage): Promise<SeenSocket> {
  let text = ''
  for await (const chunk of response) {
    text += String(chunk)
    if (text.length > most) break
  }
  const { location, server } = response.headers
  return {
    status: response.statusCode ?? 0,
    server: String(server ?? ''),
    text: shortened(text, most),
    ...(location !== undefined && { location }),
  }
}

/** The first message may be one without `msg`; after it the server says `connected`, or `failed` for another version. */
async function hello(socket: Duplex, head: Buffer): Promise<SeenSocket> {
  socket.write(frame(JSON.stringify({ msg: 'connect', version: '1', support: ['1'] })))
  let bytes = head
  for (;;) {
    for (let next = unframe(bytes); next !== undefined; next = unframe(bytes)) {
      bytes = next.rest
      if (next.opcode === 8) return { said: 'goodbye' }
      if (next.opcode > 2) continue
      const { msg, session } = parsed(next.text)
      if (msg === 'connected') return { session: String(session) }
      if (msg !== undefined || !next.text.startsWith('{')) return { said: shortened(next.text, most) }
    }
    const more: Buffer | undefined = await nextOf(socket)
    if (more === undefined) return { said: 'nothing, and hung up' }
    bytes = Buffer.concat([bytes, more])
    if (bytes.length > 1_000_000) return { said: 'a message without end' }
  }
}

function nextOf(socket: Duplex): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const done = (work: () => void) => {
      socket.off('data', data)
      socket.off('end', end)
      socket.off('error', fail)
      socket.pause()
      work()
    }
    const data = (chunk: Buffer) => done(() => resolve(chunk))
    const end = () => done(() => resolve(undefined))
    const fail = (error: Error) => done(() => reject(error))
    socket.once('data', data)
    socket.once('end', end)
    socket.once('error', fail)
    socket.resume()
  })
}

/** One text frame as a client sends it: whole and masked (RFC 6455, 5.2); for texts below 126 bytes. */
function frame(text: string): Buffer {
  const mask = randomBytes(4)
  const body = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.of(0x81, 0x80 | body.length), mask, body])
}

/** The first frame of what came, as a server sends it: without a mask; undefined when it is not all there. */
function unframe(bytes: Buffer): { readonly opcode: number; readonly text: string; readonly rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] ?? 0) & 0x7f
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < start) return undefined
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < start + size) return undefined
  const text = bytes.subarray(start, start + size).toString()
  return { opcode: (bytes[0] ?? 0) & 0x0f, text, rest: bytes.subarray(start + size) }
}

function parsed(text: string): { readonly msg?: unknown; readonly session?: unknown } {
  try {
    return JSON.parse(text) as { msg?: unknown }
  } catch {
    return {}
  }
}
