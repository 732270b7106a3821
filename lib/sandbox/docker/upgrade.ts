import type { IncomingMessage } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import type { Reply } from './call.ts'

/** The length of a chunked body that is complete in `held`, and its content; undefined while more is to come. */
const dechunked = (held: Buffer): { readonly content: Buffer; readonly end: number } | undefined => {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = held.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(held.toString('latin1', at, line), 16)
    const start = line + 2
    if (held.length < start + size + 2) return undefined
    if (!(size > 0)) return { content: Buffer.concat(parts), end: start + 2 }
    parts.push(held.subarray(start, start + size))
    at = start + size + 2
  }
}

/**
 * A request that asks to take over its connection (`Connection: Upgrade`). Node hands such requests over without reading their body,
 * so the body is taken from the socket here; what comes after it is the client's input.
 */
export const openUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  let held = head
  let ended = false
  let wake = (): void => {}
  const gone = new AbortController()
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  socket.on('data', (piece: Buffer) => {
    held = Buffer.concat([held, piece])
    wake()
  })
  for (const name of ['end', 'close', 'error']) {
    socket.on(name, () => {
      ended = true
      if (name !== 'end') gone.abort()
      wake()
    })
  }

  const takeBody = async (): Promise<Buffer> => {
    const chunked = (request.headers['transfer-encoding'] ?? '').includes('chunked')
    const length = Number(request.headers['content-length'] ?? 0)
    for (;;) {
      if (!chunked && held.length >= length) {
        const content = held.subarray(0, length)
        held = held.subarray(length)
        return content
      }
      const whole = chunked ? dechunked(held) : undefined
      if (whole !== undefined) {
        held = held.subarray(whole.end)
        return whole.content
      }
      if (ended) throw new Error('unexpected EOF')
      await changed()
    }
  }

  const stdin = async (): Promise<Buffer> => {
    while (!ended) await changed()
    return held
  }

  const body = Readable.from(
    (async function* () {
      yield await takeBody()
    })(),
  )

  const headers = (first: string, lines: Readonly<Record<string, string>>): string =>
    `${[first, ...Object.entries(lines).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`

  const send = async (reply: Reply, common: Readonly<Record<string, string>>): Promise<void> => {
    const write = (piece: string | Buffer): void => {
      if (!socket.destroyed && socket.writable) socket.write(piece)
    }
    if (reply.kind === 'hijack') {
      const type = `application/vnd.docker.${reply.tty ? 'raw' : 'multiplexed'}-stream`
      write(headers('HTTP/1.1 101 UPGRADED', { 'Content-Type': type, Connection: 'Upgrade', Upgrade: 'tcp' }))
      await reply.run({ write, gone: gone.signal, stdin })
    } else if (reply.kind === 'stream') {
      write(headers('HTTP/1.1 200 OK', { ...common, 'Content-Type': reply.type, Connection: 'close' }))
      await reply.run({ write, gone: gone.signal })
    } else {
      const text = reply.kind === 'json' ? `${JSON.stringify(reply.body)}\n` : reply.body
      write(
        headers(`HTTP/1.1 ${reply.status} Answer`, {
          ...common,
          'Content-Type': reply.kind === 'json' ? 'application/json' : 'text/plain',
          'Content-Length': String(Buffer.byteLength(text)),
          Connection: 'close',
        }) + text,
      )
    }
    socket.end()
  }

  return { body, send }
}
