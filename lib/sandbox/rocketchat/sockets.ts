import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Answer, plain } from './answers.ts'
import { greet } from './ddp.ts'
import { shortId } from './ids.ts'

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The web socket addresses when they are asked without an upgrade (rocketchat.md 18.21). */
export function sockjsAnswer(path: string, headers: IncomingHttpHeaders): Answer | undefined {
  if (path === '/websocket') return plain(400, 'Not a valid websocket request')
  if (path === '/sockjs') return plain(200, 'Welcome to SockJS!\n', { 'Content-Type': 'text/plain; charset=UTF-8' })
  if (path !== '/sockjs/info') return undefined
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'Cache-Control': 'no-store, no-cache, no-transform, must-revalidate, max-age=0',
      'Access-Control-Allow-Origin': headers.origin ?? '*',
    },
    body: {
      websocket: true,
      origins: ['*:*'],
      cookie_needed: false,
      entropy: createHash('sha1').update(String(headers['user-agent'])).digest().readUInt32BE(),
    },
  }
}

/**
 * Answers a request to switch protocols: 101 on the two socket addresses for any origin, as the real server does. On the plain one it
 * greets who says hello; otherwise it only keeps the socket open until the other end leaves. Other addresses are never answered.
 */
export function upgrade(request: IncomingMessage, socket: Duplex): void {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const version = request.headers['sec-websocket-version']
  socket.on('error', () => socket.destroy())
  if (path === '/sockjs') {
    const text = 'Welcome to SockJS!\n'
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    )
  } else if (path === '/websocket' || /^\/sockjs\/[^/]+\/[^/]+\/websocket$/.test(path)) {
    if (version !== '13') {
      const text = `Unsupported WebSocket version: ${version}`
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
      )
      return
    }
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${guid}`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    if (path === '/websocket') greet(socket, shortId())
  }
}
