import type { Doc, LoginToken, Upload, User } from './documents.ts'
import { hashToken, newToken, shortId } from './ids.ts'
import { may, type ServerState, settingValue, stamp, textOf } from './server-state.ts'

/** The account with this id. */
export function userById(state: ServerState, id: unknown): User | undefined {
  return state.db.users.find(({ _id }) => _id === id)
}

/** The account with this user name; the case counts, unless `lenient`. */
export function userByName(state: ServerState, name: unknown, lenient = false): User | undefined {
  if (typeof name !== 'string') return undefined
  const wanted = name.toLowerCase()
  return state.db.users.find(({ username }) => (lenient ? username?.toLowerCase() === wanted : username === name))
}

/** The account that has this mail address, whatever the case. */
export function userByMail(state: ServerState, address: string): User | undefined {
  const wanted = address.toLowerCase()
  return state.db.users.find(({ emails }) => emails?.some((mail) => mail.address.toLowerCase() === wanted))
}

/** The tokens of an account. */
export function tokensOf(user: User): LoginToken[] {
  user.services.resume ??= { loginTokens: [] }
  return user.services.resume.loginTokens
}

/** Opens a session and returns its token; beyond MAX_RESUME_LOGIN_TOKENS (50) the oldest sessions end. */
export function openSession(state: ServerState, user: User): string {
  const token = newToken()
  addToken(user, { when: stamp(state), hashedToken: hashToken(token) })
  const sessions = tokensOf(user).filter(({ type }) => type === undefined)
  const most = Number(state.env.MAX_RESUME_LOGIN_TOKENS ?? 50)
  const ended = new Set(sessions.slice(0, Math.max(0, sessions.length - most)))
  dropTokens(user, (each) => ended.has(each))
  return token
}

/** Adds a token at the end of the list. */
export function addToken(user: User, token: LoginToken): void {
  tokensOf(user).push(token)
}

/** Takes away every token for which `gone` says so. */
export function dropTokens(user: User, gone: (token: LoginToken) => boolean): void {
  user.services.resume = { loginTokens: tokensOf(user).filter((each) => !gone(each)) }
}

/** Who holds this pair of headers: the account and the very token, unless a session has outlived its days. */
export function holder(state: ServerState, id: string | undefined, token: string | undefined) {
  if (id === undefined || token === undefined) return undefined
  const user = userById(state, id)
  const hash = hashToken(token)
  const found = user && tokensOf(user).find(({ hashedToken }) => hashedToken === hash)
  return user && found && !expired(state, found) ? { user, token: found } : undefined
}

/** The account and token behind a resume login. */
export function tokenHolder(state: ServerState, token: string) {
  const hash = hashToken(token)
  const user = state.db.users.find((each) => each.services.resume?.loginTokens.some((one) => one.hashedToken === hash))
  return user && holder(state, user._id, token)
}

function expired(state: ServerState, token: LoginToken): boolean {
  const days = Number(settingValue(state, 'Accounts_LoginExpiration') ?? 90)
  return token.when !== undefined && Date.parse(token.when) + days * 86_400_000 < state.now()
}

/** Marks an account as changed now. */
export function touch(state: ServerState, user: User): void {
  user._updatedAt = stamp(state)
}

/** The account without what is secret, as the writing routes return it. */
export function withoutServices(user: User): Doc {
  const { services, ...rest } = user
  return { ...rest }
}

/** The keys of `user` that are listed and present. */
export function pick(user: object, keys: readonly string[]): Doc {
  return Object.fromEntries(Object.entries(user).filter(([key, value]) => keys.includes(key) && value !== undefined))
}

const publicFields =
  'name username nickname status statusDefault statusText statusConnection bio avatarOrigin utcOffset language settings roles active defaultRoom customFields requirePasswordChange _updatedAt avatarETag'.split(
    ' ',
  )

/** The `me` of a login answer; `GET me` shows less of the services (`shown`). */
export function ownView(state: ServerState, user: User, shown?: Doc): Doc {
  const { password, email2fa, totp } = user.services
  const services = shown ?? {
    ...(password && { password }),
    ...(email2fa && { email2fa: { enabled: email2fa.enabled } }),
    ...(totp && { totp: { enabled: totp.enabled } }),
  }
  const verified = user.emails?.find((mail) => mail.verified)
  return {
    ...pick(user, ['_id', 'emails', ...publicFields]),
    ...(Object.keys(services).length > 0 && { services }),
    ...(verified && { email: verified.address }),
    settings: {
      profile: {},
      ...user.settings,
      preferences: { ...defaultPreferences(state), ...user.settings?.preferences },
    },
    avatarUrl: avatarUrl(state, user.username ?? ''),
  }
}

/** What `GET me` shows of the services: that a password exists, and the second factors that are on. */
export function ownServices(user: User): Doc {
  const { password, email2fa, totp } = user.services
  return {
    ...(email2fa?.enabled && { email2fa: { enabled: true } }),
    ...(totp?.enabled && { totp: { enabled: true } }),
    password: { exists: password !== undefined },
  }
}

/** The public address of somebody's picture. */
export function avatarUrl(state: ServerState, username: string): string {
  return `${textOf(state, 'Site_Url')}/avatar/${encodeURIComponent(username)}`
}

function defaultPreferences(state: ServerState): Doc {
  const prefix = 'Accounts_Default_User_Preferences_'
  const entries = Object.values(state.db.settings).filter(({ _id }) => _id.startsWith(prefix))
  return Object.fromEntries(entries.map(({ _id, value }) => [_id.slice(prefix.length), value]))
}

/** What one account may see of another (`users.info`). */
export function infoView(state: ServerState, viewer: User, user: User): Doc {
  const self = viewer._id === user._id
  const all = self || may(state, viewer, 'view-full-other-user-info')
  const keys =
    '_id name username nickname status statusText statusConnection bio utcOffset type active reason avatarETag'
  const more = 'emails phone createdAt lastLogin requirePasswordChange requirePasswordChangeReason roles customFields'
  const { password, ...services } = user.services
  return {
    ...pick(user, [...keys.split(' '), ...(all ? more.split(' ') : [])]),
    ...(self && { services: { ...services, ...(password && { password: true }) } }),
    canViewAllInfo: all,
  }
}

/** Stores a picture for somebody. */
export function setAvatar(state: ServerState, user: User, picture: Upload, origin: string): void {
  state.db.avatars[user.username ?? user._id] = picture
  user.avatarOrigin = origin
  user.avatarETag = shortId()
  touch(state, user)
}
