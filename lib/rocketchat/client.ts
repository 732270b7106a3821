import { readFileSync } from 'node:fs'
import type { Connection } from '../core/connection.ts'
import { ConnectError, LoadError, problem, TaskError, ToolError } from '../core/diagnostic.ts'
import type { ApiIo } from '../core/module.ts'
import type { Value } from '../core/plain.ts'
import type { Answer } from '../core/query.ts'
import { sh } from '../core/script.ts'
import { Secret, type Text } from '../core/secret.ts'
import type { Store } from '../core/store.ts'
import { revealAll } from '../core/text.ts'
import { createHttp, type Endpoint, type Http } from './http.ts'
import { Pace } from './pace.ts'
import { demandsPassword, isSuccess, type Reply, refusal } from './refusal.ts'
import { mayDemandSecondFactor } from './second-factor.ts'
import { mePath, type Send, type Session, signIn, tokenHeaders, tokenSecret, tokenUserSecret } from './session.ts'

/**
 * Milliseconds for one call unless `rocketchat_api_timeout` says otherwise. A server that lost its database answers most
 * calls with 500 after 30 s and a sign-in after 61 s only (rocketchat.md 18.25): that one is not waited for.
 */
const callTimeout = 40_000

/** How long the host may take to show that it is still there, in milliseconds. */
const linkPatience = 5_000

/** Milliseconds during which a refused sign-in is not tried again: ten wrong ones block the account. */
const refusedFor = 15_000

export interface ApiOptions {
  readonly host: string
  /** The host's rendered variables: `rocketchat_url`, `rocketchat_api_via` … */
  variable(name: string): Value | undefined
  /** The link to the host, for `rocketchat_api_via: link`. */
  connection(): Promise<Connection>
  readonly store: Store
  readonly signal: AbortSignal
  /** Waits for the limiter, showing why. */
  wait(ms: number, why: string): Promise<void>
  /** Milliseconds since 1970; the machine's clock when absent. */
  readonly now?: () => number
}

export interface Api extends ApiIo {
  /** Requests that were sent. */
  readonly calls: number
  /** A question: any HTTP status is an answer. Throws when nothing could be asked: unreachable, sign-in refused. */
  get(path: string, as: 'session' | 'token' | 'nobody'): Promise<Answer>
  close(): Promise<void>
}

/** The API of one host's Rocket.Chat: signs in when that is needed first, keeps to the limiter, never sends a write it knows to be refused. */
export function openApi(options: ApiOptions): Api {
  const { now = Date.now } = options
  let http: Http | undefined
  let session: Promise<Session> | undefined
  let refused: { readonly error: unknown; readonly until: number } | undefined
  /** What `me` said when the session was opened: good for the questions that come with it, until something is written. */
  let me: { readonly of: Session; readonly reply: Reply } | undefined
  /** Sessions to end: those that a password opened. */
  const opened = new Set<Session>()
  const pace = new Pace(options.wait, now)
  let calls = 0

  const send: Send = (method, path, headers, body) =>
    pace.send(method, path, () => {
      http ??= createHttp(endpointOf(options))
      calls++
      return http.send({ method, path, headers, body, signal: options.signal, timeout: timeoutOf(options) })
    })

  const signedIn = (): Promise<Session> => {
    if (refused && refused.until > now()) return Promise.reject(refused.error)
    session ??= credentialsOf(options)
      .then((credentials) => signIn(credentials, send))
      .then((signed) => {
        if (signed.kind === 'password') opened.add(signed)
        if (signed.me) me = { of: signed, reply: signed.me }
        return signed
      })
      .catch((error: unknown) => {
        session = undefined
        if (error instanceof ToolError && error.code !== 'api-unreachable')
          refused = { error, until: now() + refusedFor }
        throw error
      })
    return session
  }

  /** Signs in anew once when the session has ended in between (revoked token, restarted server). */
  const withSession = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Reply> => {
    for (let again = false; ; again = true) {
      const signing = signedIn()
      const current = await signing
      const marked = method === 'POST' && mayDemandSecondFactor(path)
      const first = await send(method, path, { ...current.headers, ...(marked && current.secondFactor) }, body)
      const proving = marked && demandsPassword(first) ? current.onDemand : undefined
      const reply = proving ? await send(method, path, { ...current.headers, ...proving }, body) : first
      if (reply.status !== 401 || again) return reply
      opened.delete(current)
      if (session === signing) session = undefined
    }
  }

  const ask = async (path: string, as: 'session' | 'token' | 'nobody'): Promise<Reply> => {
    switch (as) {
      case 'nobody':
        return send('GET', path, {})
      case 'token': {
        // Signing in proves the token first of all; what it heard is not asked again.
        await signedIn().catch(() => undefined)
        const { token, tokenUserId } = await credentialsOf(options)
        const known = me?.of.kind === 'token' && path === mePath ? me.reply : undefined
        return known ?? (token && tokenUserId ? send('GET', path, tokenHeaders(tokenUserId.reveal(), token)) : noToken)
      }
      case 'session': {
        const current = await signedIn()
        if (path === mePath && me?.of === current) return me.reply
        return whole(path, await withSession('GET', path), (next) => withSession('GET', next))
      }
      default:
        return as satisfies never
    }
  }

  return {
    get calls() {
      return calls
    },
    get: async (path, as) => answerOf(await ask(path, as)),
    async request(method, path, body) {
      me = undefined
      const reply = await withSession(method, path, revealAll(body))
      if (!isSuccess(reply)) throw refusal(`${method} ${path}`, reply)
      return answerOf(reply)
    },
    renew() {
      session = undefined
      refused = undefined
      me = undefined
    },
    async proves(userId, token) {
      return isSuccess(await send('GET', mePath, tokenHeaders(userId, token)))
    },
    async close() {
      // Sessions of ours are ended, so that the fifty that a user may have are not used up; a token must live on.
      if (!options.signal.aborted)
        for (const { headers } of opened) await send('POST', '/api/v1/logout', headers).catch(() => undefined)
      opened.clear()
      session = undefined
      me = undefined
      await http?.close()
      http = undefined
    },
  }
}

/** Stands for the answer to a question with a token that is not there. */
const noToken: Reply = {
  status: 401,
  contentType: 'application/json',
  location: undefined,
  text: '',
  json: { success: false },
  resetAt: undefined,
  remaining: undefined,
}

function timeoutOf({ host, variable }: ApiOptions): number {
  const seconds = variable('rocketchat_api_timeout')
  if (seconds === undefined || seconds === null) return callTimeout
  if (typeof seconds === 'number' && seconds > 0) return seconds * 1000
  throw new LoadError(
    problem(
      'bad-variable',
      `host ${host}: rocketchat_api_timeout should be a number of seconds, not ${String(seconds)}`,
    ),
  )
}

async function credentialsOf({ variable, store }: ApiOptions) {
  const user = variable('rocketchat_admin_username')
  return {
    user: typeof user === 'string' ? user : undefined,
    password: text(variable('rocketchat_admin_password')),
    token: await store.get(tokenSecret),
    tokenUserId: await store.get(tokenUserSecret),
  }
}

function text(value: Value | undefined): Text | undefined {
  return typeof value === 'string' || value instanceof Secret ? value : undefined
}

/** Where the API of the host is: on its own loopback through the link (default), or at its public address. */
function endpointOf({ host, variable, connection }: ApiOptions): Endpoint {
  const via = variable('rocketchat_api_via') ?? 'link'
  if (via === 'link') {
    const port = Number(variable('rocketchat_api_port') ?? 3000)
    return {
      url: `http://127.0.0.1:${port}`,
      dial: async () => (await connection()).dial({ host: '127.0.0.1', port }),
      demandLink: async () => {
        const link = await connection()
        await link.exec(sh`:`, { timeout: linkPatience, what: 'a request to Rocket.Chat' }).catch((error: unknown) => {
          if (error instanceof ConnectError) throw error
        })
      },
    }
  }
  if (via !== 'direct')
    throw new LoadError(
      problem('bad-variable', `host ${host}: rocketchat_api_via should be link or direct, not ${String(via)}`),
    )
  const url = variable('rocketchat_url')
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new LoadError(
      problem(
        'bad-variable',
        `host ${host}: rocketchat_url should be the address of the chat, such as https://chat.example.org`,
      ),
    )
  }
  const file = variable('rocketchat_ca_file')
  const proxy = variable('rocketchat_proxy')
  return {
    url,
    ...(typeof file === 'string' && file !== '' && { ca: readCa(file) }),
    ...(typeof proxy === 'string' && proxy !== '' && { proxy }),
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new TaskError(
      problem('no-such-file', `rocketchat_ca_file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
        mend: 'give the path of a PEM file on this machine',
      }),
    )
  }
}

/** Reads on when a list asked for with `count=0` came back cut (`API_Allow_Infinite_Count` off: 100 at most). */
async function whole(path: string, first: Reply, next: (path: string) => Promise<Reply>): Promise<Reply> {
  if (!/[?&]count=0(&|$)/.test(path) || !isSuccess(first)) return first
  const body = first.json as { [key: string]: unknown; total?: number }
  const name = Object.keys(body).find((key) => Array.isArray(body[key]))
  if (name === undefined || typeof body.total !== 'number') return first
  const items = [...(body[name] as unknown[])]
  while (items.length > 0 && items.length < body.total) {
    const reply = await next(`${path.replace(/count=0/, 'count=100')}&offset=${items.length}`)
    const more = isSuccess(reply) ? ((reply.json as { [key: string]: unknown })[name] as unknown[]) : []
    if (more.length === 0) break
    items.push(...more)
  }
  return { ...first, json: { ...body, [name]: items } }
}

function answerOf(reply: Reply): Answer {
  return { ok: isSuccess(reply), code: reply.status, text: reply.text, errors: '', json: reply.json }
}
