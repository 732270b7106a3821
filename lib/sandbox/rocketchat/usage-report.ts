import { isSet } from './env.ts'
import type { ServerState } from './server-state.ts'

const day = 86_400_000

/**
 * A report to the vendor's collector, at the start and daily: it brings a token, unless nothing can leave or
 * RC_DISABLE_STATISTICS_REPORTING says not to (rocketchat.md 10.2 and 19.6).
 */
export function reportUsage(state: ServerState): void {
  const sends = state.egress && !isSet(state.env, 'RC_DISABLE_STATISTICS_REPORTING')
  if (sends) state.db.reportedAt = new Date(state.now()).toISOString()
}

/**
 * True while an unlicensed workspace of 7.0 or later refuses messages: it never got a token, or the newest is ten whole
 * days (UTC dates) old. A server that can report has done so every day.
 */
export function isRestricted(state: ServerState): boolean {
  if (!state.rules.restrictsUnreported) return false
  reportUsage(state)
  const last = state.db.reportedAt
  if (last === undefined) return true
  return Math.floor(state.now() / day) - Math.floor(Date.parse(last) / day) >= 10
}
