import type { Diagnostic } from '../task.ts'
import type { Trouble } from './seen.ts'

/** One line of the proof: what was checked, what was seen, and what is to be said about it. */
export interface Row {
  readonly check: string
  readonly seen: string
  readonly findings: readonly Diagnostic[]
  /** Nothing could be found out. */
  readonly open?: true
}

export function row(check: string, seen: string, ...findings: readonly Diagnostic[]): Row {
  return { check, seen, findings }
}

/** A check that could not be made, and why. */
export function open(check: string, why: string): Row {
  return { check, seen: why, findings: [], open: true }
}

/** The proof as a table: check, verdict, what was seen. */
export function tableOf(rows: readonly Row[]): string {
  const checks = Math.max(...rows.map(({ check }) => check.length))
  const verdicts = Math.max(...rows.map((one) => verdictOf(one).length))
  return rows.map((one) => `${one.check.padEnd(checks)}  ${verdictOf(one).padEnd(verdicts)}  ${one.seen}`).join('\n')
}

function verdictOf({ findings, open: unknown }: Row): string {
  if (findings.some(({ severity }) => severity === 'error')) return 'wrong'
  if (findings.length > 0) return 'look'
  return unknown ? 'open' : 'well'
}

/** Why nothing was heard of a place, as an operator needs it. */
export function causeOf({ code, message }: Trouble): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection is refused: nothing listens there'
    case 'LATE':
    case 'ETIMEDOUT':
      return `silence: ${message.startsWith('no answer') ? message : 'no answer in time'}, as when a firewall drops packets`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name leads nowhere'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to that network from here'
    case 'ECONNRESET':
      return 'the connection was cut by the far side'
    default:
      return message
  }
}

/** Codes with which the far side has not said a word: from here, nothing is known of it. */
export function isSilence({ code }: Trouble): boolean {
  return ['LATE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)
}
