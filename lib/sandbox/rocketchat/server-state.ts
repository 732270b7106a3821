import type { Catalogue } from './catalogue.ts'
import type { Conventions } from './conventions.ts'
import type { Database } from './database.ts'
import type { Setting, User } from './documents.ts'
import type { Env } from './env.ts'
import type { FailedLogins } from './failed-logins.ts'
import type { Limiter } from './limiter.ts'
import type { Version } from './version.ts'

/** A mail that the server would have sent: there is no SMTP in a rehearsal, the text is kept for the test. */
export interface SentMail {
  readonly to: string
  readonly userId: string
  readonly code: string
  readonly at: number
}

/** One running process: its database and all it keeps in memory. */
export interface ServerState {
  readonly version: Version
  /** The version as it is shown, "6.14.0-develop" included. */
  readonly versionText: string
  readonly rules: Conventions
  readonly catalogue: Catalogue
  readonly env: Env
  readonly db: Database
  readonly now: () => number
  readonly startedAt: number
  /** The vendor's addresses can be reached. */
  readonly egress: boolean
  readonly limiter: Limiter
  readonly failedLogins: FailedLogins
  readonly outbox: SentMail[]
  readonly instanceId: string
  readonly log: string[]
  /** False for a server whose web client was never built: pages answer 404. */
  readonly webClient: () => boolean
}

/** The value of a setting, or undefined when the release has no such setting. */
export function settingValue(state: ServerState, id: string): unknown {
  return state.db.settings[id]?.value
}

/** True when a setting holds something truthy, as the real server tests them. */
export function isOn(state: ServerState, id: string): boolean {
  return Boolean(settingValue(state, id))
}

/** A setting as a number; `otherwise` when it is none. */
export function numberOf(state: ServerState, id: string, otherwise: number): number {
  const value = settingValue(state, id)
  return typeof value === 'number' ? value : otherwise
}

/** A setting as a text. */
export function textOf(state: ServerState, id: string): string {
  const value = settingValue(state, id)
  return typeof value === 'string' ? value : String(value ?? '')
}

/** The present moment as the database writes it. */
export function stamp(state: ServerState): string {
  return new Date(state.now()).toISOString()
}

/** All settings that the API shows: those that are not hidden, sorted by id as the real list is. */
export function visibleSettings(state: ServerState): readonly Setting[] {
  return Object.values(state.db.settings)
    .filter((setting) => !setting.hidden)
    .sort((a, b) => (a._id < b._id ? -1 : 1))
}

/** True when one of the roles of the user, in the workspace or in the room, holds the permission. */
export function may(state: ServerState, user: User | undefined, permission: string, rid?: string): boolean {
  if (!user) return false
  const holders = state.db.permissions.find(({ _id }) => _id === permission)?.roles ?? []
  if (holders.some((role) => user.roles.includes(role))) return true
  const inRoom = rid === undefined ? [] : (roomRoles(state, user, rid) ?? [])
  return holders.some((role) => inRoom.includes(role))
}

function roomRoles(state: ServerState, user: User, rid: string): readonly string[] | undefined {
  return state.db.subscriptions.find((each) => each.rid === rid && each.u._id === user._id)?.roles
}

/** True when an administrator exists. */
export function hasAdmin(state: Pick<ServerState, 'db'>): boolean {
  return state.db.users.some(({ roles }) => roles.includes('admin'))
}
