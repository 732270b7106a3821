import { type IncomingMessage, request as send } from 'node:http'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { problem, TaskError, ToolError } from '../core/diagnostic.ts'
import type { HttpReply, HttpRequest } from '../core/http.ts'
import { revealAll } from '../core/text.ts'
import { authorization } from './authorization.ts'
import { decoded } from './decoded.ts'
import { open, type Way } from './open.ts'

/** Redirects that are followed until it is called a loop. */
const most = 10

/**
 * Sends one request over streams of the host and gives the answer as soon as its head is there; the body streams. Follows
 * redirects and answers a demand for a password. Throws TaskError `http-failed` when there is no answer, and what the link
 * throws when it is lost.
 */
export async function exchange(request: HttpRequest, way: Way): Promise<HttpReply> {
  let now: HttpRequest = request
  let login = request.login?.atOnce === true
  for (let hop = 0; ; hop++) {
    const url = new URL(now.url)
    const sent = login && request.login ? await authorization(now, undefined) : undefined
    let message = await once(now, url, sent, way)
    const asked = message.headers['www-authenticate']
    if (message.statusCode === 401 && request.login && asked !== undefined && !login) {
      const answer = await authorization(now, asked)
      if (answer !== undefined) {
        message.destroy()
        message = await once(now, url, answer, way)
        login = !/^digest/i.test(answer)
      }
    }
    const next = following(now, message)
    if (next === undefined) return replyOf(message, now, hop > 0)
    message.destroy()
    if (hop >= most) throw failed(request, `it redirects more than ${most} times`)
    if (new URL(next.url).origin !== url.origin) {
      login = false
      const { login: _, ...rest } = next
      now = { ...rest, headers: without(next.headers, ['authorization', 'cookie']) }
    } else now = next
  }
}

function once(request: HttpRequest, url: URL, authorized: string | undefined, way: Way): Promise<IncomingMessage> {
  const limit = new AbortController()
  const late = () => limit.abort(failed(request, `no answer within ${request.timeout / 1000} s`, 'LATE'))
  let timer = setTimeout(late, request.timeout)
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(late, request.timeout)
  }
  const signal = AbortSignal.any([way.signal, limit.signal])
  const work = async (): Promise<IncomingMessage> => {
    const { stream, absolute, headers: forProxy } = await open(request, url, { ...way, signal })
    return new Promise((resolve, reject) => {
      const headers = revealAll({
        host: url.host,
        'user-agent': 'ansible-httpget',
        'accept-encoding': 'identity',
        connection: 'close',
        ...request.headers,
        ...(authorized !== undefined && { authorization: authorized }),
        ...forProxy,
        ...lengthOf(request),
      }) as { readonly [name: string]: string }
      const asked = send({
        createConnection: () => stream as never,
        method: request.method,
        path: absolute ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
        headers,
        setHost: false,
        signal,
      })
      asked.once('response', (message) => {
        alive()
        message.on('data', alive)
        message.pause()
        finished(message)
          .catch(() => undefined)
          .finally(() => {
            clearTimeout(timer)
            stream.destroy()
          })
        resolve(message)
      })
      asked.once('error', (error) => {
        stream.destroy()
        reject(error)
      })
      write(request, asked).catch(reject)
    })
  }
  return work().catch((error: unknown) => {
    clearTimeout(timer)
    way.signal.throwIfAborted()
    if (limit.signal.aborted) throw limit.signal.reason
    throw error instanceof ToolError && error.code !== 'dial-refused'
      ? error
      : failed(request, reasonOf(error), codeOf(error), error)
  })
}

function lengthOf({ body }: HttpRequest): { readonly [name: string]: string } {
  if (body === undefined || typeof body === 'function') return {}
  const bytes = Buffer.isBuffer(body) ? body.length : Buffer.byteLength(revealAll(body) as string)
  return { 'content-length': String(bytes) }
}

async function write({ body }: HttpRequest, to: import('node:http').ClientRequest): Promise<void> {
  if (body === undefined) return void to.end()
  if (typeof body !== 'function') return void to.end(Buffer.isBuffer(body) ? body : (revealAll(body) as string))
  for await (const chunk of body()) if (!to.write(chunk)) await new Promise((go) => to.once('drain', go))
  to.end()
}

/** The request that a redirect asks for; undefined when there is none, or none that is followed. */
function following(request: HttpRequest, { statusCode = 0, headers }: IncomingMessage): HttpRequest | undefined {
  const { location } = headers
  const { method, redirects } = request
  if (location === undefined || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined
  const safe = method === 'GET' || method === 'HEAD'
  const follows = { none: false, safe, urllib2: safe || method === 'POST', all: true }[redirects]
  if (!follows) return undefined
  const url = new URL(location.replaceAll(' ', '%20'), request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  const keeps =
    statusCode === 307 || statusCode === 308 || method === 'HEAD' || (statusCode === 301 && method !== 'POST')
  const headersLeft = without(request.headers, request.unredirected ?? [])
  if (keeps) return { ...request, url: url.href, headers: headersLeft }
  const { body: _, ...rest } = request
  return { ...rest, url: url.href, method: 'GET', headers: without(headersLeft, ['content-type', 'content-length']) }
}

function without(headers: HttpRequest['headers'], names: readonly string[]): HttpRequest['headers'] {
  const gone = new Set(names.map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.has(name)))
}

function replyOf(message: IncomingMessage, { url, decompress }: HttpRequest, redirected: boolean): HttpReply {
  const headers = Object.entries(message.headersDistinct).map(([name, values = []]) => [name, values.join(', ')])
  const body: Readable = decompress ? decoded(message, message.headers['content-encoding']) : message
  return {
    status: message.statusCode ?? 0,
    reason: message.statusMessage ?? '',
    url,
    redirected,
    headers: Object.fromEntries(headers),
    cookies: message.headers['set-cookie'] ?? [],
    body,
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string }).code
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  if (error instanceof TaskError) return error.diagnostics[0]?.detail ?? error.message
  return error instanceof Error ? error.message : String(error)
}

const mends: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there: look whether the service runs, and at which address',
  'dial-refused': 'nothing answers there, as seen from the host: look whether the service runs, and at which address',
  ENOTFOUND: 'the name does not lead anywhere from there: check it, and the name service',
  LATE: 'look why it is silent (a firewall drops without a word); if it is only slow, raise timeout',
  CERT_HAS_EXPIRED: 'the certificate has expired: renew it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed: give it in ca_path',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here: give its certificate in ca_path',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here: give its certificate in ca_path',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here: give its certificate in ca_path',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name: ask for that name',
}

/** There is no answer; the mend hangs on Node's word for it. */
function failed({ method, url }: HttpRequest, why: string, code?: string, cause?: unknown): TaskError {
  const { origin, pathname } = new URL(url)
  const diagnostic = problem('http-failed', `${method} ${origin}${pathname}: ${why}`, { mend: mends[code ?? ''] })
  return new TaskError(diagnostic, { cause })
}
