import { randomInt } from 'node:crypto'
import { refuse } from './answers.ts'
import type { Doc, LoginToken, MailCode, User } from './documents.ts'
import { isSet } from './env.ts'
import { sha256 } from './ids.ts'
import { passwordFits } from './passwords.ts'
import { isOn, numberOf, type ServerState, stamp } from './server-state.ts'
import { totp } from './totp.ts'

/** One demand for a second factor. */
export interface Demand {
  readonly user: User
  readonly code?: string | undefined
  readonly method?: string | undefined
  /** The token of the caller; undefined at a login. */
  readonly token?: LoginToken | undefined
  /** `login` never falls back to the password; `never` accepts no remembered factor. */
  readonly kind: 'login' | 'remembered' | 'never'
  readonly ip: string
  readonly agent: string
}

type Method = 'totp' | 'email' | 'password'

/**
 * The rules of rocketchat.md 5.2 and 19.3. Returns when the caller may go on; throws `totp-required`,
 * `totp-invalid` or `totp-max-attempts` otherwise.
 */
export function demandSecondFactor(state: ServerState, demand: Demand): void {
  if (isSet(state.env, 'TEST_MODE') || !isOn(state, 'Accounts_TwoFactorAuthentication_Enabled')) return
  if (demand.kind !== 'login' && tokenSuffices(state, demand)) return
  const method = chooseMethod(state, demand)
  if (!method) return
  const mailed = pendingCode(state, demand.user)
  const refusal = { method, ...afterRefusal(state, demand, method), availableMethods: ownMethods(state, demand.user) }
  if (demand.code === undefined || demand.code === '') throw refuse('totp-required', 'TOTP Required', refusal)
  if (!codeFits(state, demand.user, method, demand.code, mailed)) {
    if (method === 'email' && countWrongTry(state, mailed))
      throw refuse('totp-max-attempts', 'TOTP Maximun Failed Attempts Reached', refusal)
    throw refuse('totp-invalid', 'TOTP Invalid', refusal)
  }
  if (demand.kind === 'remembered' && demand.token) remember(state, demand, demand.token)
}

function tokenSuffices(state: ServerState, { user, token, kind, ip, agent }: Demand): boolean {
  if (!token || !state.rules.secondFactorSeesToken) return false
  if (token.bypassTwoFactor === true) return true
  const young = Date.parse(user.createdAt) + rememberFor(state) >= state.now() && rememberFor(state) > 0
  if (state.rules.graceOpensAll && young && ownMethods(state, user).length === 0) return true
  if (kind === 'never') return false
  if (!state.rules.graceOpensAll && young) return true
  const until = token.twoFactorAuthorizedUntil
  return (
    until !== undefined &&
    Date.parse(until) >= state.now() &&
    token.twoFactorAuthorizedHash === fingerprint(state, ip, agent)
  )
}

function remember(state: ServerState, { ip, agent }: Demand, token: LoginToken): void {
  if (rememberFor(state) <= 0) return
  token.twoFactorAuthorizedHash = fingerprint(state, ip, agent)
  token.twoFactorAuthorizedUntil = new Date(state.now() + rememberFor(state)).toISOString()
}

const rememberFor = (state: ServerState) => 1000 * numberOf(state, 'Accounts_TwoFactorAuthentication_RememberFor', 1800)

const fingerprint = (state: ServerState, ip: string, agent: string) =>
  sha256(state.rules.rememberUserAgent ? `${agent}${ip}` : ip).slice(0, 32)

/** A named `totp` or `email` is taken even when the account lacks it; else its first own method, else the password. */
function chooseMethod(state: ServerState, { user, method, kind }: Demand): Method | undefined {
  if (method === 'totp' || method === 'email') return method
  const own = ownMethods(state, user)[0]
  if (own || kind === 'login') return own
  const fallback = isOn(state, 'Accounts_TwoFactorAuthentication_Enforce_Password_Fallback')
  return fallback && user.services.password ? 'password' : undefined
}

function ownMethods(state: ServerState, user: User): readonly ('totp' | 'email')[] {
  const totp = isOn(state, 'Accounts_TwoFactorAuthentication_By_TOTP_Enabled') && user.services.totp?.enabled === true
  return [...(totp ? (['totp'] as const) : []), ...(hasMailFactor(state, user) ? (['email'] as const) : [])]
}

function hasMailFactor(state: ServerState, user: User): boolean {
  return (
    isOn(state, 'Accounts_TwoFactorAuthentication_By_Email_Enabled') &&
    user.services.email2fa?.enabled === true &&
    verifiedMails(user).length > 0
  )
}

/** The verified addresses of an account. */
export function verifiedMails(user: User): readonly string[] {
  return (user.emails ?? []).filter(({ verified }) => verified).map(({ address }) => address)
}

function codeFits(state: ServerState, user: User, method: Method, code: string, mailed: MailCode | undefined): boolean {
  if (method === 'password') return passwordFits({ digest: code, algorithm: 'sha-256' }, user.services.password?.bcrypt)
  if (method === 'totp') return totpFits(state, user, code)
  if (!hasMailFactor(state, user) || mailed?.code !== code.replace(/\D/g, '')) return false
  delete user.services.emailCode
  return true
}

/** What a refusal tells besides the method; for mail, a code is sent unless one is still good. */
function afterRefusal(state: ServerState, { user, kind }: Demand, method: Method): Doc {
  if (method !== 'email') return { codeGenerated: false }
  const name = kind === 'login' ? user.username : verifiedMails(user)[0]
  const who = name === undefined ? {} : { emailOrUsername: name }
  const pending = pendingCode(state, user)
  if (pending) return { ...who, codeGenerated: false, codeExpires: pending.expire }
  sendMailCode(state, user)
  return { codeGenerated: true, ...who }
}

function pendingCode(state: ServerState, user: User): MailCode | undefined {
  const pending = user.services.emailCode
  return pending && Date.parse(pending.expire) > state.now() && pending.attempts < maxAttempts(state)
    ? pending
    : undefined
}

const maxAttempts = (state: ServerState) =>
  numberOf(state, 'Accounts_TwoFactorAuthentication_Max_Invalid_Email_Code_Attempts', 5)

/** A wrong try counts against the code that was good before it; true when that code is spent. */
function countWrongTry(state: ServerState, mailed: MailCode | undefined): boolean {
  if (!mailed) return false
  mailed.attempts += 1
  return mailed.attempts >= maxAttempts(state)
}

function totpFits(state: ServerState, user: User, code: string): boolean {
  const secret = user.services.totp?.enabled === true ? user.services.totp.secret : undefined
  if (secret === undefined) return false
  const delta = numberOf(state, 'Accounts_TwoFactorAuthentication_MaxDelta', 1)
  const step = Math.floor(state.now() / 30_000)
  return Array.from({ length: 2 * delta + 1 }, (_, index) => totp(secret, step + index - delta)).includes(code)
}

/** Draws a new code of six digits, stores it and puts the mail for each verified address into the outbox. */
export function sendMailCode(state: ServerState, user: User): void {
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  const life = numberOf(state, 'Accounts_TwoFactorAuthentication_By_Email_Code_Expiration', 3600)
  user.services.emailCode = { code, expire: new Date(state.now() + life * 1000).toISOString(), attempts: 0 }
  for (const to of verifiedMails(user)) state.outbox.push({ to, userId: user._id, code, at: state.now() })
  user._updatedAt = stamp(state)
}
