import type { Writing } from './prologue.ts'

/** A here-document whose body starts after the next line break. */
export interface Heredoc {
  readonly delimiter: string
  readonly stripTabs: boolean
  readonly quoted: boolean
}

/** A place in a shell script that is being read, and what is known about the machine it is for. */
export interface Cursor {
  readonly text: string
  at: number
  readonly root: string
  /** The machine's own folder, around its root. */
  readonly folder: string
  readonly bash: boolean
  /** The shell of this machine. */
  readonly sh: string | undefined
  /** Tools that may be started without their guard: always, or as long as no path is among their arguments. */
  readonly tools: ReadonlyMap<string, 'plain' | 'reads'> | undefined
  readonly writing: Writing
  readonly heredocs: Heredoc[]
  /** Reads commands up to the end, with the closing bracket, or to the end of an item of `case`; breaks the ring of imports. */
  readonly list: (cursor: Cursor, stop: 'end' | ')' | 'item') => string
}

/** Reads the script in `text` with the same knowledge, from its beginning. */
export function within(cursor: Cursor, text: string): Cursor {
  return { ...cursor, text, at: 0, heredocs: [] }
}
