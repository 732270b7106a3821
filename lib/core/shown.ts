import { isMapping, type Plain } from './plain.ts'
import { Secret } from './secret.ts'
import { Unknown } from './unknown.ts'

/** A value as it may be shown: secrets and unknown values become their labels. */
export function shownValue(value: unknown): Plain {
  if (value instanceof Secret || value instanceof Unknown) return value.toString()
  if (Array.isArray(value)) return value.map(shownValue)
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shownValue(one)]))
  if (value === undefined || value === null) return null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}
