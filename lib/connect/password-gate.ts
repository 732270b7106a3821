import type { Become } from '../core/host.ts'
import { reveal } from '../core/secret.ts'

/**
 * Lets one command per account find out whether sudo takes the password, while the others wait: a wrong one is tried
 * once, not eight times, so that the account is not locked.
 */
export interface PasswordGate {
  /** Waits for the verdict; true says that the caller is the one to find out and must call `settle`. Rejects when the password is known to be wrong. */
  enter(become: Become): Promise<boolean>
  /** What the finder found: `open`, an error (wrong), or `undecided` when something else went wrong; only its first word counts. */
  settle(become: Become, verdict: 'open' | 'undecided' | Error): void
}

type Verdict = 'open' | 'undecided'

/** Makes the gate of one connection. */
export function passwordGate(): PasswordGate {
  const gates = new Map<string, { password: string; settled: boolean; verdict: PromiseWithResolvers<Verdict> }>()
  return {
    async enter(become) {
      const password = become.password === undefined ? '' : reveal(become.password)
      for (;;) {
        const gate = gates.get(become.user)
        if (gate === undefined || gate.password !== password) {
          const verdict = Promise.withResolvers<Verdict>()
          verdict.promise.catch(() => undefined)
          gates.set(become.user, { password, settled: false, verdict })
          return true
        }
        if ((await gate.verdict.promise) === 'open') return false
      }
    },
    settle(become, verdict) {
      const gate = gates.get(become.user)
      if (gate === undefined || gate.settled) return
      gate.settled = true
      if (verdict === 'undecided') gates.delete(become.user)
      if (verdict instanceof Error) gate.verdict.reject(verdict)
      else gate.verdict.resolve(verdict)
    },
  }
}
