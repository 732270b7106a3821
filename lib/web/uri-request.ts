import { type Context, type HttpRequest, Secret, type Source, shortened, type Value } from '../task.ts'
import { type Body, type bodyFormats, bodyOf } from './body.ts'
import { requestOf, shownHeaders, type WebWish } from './request.ts'

const redirects = { all: 'all', yes: 'all', no: 'none', none: 'none', safe: 'safe', urllib2: 'urllib2' } as const

/** The arguments of `uri`. */
export interface UriWish extends WebWish {
  readonly method: string
  readonly body?: Value | undefined
  readonly body_format: (typeof bodyFormats)[number]
  readonly src?: Source | string | undefined
  readonly status_code: readonly (number | string)[]
  readonly return_content: boolean
  readonly follow_redirects: keyof typeof redirects
  readonly creates?: string | undefined
  readonly removes?: string | undefined
  readonly dest?: string | undefined
  readonly mode?: string | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly unix_socket?: string | undefined
  readonly force: boolean
}

/** Does the request change nothing, by the rules of HTTP? */
export function isSafe({ method }: HttpRequest): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method)
}

/** The request that the arguments describe, with its body. */
export function uriRequest(args: UriWish, context: Pick<Context, 'environment'>): HttpRequest {
  const body = bodyIn(args)
  const source = typeof args.src === 'object' ? args.src : undefined
  return requestOf(args, context, {
    method: args.method.toUpperCase(),
    redirects: redirects[args.follow_redirects],
    socket: args.unix_socket,
    body: body?.content ?? (source && (source.text ?? (() => source.open()))),
    headers: {
      ...(body?.type !== undefined && { 'content-type': body.type }),
      ...(source && { 'content-length': String(source.size) }),
      ...(args.force && { 'cache-control': 'no-cache' }),
    },
  })
}

function bodyIn({ body, body_format }: UriWish): Body | undefined {
  return body === undefined || body === null ? undefined : bodyOf(body, body_format)
}

/** What a request that changes something would send, with secrets as labels. */
export function shownRequest({ src }: UriWish, request: HttpRequest) {
  const { method, url, headers, body } = request
  const text = typeof body === 'string' ? body : body instanceof Secret ? '(secret)' : undefined
  const file = src === undefined ? undefined : typeof src === 'string' ? src : src.path
  const sent = file === undefined ? text : `content of ${file}`
  const after = {
    method,
    url,
    headers: shownHeaders(headers),
    ...(sent !== undefined && { body: shortened(sent, 4000) }),
  }
  return { after, data: { kind: 'send' as const, request } }
}
