import type { Duplex } from 'node:stream'

/**
 * Greets whoever speaks DDP over an opened web socket, and answers his heartbeats
 * (https://github.com/meteor/meteor/blob/devel/packages/ddp/DDP.md); everything else is not heard.
 */
export function greet(socket: Duplex, session: string): void {
  socket.write(frame('{"server_id":"0"}'))
  let bytes: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let next = unframe(bytes); next !== undefined; next = unframe(bytes)) {
      bytes = next.rest
      const reply = next.opcode === 1 ? replyTo(next.text, session) : undefined
      if (reply !== undefined) socket.write(frame(JSON.stringify(reply)))
      if (next.opcode === 8) socket.end()
    }
  })
}

function replyTo(text: string, session: string): object | undefined {
  try {
    const { msg, version, id } = JSON.parse(text) as { msg?: unknown; version?: unknown; id?: unknown }
    if (msg === 'connect') return version === '1' ? { msg: 'connected', session } : { msg: 'failed', version: '1' }
    return msg === 'ping' ? { msg: 'pong', id } : undefined
  } catch {
    return { msg: 'error', reason: 'Bad request' }
  }
}

/** A text of less than 64 kB as a server sends it (RFC 6455, 5.2). */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const size = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.of(0x81, ...size), body])
}

/** The first frame of what a client has sent, which is masked; undefined when it is not all there or of more than 64 kB. */
function unframe(bytes: Buffer): { readonly opcode: number; readonly text: string; readonly rest: Buffer } | undefined {
  const short = (bytes[1] ?? 0) & 0x7f
  const start = short === 126 ? 4 : 2
  if (short === 127 || bytes.length < start + 4) return undefined
  const end = start + 4 + (short === 126 ? bytes.readUInt16BE(2) : short)
  if (bytes.length < end) return undefined
  const mask = bytes.subarray(start, start + 4)
  const body = Buffer.from(bytes.subarray(start + 4, end)).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return { opcode: (bytes[0] ?? 0) & 0x0f, text: Buffer.from(body).toString(), rest: bytes.subarray(end) }
}
