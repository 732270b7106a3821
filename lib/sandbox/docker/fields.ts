import { badParameter } from './refusal.ts'

/** A JSON object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const wrongType = (where: string, wanted: string, found: unknown): Error =>
  badParameter(
    `invalid JSON: json: cannot unmarshal ${Array.isArray(found) ? 'array' : typeof found} into Go struct field ${where} of type ${wanted}`,
  )

/** Reads fields out of a request body, refusing values of the wrong type as the real engine's decoder does. */
export const reader = (owner: string, value: unknown) => {
  if (value !== undefined && value !== null && !isFields(value)) throw wrongType(owner, 'object', value)
  const fields: Fields = value ?? {}
  const at = (name: string) => `${owner}.${name}`
  const optional = <T>(name: string, wanted: string, is: (found: unknown) => found is T): T | undefined => {
    const found = fields[name]
    if (found === undefined || found === null) return undefined
    if (!is(found)) throw wrongType(at(name), wanted, found)
    return found
  }
  const text = (found: unknown): found is string => typeof found === 'string'
  const texts = (found: unknown): found is readonly string[] => Array.isArray(found) && found.every(text)
  return {
    fields,
    text: (name: string): string | undefined => optional(name, 'string', text),
    number: (name: string): number | undefined =>
      optional(name, 'int64', (found): found is number => typeof found === 'number'),
    flag: (name: string): boolean | undefined =>
      optional(name, 'bool', (found): found is boolean => typeof found === 'boolean'),
    texts: (name: string): readonly string[] | undefined => optional(name, '[]string', texts),
    /** A list that may also be written as one string (Cmd, Entrypoint). */
    words: (name: string): readonly string[] | undefined => {
      const found = fields[name]
      return text(found) ? [found] : optional(name, '[]string', texts)
    },
    object: (name: string): Fields | undefined => optional(name, 'object', isFields),
    objects: (name: string): readonly Fields[] | undefined =>
      optional(name, '[]object', (found): found is readonly Fields[] => Array.isArray(found) && found.every(isFields)),
    map: (name: string): Readonly<Record<string, string>> | undefined =>
      optional(
        name,
        'map[string]string',
        (found): found is Record<string, string> => isFields(found) && Object.values(found).every(text),
      ),
  }
}
