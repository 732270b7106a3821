import { type Diagnostic, problem } from '../task.ts'

/** A finding that keeps nobody from going on. */
export function warn(...about: Parameters<typeof problem>): Diagnostic {
  return { ...problem(...about), severity: 'warning' }
}
