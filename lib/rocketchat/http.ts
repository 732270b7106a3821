import type { Duplex } from 'node:stream'
import { connect as connectTls, getCACertificates } from 'node:tls'
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import { ConnectError, problem, TaskError } from '../core/diagnostic.ts'
import type { Reply } from './refusal.ts'

/** Where the API is. */
export interface Endpoint {
  /** Base address without a path at the end: `http://127.0.0.1:3000`, `https://chat.example.org`. */
  readonly url: string
  /** Opens the stream when the way leads through the host's link; without it this machine dials itself. */
  readonly dial?: () => Promise<Duplex>
  /** After a stream through the link broke: throws ConnectError when it was the link that did. */
  readonly demandLink?: () => Promise<void>
  /** PEM certificates to trust besides the system's. */
  readonly ca?: string
  /** Address of an HTTP proxy. */
  readonly proxy?: string
}

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: unknown
  readonly signal: AbortSignal
  /** Milliseconds until the whole answer must be there. */
  readonly timeout: number
}

export interface Http {
  send(call: Call): Promise<Reply>
  close(): Promise<void>
}

/** The one place where requests to Rocket.Chat are made. No `Origin` header is ever sent; redirects are not followed. */
export function createHttp(endpoint: Endpoint): Http {
  const dispatcher = dispatcherOf(endpoint)
  return {
    async send({ method, path, headers, body, signal, timeout }) {
      const limit = AbortSignal.timeout(timeout)
      try {
        const answer = await request(new URL(path, endpoint.url), {
          dispatcher,
          method,
          headers: {
            accept: 'application/json',
            'user-agent': 'ametys-rocketchat',
            ...headers,
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.any([signal, limit]),
          headersTimeout: timeout,
          bodyTimeout: timeout,
        })
        return replyOf(answer.statusCode, answer.headers, await answer.body.text())
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (error instanceof ConnectError) throw error
        if (!limit.aborted && !(error instanceof TaskError)) await endpoint.demandLink?.()
        throw unreachable(endpoint, limit.aborted ? late(method, path, timeout) : error)
      }
    },
    close: () => dispatcher.close(),
  }
}

function dispatcherOf(endpoint: Endpoint): Dispatcher {
  // What is given here takes the place of the usual authorities, unless they are given too.
  const tls = endpoint.ca === undefined ? {} : { ca: [...getCACertificates(), endpoint.ca] }
  if (endpoint.proxy !== undefined) return new ProxyAgent({ uri: endpoint.proxy, requestTls: tls })
  const { dial } = endpoint
  if (!dial) return new Agent({ connect: { ...tls, timeout: 10_000 }, keepAliveTimeout: 30_000, connections: 6 })
  return new Agent({
    connections: 6,
    keepAliveTimeout: 30_000,
    connect: (options, callback) => {
      dial().then(
        (stream) => {
          if (options.protocol !== 'https:') return callback(null, stream as never)
          const secured = connectTls({
            socket: stream,
            servername: options.hostname,
            ALPNProtocols: ['http/1.1'],
            ...tls,
          })
          secured.once('secureConnect', () => callback(null, secured as never))
          secured.once('error', (error) => callback(error, null))
        },
        (error: unknown) => callback(error as Error, null),
      )
    },
  })
}

function replyOf(
  status: number,
  headers: { readonly [name: string]: string | string[] | undefined },
  text: string,
): Reply {
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const contentType = one('content-type') ?? ''
  const numeric = (name: string): number | undefined => (one(name) === undefined ? undefined : Number(one(name)))
  return {
    status,
    contentType,
    location: one('location'),
    text,
    json: contentType.includes('json') ? parsed(text) : undefined,
    resetAt: numeric('x-ratelimit-reset'),
    remaining: numeric('x-ratelimit-remaining'),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const causes: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there: is Rocket.Chat running?',
  LATE: 'a server that has lost its database lets callers wait like this (30 to 61 s): look at MongoDB; if the server is only slow, raise rocketchat_api_timeout',
  ENOTFOUND: 'the name does not resolve: check rocketchat_url and the name service of this machine',
  EAI_AGAIN: 'the name service of this machine does not answer',
  CERT_HAS_EXPIRED: 'the certificate has expired: renew it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed: give its authority in rocketchat_ca_file',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority is not known here: give it in rocketchat_ca_file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the chain is incomplete or its authority unknown: serve the intermediate certificate, or give the authority in rocketchat_ca_file',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority is not known here: give it in rocketchat_ca_file',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name than that in rocketchat_url',
}

function late(method: string, path: string, timeout: number): Error {
  const what = `${method} ${path.split('?')[0]}`
  return Object.assign(new Error(`no answer to ${what} within ${timeout / 1000} s`), { code: 'LATE' })
}

/** Nothing answered, or nothing that can be trusted: code `api-unreachable`. */
function unreachable(endpoint: Endpoint, error: unknown): TaskError {
  const { code, message } = error as { code?: string; message?: string }
  const way = endpoint.dial ? `${endpoint.url} as seen from the host` : endpoint.url
  return new TaskError(
    problem('api-unreachable', `Rocket.Chat cannot be reached at ${way}: ${message ?? String(error)}`, {
      mend: causes[code ?? ''] ?? 'check the address, the firewall and that the server runs',
    }),
    { cause: error },
  )
}
