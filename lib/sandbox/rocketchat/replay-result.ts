import type { Difference } from './replay-compare.ts'

/** A row whose answer was not as recorded. */
export interface Deviation {
  readonly file: string
  readonly row: number
  readonly note: string
  readonly differences: readonly Difference[]
}

/** What a replay found. */
export interface ReplayResult {
  /** Rows that were sent. */
  readonly total: number
  readonly equal: number
  /** Rows that are no exchanges: frames, timelines, notes, requests without an answer. */
  readonly skipped: number
  readonly deviations: readonly Deviation[]
  /** What was taken to have happened beside the recorded requests, one sentence each. */
  readonly assumptions: readonly string[]
}

/** A start of a server that the recordings themselves do not tell: from this row on, with this environment. */
export interface KnownStart {
  readonly file: string
  readonly row: number
  readonly env: Readonly<Record<string, string>>
}
