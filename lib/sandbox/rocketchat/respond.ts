import type { IncomingHttpHeaders } from 'node:http'
import { holder } from './accounts.ts'
import { type Answer, json, plain } from './answers.ts'
import { avatarAnswer } from './avatars.ts'
import type { Call, Route } from './call.ts'
import { apiHeaders, foreignOrigin, preflight } from './cors.ts'
import type { User } from './documents.ts'
import { infoAnswer } from './info-routes.ts'
import { pageAnswer, webPage } from './pages.ts'
import { runRoute } from './pipeline.ts'
import { parseBody } from './request-body.ts'
import type { Match } from './routes.ts'
import { isOn, type ServerState, textOf } from './server-state.ts'
import { sockjsAnswer } from './sockets.ts'

/** A request as it came in. */
export interface Incoming {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** Address of the other end of the socket. */
  readonly peer: string
}

/** An answer, and whether the request was one that changes the server and was accepted. */
export interface Outcome {
  readonly answer: Answer
  readonly wrote: boolean
}

/** Answers one request. */
export function respond(state: ServerState, lookUp: (path: string) => Match | undefined, incoming: Incoming): Outcome {
  const url = new URL(incoming.target, 'http://localhost')
  const frame = frameRule(state, url.pathname)
  const { answer, route } = answerTo(state, lookUp, incoming, url)
  const accepted = answer.status >= 200 && answer.status < 300
  const changes = route?.method === 'POST' && !route.reads && !answer.unchanged
  return { answer: framed(state, answer, url.pathname, frame), wrote: accepted && changes }
}

function answerTo(
  state: ServerState,
  lookUp: (path: string) => Match | undefined,
  incoming: Incoming,
  url: URL,
): { answer: Answer; route?: Route } {
  const { method, headers } = incoming
  const path = url.pathname
  if (method === 'GET' && path === '/api/info') {
    const user = loggedIn(state, headers)?.user
    return { answer: withApiHeaders(state, infoAnswer(state, user), headers.origin) }
  }
  const match = path.startsWith('/api/v1/') ? lookUp(path.slice('/api/v1/'.length)) : undefined
  if (match) return onRoute(state, match, incoming, url)
  return { answer: outside(state, incoming, url) }
}

/** Addresses that are no route. */
function outside(state: ServerState, incoming: Incoming, url: URL): Answer {
  const { method, headers } = incoming
  const path = url.pathname
  const below = path === '/api' || path.startsWith('/api/')
  if (below && state.rules.unknownApiPath === 'text-404')
    return plain(404, '404 Not Found', { 'Content-Type': 'text/plain; charset=UTF-8' })
  const socket = sockjsAnswer(path, headers)
  if (socket) return socket
  const viewer = visitor(state, headers, url)
  if (path.startsWith('/avatar/')) return avatarAnswer(state, path, visitor(state, {}, url, headers.cookie))
  const page = pageAnswer(state, method, path, viewer)
  if (page) return method === 'HEAD' ? { ...page, body: '' } : page
  if (method !== 'GET' && method !== 'HEAD') return plain(405, '', { Allow: 'OPTIONS, GET, HEAD' })
  const html = webPage(state)
  return method === 'HEAD' ? { ...html, body: '' } : html
}

function onRoute(
  state: ServerState,
  { routes, params }: Match,
  incoming: Incoming,
  url: URL,
): { answer: Answer; route?: Route } {
  const { method, headers, bytes, peer } = incoming
  const origin = headers.origin
  if (method === 'OPTIONS') return { answer: preflight(state, origin, headers['access-control-request-method']) }
  const foreign = foreignOrigin(state, origin)
  if (foreign) return { answer: foreign }
  const route = routes.get(method)
  if (!route && method === 'HEAD' && state.rules.unknownApiPath === 'web-page')
    return { answer: { ...webPage(state), body: '' } }
  if (!route) return { answer: wrongMethod(state, [...routes.keys()], origin) }
  const contentType = headers['content-type'] ?? ''
  const body = parseBody(bytes, contentType)
  if (body.broken && state.rules.brokenBody === 'html-400') return { answer: badRequest() }
  const found = loggedIn(state, headers)
  const call: Call = {
    ...{ state, method, path: url.pathname, headers, query: url.searchParams, params, contentType },
    ip: addressOf(state, headers, peer),
    body: body.fields,
    parts: body.parts,
    user: route.login === 'none' ? undefined : found?.user,
    token: found?.token,
  }
  return { route, answer: withApiHeaders(state, runRoute(route, call), origin) }
}

function wrongMethod(state: ServerState, methods: readonly string[], origin: string | undefined): Answer {
  if (state.rules.unknownApiPath === 'text-404')
    return plain(404, '404 Not Found', { 'Content-Type': 'text/plain; charset=UTF-8' })
  const answer = json(405, { status: 'error', message: 'API endpoint does not exist' })
  const allow = { Allow: [...methods, 'OPTIONS'].join(', ') }
  return withApiHeaders(state, { ...answer, headers: { ...answer.headers, ...allow } }, origin)
}

function badRequest(): Answer {
  const page =
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Bad Request</pre>\n</body>\n</html>\n'
  return plain(400, page, { 'Content-Type': 'text/html; charset=utf-8' })
}

function withApiHeaders(state: ServerState, answer: Answer, origin: string | undefined): Answer {
  return { ...answer, headers: { ...apiHeaders(state, origin), ...answer.headers } }
}

const isSocket = (path: string) => path.startsWith('/sockjs') || path === '/websocket'

/** The frame rule of the two Iframe settings, as they stand when the request comes in. */
function frameRule(state: ServerState, path: string): Record<string, string> {
  if (isSocket(path) || !isOn(state, 'Iframe_Restrict_Access')) return {}
  return { 'X-Frame-Options': textOf(state, 'Iframe_X_Frame_Options') }
}

/** What all answers carry: open to any origin, and the frame rule. */
function framed(state: ServerState, answer: Answer, path: string, frame: Record<string, string>): Answer {
  const silent = state.rules.cors === 'every-request' && path.startsWith('/api/')
  const bare = silent || path === '/health' || path === '/theme.css' || isSocket(path)
  const known = answer.headers['Access-Control-Allow-Origin'] !== undefined
  const open: Record<string, string> = bare || known ? {} : { 'Access-Control-Allow-Origin': '*' }
  return { ...answer, headers: { ...open, ...frame, ...answer.headers } }
}

function loggedIn(state: ServerState, headers: IncomingHttpHeaders) {
  const one = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined)
  const found = holder(state, one('x-user-id'), one('x-auth-token'))
  return found?.user.active ? found : undefined
}

/** Who looks at a file or picture: by headers, query or cookie. */
function visitor(
  state: ServerState,
  headers: IncomingHttpHeaders,
  url: URL,
  cookie = headers.cookie,
): User | undefined {
  const cookies = new Map((cookie ?? '').split(';').map((each) => each.trim().split('=') as [string, string]))
  const pairs = [
    [headers['x-user-id'], headers['x-auth-token']],
    [url.searchParams.get('rc_uid') ?? undefined, url.searchParams.get('rc_token') ?? undefined],
    [cookies.get('rc_uid'), cookies.get('rc_token')],
  ]
  const texts = pairs.map(([id, token]) => [id, token].map((each) => (typeof each === 'string' ? each : undefined)))
  return texts.map(([id, token]) => holder(state, id, token)?.user).find((user) => user !== undefined)
}

/** The address a call counts for: the entry of X-Forwarded-For that HTTP_FORWARDED_COUNT (1) points at, else X-Real-IP. */
function addressOf(state: ServerState, headers: IncomingHttpHeaders, peer: string): string {
  const count = Number(state.env.HTTP_FORWARDED_COUNT ?? 1)
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  const last = count > 0 ? forwarded.at(-count) : undefined
  const real = headers['x-real-ip']
  return last ?? (typeof real === 'string' && real !== '' ? real : peer)
}
