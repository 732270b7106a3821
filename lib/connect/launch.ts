import type { ExecOptions } from '../core/connection.ts'
import type { Become } from '../core/host.ts'
import { flatten, type Script } from '../core/script.ts'
import { reveal } from '../core/secret.ts'
import { gateToken, passwordRefused, readyToken, sudoOnly, sudoTrouble } from './become.ts'
import { closing, opening } from './frame.ts'
import type { PasswordGate } from './password-gate.ts'
import { openSession, type Places, type Session } from './session.ts'
import type { Transport } from './transport.ts'
import { linkLost, noShell } from './trouble.ts'

/** A host's shell: the way to it, how many commands at a time, and what is known about passwords for sudo. */
export interface Shell extends Places {
  readonly gate: PasswordGate
}

export interface Start extends Pick<ExecOptions, 'onOutput'> {
  readonly script: Script
  readonly become: Become | undefined
  /** What the script reads: nothing, or what is written to the channel from here on. */
  readonly stdin: 'null' | 'rest'
  /** Off for a stream: its output ends when the channel does. */
  readonly framed: boolean
  /** For messages. */
  readonly what: string
}

/** How long sudo may take to decide about a password: PAM delays a wrong one by seconds. */
const sudoPatience = 30_000

/**
 * Sends a script to the host's `sh` and returns as soon as it is on its way; becoming another account comes first.
 * Throws like `run`; nothing is left behind then.
 */
export async function launch(shell: Shell, start: Start, signal: AbortSignal): Promise<Session> {
  const session = await enter(shell, start, signal)
  const { stdin, framed, script } = start
  const line = opening(session.frame, { stdin, framed, unset: unsetFor(shell, start.become) })
  session.channel.stdin.write(line + closing(session.frame, flatten(script)))
  return session
}

/** The account to become; undefined when we are it already. */
export function otherAccount({ transport }: Shell, become: Become | undefined): Become | undefined {
  return become?.user === transport.user ? undefined : become
}

/** Variables that were set for sudo alone. */
export function unsetFor(shell: Shell, become: Become | undefined): readonly string[] {
  return otherAccount(shell, become) === undefined ? [] : sudoOnly
}

/** Opens a session in which the host's `sh`, of the account that was asked for, waits for its first line. Throws like `run`. */
export async function enter(
  shell: Shell,
  { become: asked, onOutput, what }: Pick<Start, 'become' | 'onOutput' | 'what'>,
  signal: AbortSignal,
): Promise<Session> {
  const { gate } = shell
  const become = otherAccount(shell, asked)
  const knocks =
    become?.password !== undefined &&
    (await unlessAborted(gate.enter(become), signal, (first) => first && gate.settle(become, 'undecided')))
  try {
    const session = await unlessAborted(openSession(shell, { become, signal, onOutput, what }), signal, (late) =>
      late.release(),
    )
    try {
      if (become?.password !== undefined) session.channel.stdin.write(`${reveal(become.password)}\n`)
      if (become !== undefined && knocks) {
        await unlessAborted(knock(session, shell, become, what), signal, () => undefined)
      }
      return session
    } catch (error) {
      session.release()
      throw error
    }
  } finally {
    if (knocks) gate.settle(become, 'undecided')
  }
}

/** Finds out whether sudo takes the password, before anything else is sent: it would be read as the next attempt. */
async function knock(session: Session, { transport, gate }: Shell, become: Become, what: string): Promise<void> {
  const { frame, channel, out, err } = session
  const ready = () => out.noise.includes(readyToken(frame))
  const refused = () => passwordRefused(frame, err.noise)
  await session.until(() => ready() || refused() || session.exit !== undefined, sudoPatience)
  if (ready()) return gate.settle(become, 'open')
  channel.stdin.end()
  await session.until(() => session.exit !== undefined, sudoPatience)
  if (transport.lost !== undefined) throw linkLost(transport, what)
  const error = noStart(session, transport, become)
  if (error.code === 'become-password-wrong') gate.settle(become, error)
  throw error
}

/** Why the mark that opens the script's output never came. */
export function noStart({ frame, out, err }: Session, transport: Transport, become: Become | undefined) {
  if (become !== undefined && out.noise.includes(gateToken(frame))) {
    return sudoTrouble(frame, become, transport.label, err.noise)
  }
  return noShell(transport, out.noise + err.noise)
}

/** Waits for `promise` unless the signal is aborted first; what it then still brings is given to `tidy`. */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  tidy: (late: T) => void = () => undefined,
): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } catch (error) {
    if (signal.aborted) promise.then(tidy, () => undefined)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
