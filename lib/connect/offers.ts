import type { ConnectError } from '../core/diagnostic.ts'
import type { Attempt, Identities } from './identities.ts'
import type { Hop } from './route.ts'
import { authRefused } from './ssh-trouble.ts'

/** What is shown to a server to be let in, one proof after the other. */
export interface Offers<Key> {
  /** The next proof of a kind that the server takes, as far as it has said (`left`); undefined when there is none. */
  next(left: readonly string[] | null): Attempt<Key> | undefined
  /** Notes what a server asked interactively, for the error. */
  asked(question: string): void
  /** The error when nothing was accepted; `why` is what the server said about it. */
  refused(why?: string): ConnectError
}

/** Goes through the proofs in their order; those of a kind that the server does not take are left out. */
export function offers<Key>(hop: Hop, { attempts, notes }: Identities<Key>): Offers<Key> {
  const queue = [...attempts]
  const tried: string[] = []
  const questions: string[] = []
  let allowed: readonly string[] | undefined
  return {
    next(left) {
      if (left !== null && left.length > 0) allowed = left
      for (;;) {
        const attempt = queue.shift()
        if (attempt === undefined) return undefined
        // "none" asks what the server takes, and lets in where no proof is needed; it is never on the list.
        if (allowed !== undefined && attempt.method !== 'none' && !allowed.includes(attempt.method)) continue
        tried.push(attempt.label)
        return attempt
      }
    },
    asked: (question) => questions.push(question.trim()),
    refused(why) {
      const more = [...notes, ...questions.map((one) => `it asked: ${one}`)]
      return authRefused(hop, tried, allowed, why === undefined ? more : [...more, why])
    },
  }
}
