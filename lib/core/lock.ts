import type { Become } from './host.ts'
import { type Script, sh } from './script.ts'

/** A script that is the last to be run on a host, and who runs it. */
export interface Parting {
  readonly script: Script
  readonly become: Become | undefined
}

/** Keeps two runs from changing one host at the same time. Every method but `release` throws TaskError when the host is not ours to change. */
export interface HostLock {
  /** Whether it was taken: from then on no write passes it by. */
  readonly held: boolean
  /** Before a change that no script of the host makes: takes the lock at the first call, and sees to it that it is still ours. */
  hold(become: Become | undefined): Promise<void>
  /**
   * Before a change by a script: like `hold`, and `send` puts `fence` in front of its script, which then ends with the code
   * `fenced` unless the lock is ours at that very moment. Sends again what was held up by a lock that a restart of the
   * host had cleared away.
   */
  guard<Sent extends { readonly code: number }>(
    become: Become | undefined,
    send: (fence: Script) => Promise<Sent>,
  ): Promise<Sent>
  /**
   * The end of the run: gives the lock back, unless the host cannot be reached any more. `last` goes along where there is a
   * lock to give back and the same account does so: then it says what came of it.
   */
  release(reachable: boolean, last?: Parting): Promise<{ readonly trouble?: string } | undefined>
}

/** Of a machine that other runs may change meanwhile. */
export const unlocked: HostLock = {
  held: false,
  hold: async () => undefined,
  guard: (_become, send) => send(sh`:`),
  release: async () => undefined,
}
