import { request as send } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, getCACertificates, type TLSSocket } from 'node:tls'
import type { HttpRequest } from '../core/http.ts'
import { revealAll } from '../core/text.ts'
import { basic } from './authorization.ts'

/** How streams are opened, and until when. */
export interface Way {
  dial(target: { readonly socket: string } | { readonly host: string; readonly port: number }): Promise<Duplex>
  readonly signal: AbortSignal
}

export interface Opened {
  readonly stream: Duplex
  /** A proxy wants the whole URL, and perhaps a password. */
  readonly absolute: boolean
  readonly headers: { readonly [name: string]: string }
}

/** Opens the stream that a request travels on: straight, through a proxy, or to a socket; with TLS for `https`. */
export async function open(request: HttpRequest, url: URL, way: Way): Promise<Opened> {
  const secured = url.protocol === 'https:'
  if (request.socket !== undefined) return straight(await soon(way.dial({ socket: request.socket }), way.signal))
  const target = { host: bare(url.hostname), port: portOf(url) }
  if (request.proxy === undefined) {
    const plain = await soon(way.dial(target), way.signal)
    return straight(secured ? await encrypted(plain, request, target.host, way.signal) : plain)
  }
  const proxy = new URL(revealAll(request.proxy) as string)
  const headers = proxyHeaders(proxy)
  const first = await soon(way.dial({ host: bare(proxy.hostname), port: portOf(proxy) }), way.signal)
  const plain = proxy.protocol === 'https:' ? await encrypted(first, request, bare(proxy.hostname), way.signal) : first
  if (!secured) return { stream: plain, absolute: true, headers }
  const tunnel = await through(plain, `${url.hostname}:${target.port}`, headers, way.signal)
  return straight(await encrypted(tunnel, request, target.host, way.signal))
}

function straight(stream: Duplex): Opened {
  return { stream, absolute: false, headers: {} }
}

function proxyHeaders({ username, password }: URL): { readonly [name: string]: string } {
  if (username === '') return {}
  return { 'proxy-authorization': basic(decodeURIComponent(username), decodeURIComponent(password)) }
}

/** Asks a proxy for a way to `authority`. */
function through(
  stream: Duplex,
  authority: string,
  headers: { readonly [name: string]: string },
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asked = send({
      createConnection: () => stream as never,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...headers },
      setHost: false,
      signal,
    })
    asked.once('connect', (message, socket, head) => {
      if (message.statusCode !== 200) {
        socket.destroy()
        reject(new Error(`the proxy refuses with ${message.statusCode} ${message.statusMessage}`))
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    asked.once('error', reject)
    asked.end()
  })
}

function encrypted(plain: Duplex, { tls }: HttpRequest, host: string, signal: AbortSignal): Promise<TLSSocket> {
  const given = revealAll({ ca: tls.ca, cert: tls.certificate, key: tls.key }) as { readonly [name: string]: string }
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connectTls({
    socket: plain,
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls.verify,
    ...(given.ca !== undefined && { ca: [...getCACertificates(), given.ca] }),
    ...(given.cert !== undefined && { cert: given.cert, key: given.key ?? given.cert }),
  })
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  socket.once('secureConnect', () => resolve(socket))
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('the far side ended the connection before it was encrypted')))
  return promise
    .catch((error: unknown) => {
      socket.destroy()
      plain.destroy()
      throw error
    })
    .finally(() => signal.removeEventListener('abort', stop))
}

/** A stream that comes too late is closed again. */
function soon(stream: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const give = () => {
      stream.then((one) => one.destroy()).catch(() => undefined)
      reject(signal.reason)
    }
    signal.addEventListener('abort', give, { once: true })
    stream.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

/** An IPv6 address without the brackets of an URL. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}
