import type { Plain } from '../../core/plain.ts'
import { addToken, tokensOf, userById, userByMail, userByName } from './accounts.ts'
import type { User } from './documents.ts'
import { hashToken, newToken } from './ids.ts'
import type { Bindings } from './replay-bindings.ts'
import { type Exchange, fields, isExchange, type Observation, objectsIn, pathOf, type Row } from './replay-recording.ts'
import { sendMailCode } from './second-factor.ts'
import { type ServerState, settingValue } from './server-state.ts'

/** What the reconciliation of one row may look at. */
export interface Before {
  readonly state: ServerState
  readonly row: Exchange
  readonly bindings: Bindings
  /** Who makes the call, if anybody known. */
  readonly caller: User | undefined
}

const thirtyDays = 30 * 86_400_000

/**
 * Sets right what the recorder changed beside its requests, as far as the recorded answer proves it, and tells each such
 * thing in a sentence: accounts made older, mailed codes sent or spent, tokens made.
 */
export function reconcile(before: Before): readonly string[] {
  return [...ageCaller(before), ...mailedCode(before), ...tokensBeside(before)]
}

/** A second factor is only asked of an account that is no longer young. */
function ageCaller({ state, row, caller }: Before): readonly string[] {
  const { errorType } = fields(row.response.body)
  if (!caller || (errorType !== 'totp-required' && errorType !== 'totp-invalid')) return []
  const remembered = Number(settingValue(state, 'Accounts_TwoFactorAuthentication_RememberFor')) * 1000
  if (Date.parse(caller.createdAt) + remembered < state.now()) return []
  caller.createdAt = new Date(state.now() - thirtyDays).toISOString()
  return [`${caller.username} was made 30 days old`]
}

/** `codeGenerated` tells whether a mailed code was pending. */
function mailedCode({ state, row, caller }: Before): readonly string[] {
  const details = fields(fields(row.response.body).details)
  const user = caller ?? loginUser(state, row)
  if (!user || details.method !== 'email' || details.emailOrUsername === undefined) return []
  const pending =
    user.services.emailCode !== undefined &&
    Date.parse(user.services.emailCode.expire) > state.now() &&
    user.services.emailCode.attempts < 5
  if (details.codeGenerated === true && pending) {
    delete user.services.emailCode
    return [`the code mailed to ${user.username} was forgotten`]
  }
  if (details.codeGenerated === false && !pending) {
    sendMailCode(state, user)
    return [`a code had been mailed to ${user.username}`]
  }
  return []
}

/** The account that a login names. */
export function loginUser(state: ServerState, row: Exchange): User | undefined {
  if (!pathOf(row).endsWith('/login')) return undefined
  const { user, username, email } = fields(row.request.body)
  const name = user ?? username ?? email
  if (typeof name !== 'string') return undefined
  return name.includes('@') ? userByMail(state, name) : userByName(state, name, true)
}

/** Personal access tokens that a list shows and no row made: they were made at the moment the list gives. */
function tokensBeside({ row, caller }: Before): readonly string[] {
  if (!caller || !pathOf(row).endsWith('users.getPersonalAccessTokens') || row.response.status !== 200) return []
  const { tokens } = fields(row.response.body)
  if (!Array.isArray(tokens)) return []
  return (tokens as readonly Plain[]).flatMap((each) => {
    const { name, createdAt, lastTokenPart, bypassTwoFactor } = fields(each)
    if (tokensOf(caller).some((one) => one.type === 'personalAccessToken' && one.name === name)) return []
    addToken(caller, {
      ...{ hashedToken: hashToken(newToken()), type: 'personalAccessToken', name },
      createdAt: String(createdAt),
      lastTokenPart: String(lastTokenPart),
      ...(bypassTwoFactor === true && { bypassTwoFactor }),
    })
    tokensOf(caller).sort((a, b) => (a.createdAt ?? a.when ?? '').localeCompare(b.createdAt ?? b.when ?? ''))
    return [`${caller.username} had made a token called ${JSON.stringify(name)}`]
  })
}

/** Frames over a web socket that logged somebody in leave the account disconnected afterwards. */
export function socketLogins(
  state: ServerState,
  { content, note }: Observation,
  bindings: Bindings,
): readonly string[] {
  const { frames } = content
  if (!Array.isArray(frames)) return []
  const text = JSON.stringify(frames)
  const ids = [...text.matchAll(/collection\W+users\W+id\W+([0-9A-Za-z]{17,24})/g)].map((match) => match[1] ?? '')
  return [...new Set(ids)].flatMap((id) => {
    const user = userById(state, bindings.get(id) ?? id)
    if (!user) return []
    user.statusConnection = 'offline'
    user.lastLogin = new Date(state.now()).toISOString()
    return [`${user.username} was connected over a web socket (${note})`]
  })
}

/** A start of a process that a list of instances tells of, and the last row that did not know of it yet. */
export interface ProcessStart {
  readonly at: number
  readonly after: number
}

/** The starts of processes of this server that lists of instances tell of, oldest first. */
export function processStarts(rows: readonly Row[]): readonly ProcessStart[] {
  const lists = rows.flatMap((row, index) => {
    if (!isExchange(row) || !pathOf(row).endsWith('/instances.get')) return []
    const dates = objectsIn(row.response.body).flatMap(({ _createdAt }) =>
      typeof _createdAt === 'string' ? [Date.parse(_createdAt)] : [],
    )
    return [{ index, dates: new Set(dates) }]
  })
  const all = new Set(lists.flatMap(({ dates }) => [...dates]))
  return [...all]
    .sort((a, b) => a - b)
    .map((at) => ({ at, after: lists.findLast(({ dates }) => !dates.has(at))?.index ?? -1 }))
}
