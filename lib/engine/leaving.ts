import type { Position } from '../core/plain.ts'

/** Thrown inside a play when its host failed or became unreachable and nobody rescued it. */
export class HostOut extends Error {
  readonly how: 'failed' | 'unreachable'

  constructor(how: 'failed' | 'unreachable') {
    super(how)
    this.how = how
  }
}

/** Thrown to leave the play early without failing (`meta: end_host`, `meta: end_play`, another host ended it). */
export class HostEnds extends Error {}

/** What tells one task from all others in events: the place where it is written. */
export function idOf(at: Position): string {
  return `${at.file}:${at.line}:${at.col}`
}
