import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecuredServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureVersion } from 'node:tls'

/** How a public address behaves; what is left out is as a good proxy before a good Rocket.Chat does it. */
export interface SiteOptions {
  /** Chain and key in PEM; without them the site speaks http. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly oldest?: SecureVersion
  readonly newest?: SecureVersion
  readonly version?: string
  /** What is answered to any GET instead of `/api/info`. */
  readonly page?: {
    readonly status: number
    readonly headers?: { readonly [name: string]: string }
    readonly text?: string
  }
  readonly hsts?: string
  /** A status instead of a web socket; `mute` opens it and says nothing, `other` says something else, `forged` answers another request. */
  readonly socket?: number | 'mute' | 'other' | 'forged' | 'hangs-up' | 'old'
  /** Bytes above which uploads are refused by what they announce; `cut` hangs up in the middle, `early` refuses strangers at once. */
  readonly upload?: number | 'cut' | 'early' | 'broken'
}

export interface Site {
  readonly url: string
  readonly port: number
  /** Methods and paths, in order. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

export async function publicSite(options: SiteOptions = {}): Promise<Site> {
  const asked: string[] = []
  const answer: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (options.hsts !== undefined) response.setHeader('strict-transport-security', options.hsts)
    if (request.method === 'POST') return takeUpload(options, request, response)
    const { status, headers, text } = options.page ?? {
      status: 200,
      headers: { 'content-type': 'application/json' },
      text: JSON.stringify({ version: options.version ?? '8.6', success: true }),
    }
    response.writeHead(status, { ...headers }).end(text ?? '')
  }
  const server: Server = options.tls
    ? createSecuredServer(
        {
          ...options.tls,
          minVersion: options.oldest ?? 'TLSv1.2',
          maxVersion: options.newest ?? 'TLSv1.3',
          ciphers: 'DEFAULT@SECLEVEL=0',
        },
        answer,
      )
    : createServer(answer)
  const sockets = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => sockets.add(socket.on('error', () => undefined)))
  server.on('tlsClientError', () => undefined)
  server.on('upgrade', (request, socket) => {
    asked.push(`UPGRADE ${request.url}`)
    openSocket(
      options,
      request,
      socket.on('error', () => undefined),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls ? 'https' : 'http'}://localhost:${port}`,
    port,
    asked,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function openSocket({ socket: how }: SiteOptions, request: IncomingMessage, socket: Duplex): void {
  if (typeof how === 'number') {
    socket.end(`HTTP/1.1 ${how} No\r\nServer: proxy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`)
    return
  }
  const key = how === 'forged' ? 'x' : String(request.headers['sec-websocket-key'])
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  if (how === 'mute' || how === 'forged') return
  if (how === 'hangs-up') {
    socket.end()
    return
  }
  // A ping and a message without msg come first, as from a real server; what a client says is masked.
  socket.write(Buffer.concat([Buffer.of(0x89, 0), frame('{"server_id":"0"}')]))
  socket.once('data', (bytes: Buffer) => {
    const said = JSON.parse(unmask(bytes)) as { msg?: string; version?: string }
    if (said.msg !== 'connect' || said.version !== '1') return
    const reply = frame(
      how === 'other'
        ? 'hello from another program'
        : how === 'old'
          ? '{"msg":"failed","version":"pre2"}'
          : `{"msg":"connected","session":"s1","padding":"${'x'.repeat(200)}"}`,
    )
    // In two pieces, as a network may deliver it.
    socket.write(reply.subarray(0, 3))
    setImmediate(() => socket.write(reply.subarray(3)))
  })
}

function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const head = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.of(0x81, ...head), body])
}

function unmask(bytes: Buffer): string {
  const mask = bytes.subarray(2, 6)
  return Buffer.from(bytes.subarray(6).map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString()
}

function takeUpload({ upload: how }: SiteOptions, request: IncomingMessage, response: ServerResponse): void {
  const end = (status: number, text: string, headers: { readonly [name: string]: string } = {}) => {
    response.writeHead(status, headers)
    response.end(text)
  }
  const refuse = () => end(401, '{"success":false,"error":"You must be logged in to do this."}')
  if (how === 'early') refuse()
  else if (how === 'broken') end(502, 'bad gateway')
  else if (typeof how === 'number' && Number(request.headers['content-length']) > how)
    end(413, 'too large', { server: 'proxy' })
  else {
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (how === 'cut' && size > 100_000) request.socket.destroy()
    })
    request.on('error', () => undefined)
    request.on('end', refuse)
  }
}
