import type { Diagnostic } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'
import { excerptOf } from '../load/places.ts'

/** What a rule found at a place: it is legal, and yet most likely not meant. */
export function found(diagnostic: Diagnostic, at: Position | undefined): Diagnostic {
  const detail = excerptOf(at)
  return { ...diagnostic, severity: 'warning', ...(at && { at }), ...(detail !== undefined && { detail }) }
}
