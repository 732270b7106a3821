import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createSecuredServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Value } from '../../lib/core/plain.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { Store } from '../../lib/core/store.ts'
import { type Api, openApi } from '../../lib/rocketchat/client.ts'

/** A request as it arrived at the hand-made server. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Said {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  /** JSON unless it is text; `hang` never answers. */
  readonly body?: unknown
  readonly hang?: true
}

/** A server that says what the test wants, and remembers what it was asked. */
export interface ChatServer {
  readonly url: string
  readonly arrived: readonly Arrived[]
  close(): Promise<void>
}

/** `say` answers by `METHOD /path?query`; what it does not know is 404 as JSON. `tls` makes it speak https. */
export async function chatServer(
  say: (request: string, arrived: Arrived) => Said | undefined,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ChatServer> {
  const arrived: Arrived[] = []
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const [method = '', path = ''] = [request.method, request.url]
      const one = { method, path, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) }
      arrived.push(one)
      const {
        status = 200,
        headers = {},
        body = { success: true },
        hang,
      } = say(`${method} ${path}`, one) ?? { status: 404, body: { success: false } }
      if (hang) return
      const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json'
      response.writeHead(status, { 'content-type': type, ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  }
  const server = tls ? createSecuredServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}`,
    arrived,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export interface Opened {
  readonly api: Api
  /** What the limiter was waited for: milliseconds and why. */
  readonly waits: readonly (readonly [number, string])[]
  readonly store: Store
}

/** The client of a host whose chat is at `url`; `now` is the clock, and waiting moves it without taking time. */
export function openClient(
  url: string,
  {
    variables = {},
    secrets = {},
    signal = new AbortController().signal,
  }: {
    readonly variables?: { readonly [name: string]: Value }
    readonly secrets?: { readonly [name: string]: string }
    readonly signal?: AbortSignal
  } = {},
): Opened {
  const waits: [number, string][] = []
  const kept = new Map(Object.entries(secrets).map(([name, value]) => [name, new Secret(value, name)]))
  const store: Store = {
    get: async (name) => kept.get(name),
    set: async (name, value) => void kept.set(name, value),
    delete: async (name) => void kept.delete(name),
    names: async () => [...kept.keys()],
  }
  const all: { readonly [name: string]: Value } = {
    rocketchat_api_via: 'direct',
    rocketchat_url: url,
    rocketchat_admin_username: 'admin',
    rocketchat_admin_password: 'pass',
    ...variables,
  }
  let time = Date.parse('2026-11-22T09:00:00.000Z')
  const api = openApi({
    host: 'chat.example.org',
    variable: (name) => all[name],
    connection: () => Promise.reject(new Error('there is no link in this test')),
    store,
    signal,
    now: () => time,
    wait: async (ms, why) => {
      waits.push([ms, why])
      time += ms
    },
  })
  return { api, waits, store }
}

/** What a sign-in with the password gets. */
export const signedIn: Said = {
  body: { status: 'success', data: { userId: 'u1', authToken: 'session-token', me: {} } },
}
