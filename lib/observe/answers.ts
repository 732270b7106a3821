import type { Answer } from '../core/query.ts'

/** What an observer saw. */
export function saw(json: unknown): Answer {
  return { ok: true, code: 0, text: JSON.stringify(json), errors: '', json }
}

/** There was nothing to see, and why. */
export function sawNothing(why: string): Answer {
  return { ok: false, code: 1, text: '', errors: why }
}
