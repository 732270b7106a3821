import { type Diagnostic, problem } from '../task.ts'

/** One line of the status, and what is wrong with it. */
export interface Row {
  readonly name: string
  readonly text: string
  readonly findings: readonly Diagnostic[]
}

/** A finding that is worth a look, while all still works. */
export function warning(...about: Parameters<typeof problem>): Diagnostic {
  return { ...problem(...about), severity: 'warning' }
}

export const days = (count: number): string => `${count} day${count === 1 ? '' : 's'}`
