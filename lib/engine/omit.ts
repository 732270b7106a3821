import { randomUUID } from 'node:crypto'
import { isMapping, type Value } from '../core/plain.ts'

/** The value of the variable `omit`: an argument, or an entry of a mapping, that has it counts as never written. */
export const omit = `__omit_place_holder__${randomUUID()}`

/** The value without everything that is to be omitted; undefined when that is all of it. */
export function withoutOmitted(value: Value): Value | undefined {
  if (value === omit) return undefined
  if (Array.isArray(value)) return value.map((one) => withoutOmitted(one as Value)).filter((one) => one !== undefined)
  if (!isMapping(value)) return value
  const kept = Object.entries(value).map(([key, one]) => [key, withoutOmitted(one)] as const)
  return Object.fromEntries(kept.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined))
}
