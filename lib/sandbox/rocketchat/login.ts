import { dropTokens, openSession, ownView, tokenHolder, touch, userByMail, userByName } from './accounts.ts'
import { type Answer, json, Refusal, refuse } from './answers.ts'
import { asDoc, type Call, type Route } from './call.ts'
import type { Doc, User } from './documents.ts'
import { type Password, passwordFits } from './passwords.ts'
import { demandSecondFactor } from './second-factor.ts'
import { isOn, numberOf, type ServerState, stamp, textOf } from './server-state.ts'

/** `POST login` and `POST logout` (rocketchat.md 4.1, 18.4 and 19.2). */
export const sessionRoutes: readonly Route[] = [
  { method: 'POST', path: 'login', login: 'none', reads: true, act: login },
  { method: 'POST', path: 'logout', reads: true, act: logout },
]

/** The login options once the compatible forms are unfolded. */
interface Options {
  readonly resume?: unknown
  readonly user?: unknown
  readonly password?: unknown
  readonly code?: string
  readonly rest: Doc
}

function login(call: Call): Answer {
  const { state } = call
  try {
    const { user, token } = authenticate(call)
    const me = ownView(state, user)
    const data = { userId: user._id, authToken: token, me }
    return json(200, { status: 'success', data, ...(state.rules.loginSuccessFlag && { success: true }) })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return json(401, refusedBody(state, error))
  }
}

function refusedBody(state: ServerState, { code, reason, details }: Refusal): Doc {
  const plain = code === undefined || typeof code === 'number'
  const merged = state.rules.loginRefusal === 'merged' && (plain || reason === 'User not found')
  const unknown = merged || reason === 'User not found'
  return {
    ...(state.rules.loginSuccessFlag && { success: false }),
    status: 'error',
    ...(unknown ? { error: 'Unauthorized' } : code !== undefined && { error: code }),
    ...(details && { details }),
    message: unknown ? 'Unauthorized' : reason,
  }
}

/** Checks a login and opens the session; a resumed one keeps its token. Throws the refusal. */
export function authenticate(call: Call): { user: User; token: string } {
  const { state, ip } = call
  const options = unfold(call.body)
  if (typeof options.resume === 'string' && options.resume !== '') return resume(state, options.resume)
  const user = byPassword(call, options)
  validateAttempt(call, user)
  demandSecondFactor(state, {
    user,
    code: options.code ?? headerCode(call),
    method: header(call, 'x-2fa-method'),
    kind: 'login',
    ip,
    agent: header(call, 'user-agent') ?? '',
  })
  state.failedLogins.forget(user._id, ip)
  const token = openSession(state, user)
  loggedIn(state, user)
  return { user, token }
}

const header = (call: Call, name: string): string | undefined => {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function headerCode(call: Call): string | undefined {
  return header(call, 'x-2fa-method') === undefined ? undefined : header(call, 'x-2fa-code')
}

function resume(state: ServerState, token: string): { user: User; token: string } {
  const found = tokenHolder(state, token)
  if (!found) throw refuse(403, "You've been logged out by the server. Please log in again.")
  if (!found.user.active) throw notActivated()
  loggedIn(state, found.user)
  return { user: found.user, token }
}

function loggedIn(state: ServerState, user: User): void {
  user.lastLogin = stamp(state)
  touch(state, user)
}

/** The short forms (`user`, `username`, `email`, each with `password` and perhaps `code`), or the body as it is. */
function unfold(body: Doc): Options {
  const { user, username, email, password, code, resume: token, ...rest } = body
  const short = password !== undefined && password !== null && token === undefined && Object.keys(rest).length === 0
  const who =
    typeof user === 'string'
      ? user.includes('@')
        ? { email: user }
        : { username: user }
      : username
        ? { username }
        : email
          ? { email }
          : undefined
  if (!short || !who) return { resume: token, user, password, rest: body }
  return { user: who, password, rest: {}, ...(code ? { code: String(code) } : {}) }
}

function byPassword(call: Call, { user, password, rest }: Options): User {
  const { state, ip } = call
  if (!password) throw refuse(400, 'Unrecognized options for login request')
  const mismatch = matchError(rest)
  if (mismatch !== undefined) throw plainly(mismatch)
  const given = asDoc(user)
  const hashed = asDoc(password)
  if ('hashed' in hashed) throw plainly('data and hash must be strings')
  if (typeof password !== 'string' && hashed.algorithm !== 'sha-256')
    throw plainly("Invalid password hash algorithm. Only 'sha-256' is allowed.")
  const found = findUser(state, given)
  if (!found) {
    noteFailure(state, undefined, ip)
    throw refuse(403, 'User not found')
  }
  if (isBlocked(state, found, ip)) throw blocked(state, found, ip)
  if (!passwordFits(password as Password, found.services.password?.bcrypt)) {
    noteFailure(state, found, ip)
    throw refuse(403, found.services.password ? 'Incorrect password' : 'User has no password set')
  }
  return found
}

/** What the real checker says of a body that is no short form: keys are looked at in their order. */
function matchError(body: Doc): string | undefined {
  for (const [key, value] of Object.entries(body)) {
    if (key === 'user' && (typeof value !== 'object' || value === null))
      return `Match error: Match error: Expected object, got ${value === null ? 'null' : typeof value} in field user`
    if (key !== 'user' && key !== 'password' && key !== 'code') return `Match error: Unknown key in field ${key}`
  }
  return Object.keys(body).length > 0 && body.user === undefined ? "Match error: Missing key 'user'" : undefined
}

function plainly(reason: string): Refusal {
  return new Refusal(400, {}, { reason })
}

function findUser(state: ServerState, given: Doc): User | undefined {
  const { username, email, id } = given
  if (typeof email === 'string') return userByMail(state, email)
  if (typeof username === 'string') return userByName(state, username) ?? userByName(state, username, true)
  return state.db.users.find(({ _id }) => _id === id)
}

function noteFailure(state: ServerState, user: User | undefined, ip: string): void {
  if (isOn(state, 'Block_Multiple_Failed_Logins_Enabled')) state.failedLogins.note(user?._id, ip, state.now())
}

function isBlocked(state: ServerState, user: User, ip: string): boolean {
  return blockedUser(state, user) || blockedIp(state, ip)
}

function blockedUser(state: ServerState, user: User): boolean {
  const prefix = 'Block_Multiple_Failed_Logins'
  if (!isOn(state, `${prefix}_Enabled`) || !isOn(state, `${prefix}_By_User`)) return false
  const most = numberOf(state, `${prefix}_Attempts_Until_Block_by_User`, 10)
  const minutes = numberOf(state, `${prefix}_Time_To_Unblock_By_User_In_Minutes`, 5)
  return state.failedLogins.blocked('user', user._id, most, minutes, state.now())
}

function blockedIp(state: ServerState, ip: string): boolean {
  const prefix = 'Block_Multiple_Failed_Logins'
  if (!isOn(state, `${prefix}_Enabled`) || !isOn(state, `${prefix}_By_Ip`)) return false
  if (textOf(state, `${prefix}_Ip_Whitelist`).split(',').includes(ip)) return false
  const most = numberOf(state, `${prefix}_Attempts_Until_Block_By_Ip`, 50)
  const minutes = numberOf(state, `${prefix}_Time_To_Unblock_By_Ip_In_Minutes`, 5)
  return state.failedLogins.blocked('ip', ip, most, minutes, state.now())
}

function blocked(state: ServerState, user: User, ip: string): Refusal {
  const details = { function: 'Accounts.validateLoginAttempt' }
  return blockedUser(state, user) || !blockedIp(state, ip)
    ? refuse('error-login-blocked-for-user', 'Login has been temporarily blocked For User', details)
    : refuse('error-login-blocked-for-ip', 'Login has been temporarily blocked For IP', details)
}

function notActivated(): Refusal {
  return refuse('error-user-is-not-activated', 'User is not activated', { function: 'Accounts.validateLoginAttempt' })
}

function validateAttempt({ state }: Call, user: User): void {
  const details = { function: 'Accounts.validateLoginAttempt' }
  if (!user.active) throw notActivated()
  if (user.roles.length === 0) throw refuse('error-user-has-no-roles', 'User has no roles', details)
  if (user.type === 'app')
    throw refuse('error-app-user-is-not-allowed-to-login', 'App user is not allowed to login', details)
  const verifiedOnly = isOn(state, 'Accounts_EmailVerification') && !user.roles.includes('admin')
  if (verifiedOnly && !user.emails?.some(({ verified }) => verified))
    throw refuse('error-invalid-email', 'Invalid email __email__')
}

/** Ends the session, or takes away the personal access token, that made the call. */
function logout(call: Call): Answer {
  const { state, user, token } = call
  if (user && token) {
    dropTokens(user, (each) => each === token)
    touch(state, user)
  }
  const done = { status: 'success', data: { message: "You've been logged out!" } }
  return json(200, { ...done, ...(state.rules.loginSuccessFlag && { success: true }) })
}
