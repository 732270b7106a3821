import { type Diagnostic, problem } from '../task.ts'

/** Names of the refusals that an operator may accept knowingly; they are the codes of the findings. */
export const acceptable = [
  'system-unsupported',
  'architecture-unsupported',
  'processor-too-old',
  'memory-short',
  'disk-short',
  'port-taken',
  'clock-wrong',
  'name-unknown',
  'registry-unreachable',
  'collector-unreachable',
  'acme-unreachable',
  'version-unknown',
  'versions-unsupported',
] as const

/** A finding that does not stop the installation. */
export function caution(...about: Parameters<typeof problem>): Diagnostic {
  return { ...problem(...about), severity: 'warning' }
}

/** Turns the refusals that were accepted into warnings. */
export function accepting(findings: readonly Diagnostic[], accepted: readonly string[]): readonly Diagnostic[] {
  return findings.map((one) =>
    one.severity === 'error' && accepted.includes(one.code) ? { ...one, severity: 'warning' } : one,
  )
}
