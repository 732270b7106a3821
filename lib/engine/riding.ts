import { riderRoom } from '../core/connection.ts'
import type { Become } from '../core/host.ts'
import { flatten, quote } from '../core/script.ts'
import { type Asked, keyOf, type ShellQuery } from './asked.ts'

/** Questions that are to ride on a change by the account `become`; they are made up when it is about to go. */
export interface Aboard {
  readonly become: Become | undefined
  questions(): Promise<readonly Asked[]>
}

/** Bytes that a question takes up beside its own text, at the most. */
const around = 80

/** The questions that can ride, by their keys: scripts of the same account, as many of the first ones as there is room for. */
export function fitting(questions: readonly Asked[], become: Become | undefined): ReadonlyMap<string, ShellQuery> {
  const queries = new Map<string, ShellQuery>()
  let room = riderRoom - 3 * around
  for (const asked of questions) {
    const { query } = asked
    const key = keyOf(asked)
    if (query.on !== 'shell' || asked.become?.user !== become?.user || queries.has(key)) continue
    room -= Buffer.byteLength(quote(flatten(query.script))) + around
    if (room < 0) break
    queries.set(key, query)
  }
  return queries
}
