import type { Plain } from '../../core/plain.ts'
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

/** A start of a server, known from beside the recordings: from this row of this file on. */
export interface KnownStart {
  readonly file: string
  readonly row: number
  /** The environment of a first start, and of a later one on the same database. */
  readonly env: Readonly<Record<string, string>>
  readonly again: Readonly<Record<string, string>>
  /** Whether the environment is all there was; otherwise the administrator comes on top. */
  readonly complete: boolean
  /** What the database held after the start, by setting, as far as known. */
  readonly settings: Readonly<Record<string, Plain>>
}
