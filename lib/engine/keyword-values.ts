import type { Value } from '../core/plain.ts'

/** Is a keyword set? Its value may be a text that a template gave. */
export const isTrue = (value: Value | undefined): boolean =>
  value === true || value === 'yes' || value === 'true' || value === 'True'

/** The number that a keyword gives, or what holds without one. */
export const asNumber = (value: Value | undefined, otherwise: number): number =>
  value === undefined || Number.isNaN(Number(value)) ? otherwise : Number(value)
