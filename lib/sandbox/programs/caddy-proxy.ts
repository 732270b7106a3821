import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ProgramContext } from '../docker/program.ts'
import type { CaddyConfig, Site } from './caddyfile.ts'

/** Answers one request as the configuration says: forwarded, sent to https, or an empty page for names that nobody configured. */
export function answer(
  context: ProgramContext,
  config: CaddyConfig,
  secured: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.setHeader('Server', 'Caddy')
  const found = siteFor(config, secured, request)
  if (found === 'redirect') {
    const site = config.sites.find(({ host }) => host === nameIn(request))
    const port = site === undefined || site.port === config.httpsPort ? '' : `:${site.port}`
    response.writeHead(308, { Location: `https://${nameIn(request)}${port}${request.url ?? ''}` }).end()
    return
  }
  for (const [name, value] of Object.entries(found?.headers ?? {})) response.setHeader(name, value)
  if (found?.upstream === undefined) {
    response.end()
    return
  }
  const port = context.resolve(found.upstream.host, found.upstream.port)
  const failed = () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  }
  if (port === undefined) {
    failed()
    return
  }
  const onward = ask(
    {
      host: '127.0.0.1',
      port,
      path: request.url,
      method: request.method,
      headers: headersFor(found, secured, request),
    },
    (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    },
  )
  onward.on('error', failed)
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

/** Passes the upgrade to a web socket on, and what flows through it afterwards. */
export function upgrade(
  context: ProgramContext,
  config: CaddyConfig,
  secured: boolean,
  request: IncomingMessage,
  socket: Duplex,
): void {
  const found = siteFor(config, secured, request)
  const upstream = found === 'redirect' ? undefined : found?.upstream
  const port = upstream && context.resolve(upstream.host, upstream.port)
  socket.on('error', () => undefined)
  if (found === undefined || found === 'redirect' || port === undefined) {
    socket.end('HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return
  }
  const onward = ask({
    host: '127.0.0.1',
    port,
    path: request.url,
    headers: { ...headersFor(found, secured, request), connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' },
  })
  onward.on('error', () => socket.destroy())
  onward.on('response', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\nContent-Length: 0\r\n\r\n'))
  onward.on('upgrade', (reply, far: Socket, head: Buffer) => {
    const lines = Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}`)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.write(head)
    far.on('error', () => socket.destroy())
    far.on('close', () => socket.end())
    socket.on('close', () => far.destroy())
    far.pipe(socket)
    socket.pipe(far)
  })
  onward.end()
}

function siteFor({ sites }: CaddyConfig, secured: boolean, request: IncomingMessage): Site | 'redirect' | undefined {
  const name = nameIn(request)
  const scheme = secured ? 'https' : 'http'
  const site = sites.find((one) => one.scheme === scheme && (one.host === name || one.host === ''))
  if (site) return site
  return !secured && sites.some((one) => one.scheme === 'https' && one.host === name) ? 'redirect' : undefined
}

function nameIn({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
}

/** What the browser says of itself is not believed. */
function headersFor(
  site: Site,
  secured: boolean,
  { headers, socket }: IncomingMessage,
): Record<string, string | string[]> {
  const address = socket.remoteAddress ?? '127.0.0.1'
  const set = Object.entries(site.headersUp).map(([name, value]) => [
    name.toLowerCase(),
    value.replaceAll('{remote_host}', address),
  ])
  return {
    ...(Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >),
    'x-forwarded-for': address,
    'x-forwarded-proto': secured ? 'https' : 'http',
    'x-forwarded-host': headers.host ?? '',
    ...(Object.fromEntries(set) as Record<string, string>),
  }
}
