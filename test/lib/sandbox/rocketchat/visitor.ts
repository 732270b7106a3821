import { createHash } from 'node:crypto'
import { request } from 'node:http'
import type { RocketChatDouble } from '../../../../lib/sandbox/rocketchat/server.ts'

/** An answer as the tests look at it. */
export interface Seen {
  readonly status: number
  readonly type: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Parsed when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects and fails when it is not there
  readonly body: any
}

/** Sends one request; a body that is an object goes as JSON, a text as it is. */
export function ask(
  double: Pick<RocketChatDouble, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>()
  const bytes = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const sent = request(new URL(path, double.url), { method, agent: false, headers: { ...type, ...headers } })
  sent.on('error', reject)
  sent.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const kind = response.headers['content-type']
      const kept = Object.entries(response.headers).map(([key, value]) => [key, String(value)])
      const parsed = kind?.startsWith('application/json') && /^[{["]/.test(text) ? JSON.parse(text) : text
      resolve({ status: response.statusCode ?? 0, type: kind, headers: Object.fromEntries(kept), body: parsed })
    })
  })
  sent.end(bytes)
  return promise
}

/** The headers of somebody who has just logged in. */
export async function logIn(
  double: Pick<RocketChatDouble, 'url'>,
  user = 'rcadmin',
  password = 'Admin-pass-1',
): Promise<Record<string, string>> {
  const { status, body } = await ask(double, 'POST', '/api/v1/login', { user, password })
  if (status !== 200) throw new Error(`login of ${user}: ${status} ${JSON.stringify(body)}`)
  return { 'x-user-id': body.data.userId, 'x-auth-token': body.data.authToken }
}

/** The two headers that prove a password. */
export function passwordFactor(password = 'Admin-pass-1'): Record<string, string> {
  return { 'x-2fa-method': 'password', 'x-2fa-code': createHash('sha256').update(password).digest('hex') }
}

/** An administrator through the environment. */
export const adminEnv = {
  ADMIN_USERNAME: 'rcadmin',
  ADMIN_NAME: 'RC Admin',
  ADMIN_PASS: 'Admin-pass-1',
  ADMIN_EMAIL: 'admin@example.org',
}

/** A clock that a test moves. */
export function handClock(at = Date.parse('2026-11-22T09:00:00.000Z')): {
  now: () => number
  minutes: (count: number) => void
} {
  let now = at
  return {
    now: () => now,
    minutes: (count) => {
      now += count * 60_000
    },
  }
}
