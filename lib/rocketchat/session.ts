import { createHash } from 'node:crypto'
import { ApiError, problem, TaskError } from '../core/diagnostic.ts'
import { reveal, Secret, type Text } from '../core/secret.ts'
import { isSuccess, type Reply, refusal } from './refusal.ts'
import { passwordHeaders } from './second-factor.ts'

/** Names under which the token for Ametys is kept beside the inventory. */
export const tokenSecret = 'ametys_token'
export const tokenUserSecret = 'ametys_user_id'

export interface Credentials {
  readonly user: string | undefined
  readonly password: Text | undefined
  readonly token: Secret | undefined
  readonly tokenUserId: Secret | undefined
}

/** Who we are to the server, and what proves it. */
export interface Session {
  readonly kind: 'token' | 'password'
  readonly userId: string
  readonly headers: { readonly [name: string]: string }
  /** Headers that satisfy the second factor of marked routes; empty when the token bypasses it. */
  readonly secondFactor: { readonly [name: string]: string }
  /** Headers to try once more with when the server asks a token for the password after all: it lacks the bypass flag. */
  readonly onDemand?: { readonly [name: string]: string }
  /** What `me` answered when the token was proven. */
  readonly me?: Reply
}

export type Send = (
  method: 'GET' | 'POST',
  path: string,
  headers: { readonly [name: string]: string },
  body?: unknown,
) => Promise<Reply>

export const mePath = '/api/v1/me'

export function tokenHeaders(userId: string, token: Secret): { readonly [name: string]: string } {
  return { 'x-user-id': userId, 'x-auth-token': token.reveal() }
}

/**
 * Signs in: with the token kept beside the inventory when the server still knows it and it is the administrator's,
 * otherwise with the administrator's password. An account with a second factor of its own is refused here, before any
 * write is: the server asks for it at the sign-in already, and a factor that it does not ask for then is asked for
 * nowhere, as the factor is switched off for all (rocketchat.md 5.2).
 * @throws ApiError `api-unauthorized`, `second-factor-in-the-way`, `server-without-database`; TaskError `no-credentials`.
 */
export async function signIn(credentials: Credentials, send: Send): Promise<Session> {
  const { token, tokenUserId, user, password } = credentials
  if (token && tokenUserId) {
    const headers = tokenHeaders(tokenUserId.reveal(), token)
    const reply = await send('GET', mePath, headers)
    if (isSuccess(reply) && isOf(user, reply))
      return {
        kind: 'token',
        userId: tokenUserId.reveal(),
        headers,
        secondFactor: {},
        me: reply,
        ...(password !== undefined && { onDemand: passwordHeaders(password) }),
      }
    if (!isSuccess(reply) && reply.status !== 401) throw refusal(`GET ${mePath}`, reply)
  }
  if (user === undefined || password === undefined) {
    throw new TaskError(
      problem('no-credentials', 'there is no account to sign in to Rocket.Chat with', {
        detail:
          token && tokenUserId ? 'the token that is kept is not accepted, or belongs to another account' : undefined,
        mend: 'set rocketchat_admin_username and rocketchat_admin_password for this host',
      }),
    )
  }
  return withPassword(user, password, send)
}

/** Is the token that of this account? User names and mail addresses are compared as a sign-in does: not by case. */
function isOf(user: string | undefined, reply: Reply): boolean {
  if (user === undefined) return true
  const { username, emails } = reply.json as { username?: string; emails?: readonly { address?: string }[] }
  const names = [username, ...(emails ?? []).map(({ address }) => address)]
  return names.some((name) => name?.toLowerCase() === user.toLowerCase())
}

async function withPassword(user: string, password: Text, send: Send): Promise<Session> {
  const digest = createHash('sha256').update(reveal(password)).digest('hex')
  const reply = await send('POST', '/api/v1/login', {}, { user, password: { digest, algorithm: 'sha-256' } })
  if (!isSuccess(reply)) throw loginRefused(user, reply)
  const { data } = reply.json as { data: { userId: string; authToken: string } }
  // A session token is a secret like the others: from here on the redactor knows it.
  const authToken = new Secret(data.authToken, 'session token')
  return {
    kind: 'password',
    userId: data.userId,
    headers: tokenHeaders(data.userId, authToken),
    secondFactor: passwordHeaders(password),
  }
}

function loginRefused(user: string, reply: Reply): ApiError {
  const body = reply.json as { error?: unknown; message?: unknown; details?: { method?: string } } | undefined
  if (body?.error === 'totp-required')
    return inTheWay(user, body.details?.method === 'email' ? 'email' : 'totp', reply.status)
  if (typeof body?.message === 'object' && body.message !== null) {
    return new ApiError(
      problem('server-without-database', 'Rocket.Chat answers, but it has lost its database', {
        mend: 'look at the container of MongoDB; this is not a wrong password',
      }),
      reply.status,
    )
  }
  return refusal(`POST /api/v1/login as ${user}`, reply)
}

function inTheWay(user: string, factor: 'totp' | 'email', status: number): ApiError {
  const kind = factor === 'totp' ? 'an authenticator app (TOTP)' : 'codes sent by mail'
  return new ApiError(
    problem('second-factor-in-the-way', `the account ${user} has a second factor: ${kind}`, {
      mend: 'switch it off for this account (My Account, Security), or give the runner a token that bypasses it (ametys_token and ametys_user_id)',
    }),
    status,
    'totp-required',
  )
}
