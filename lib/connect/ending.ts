import { constants } from 'node:os'
import type { ExecOptions, Output } from '../core/connection.ts'
import { noStart, otherAccount, type Shell } from './launch.ts'
import type { Session } from './session.ts'
import { linkLost } from './trouble.ts'

/** How a script ended. */
export type Ending = Pick<Output, 'code' | 'signal'>

/** Says how the script of a session ended, once its marks have come or its channel is closed. Throws like `run`. */
export function howItEnded(
  shell: Shell,
  session: Session,
  { become, what }: Pick<ExecOptions, 'become'> & { readonly what: string },
): Ending {
  const { transport } = shell
  const { exit, out, err } = session
  if (out.code !== undefined && err.code !== undefined) return { code: out.code }
  if (transport.lost !== undefined) throw linkLost(transport, what)
  const { code, signal } = exit ?? {}
  // A channel that closes without a word of how its shell ended goes down with its link, which may be noticed later.
  const said = code !== undefined || signal !== undefined
  if (!out.opened && said) throw noStart(session, transport, otherAccount(shell, become))
  if (signal !== undefined) return { code: 128 + (constants.signals[signal as NodeJS.Signals] ?? 0), signal }
  if (code === undefined) throw linkLost(transport, what)
  return { code }
}
