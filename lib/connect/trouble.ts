import { ConnectError, problem, StoppedError, TaskError, ToolError } from '../core/diagnostic.ts'
import type { Script } from '../core/script.ts'
import { endingLines } from '../core/text.ts'
import type { Transport } from './transport.ts'

/** The first line of a script, secrets as labels, short enough for a sentence. */
export function summary(script: Script): string {
  const line =
    script
      .toString()
      .split('\n')
      .find((one) => one.trim() !== '')
      ?.trim() ?? ''
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

/** The link broke while something was under way; `what` says what. */
export function linkLost(transport: Transport, what: string): ConnectError {
  const why = transport.lost?.message ?? 'the far side closed the channel without saying how the command ended'
  return new ConnectError(
    problem('link-lost', `the link to ${transport.label} was lost during: ${what}`, {
      detail: why,
      mend: 'it is not known whether that step was completed: look at the host, then run again',
    }),
    { cause: transport.lost },
  )
}

/** The command took longer than it may. */
export function timedOut(transport: Transport, what: string, timeout: number): TaskError {
  return new TaskError(
    problem('command-timeout', `no end after ${seconds(timeout)} on ${transport.label}: ${what}`, {
      mend: 'it was told to stop (TERM); give it more time with `timeout:` if it is merely slow',
    }),
  )
}

/** Milliseconds as a person says them. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}

/** Why an aborted signal stops us, as an error of ours. */
export function stopped(signal: AbortSignal | undefined): ToolError {
  if (signal?.reason instanceof ToolError) return signal.reason
  return new StoppedError(problem('stopped', 'stopped on request'), { cause: signal?.reason })
}

/** The login shell did not run our `sh`. */
export function noShell(transport: Transport, said: string): ConnectError {
  const words = endingLines(said.trim().split('\n'), 6)
  return new ConnectError(
    problem('no-shell', `${transport.label} accepted the login of ${transport.user} but did not run sh`, {
      detail: words === '' ? 'it said nothing' : words,
      mend: 'give the account a login shell (chsh), remove a forced command, and check that sh is in its PATH',
    }),
  )
}

/** The host does not let us run any command, although no other one of ours is running. */
export function channelRefused(transport: Transport, cause: Error): ConnectError {
  return new ConnectError(
    problem('channel-refused', `${transport.label} refuses to run commands for ${transport.user}`, {
      detail: cause.message,
      mend: 'look at MaxSessions and restrict/command= options in sshd_config and authorized_keys there',
    }),
    { cause },
  )
}
