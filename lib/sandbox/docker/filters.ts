import { badParameter } from './refusal.ts'

/** Filter name to the values asked for; several values of one name mean "any of them" unless the name is `label`. */
export type Filters = Readonly<Record<string, readonly string[]>>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const values = (found: unknown): readonly string[] | undefined => {
  if (Array.isArray(found) && found.every((value): value is string => typeof value === 'string')) return found
  // The old form: {"label": {"a=b": true}}.
  return isObject(found) ? Object.keys(found).filter((key) => found[key] === true) : undefined
}

/** Reads the `filters` parameter. Throws 400 on text that is no filter list and on names that this request does not know. */
export const readFilters = (text: string | null, known: readonly string[]): Filters => {
  if (text === null || text === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw badParameter('invalid filter')
  }
  if (!isObject(parsed)) throw badParameter('invalid filter')
  const filters: Record<string, readonly string[]> = {}
  for (const [name, found] of Object.entries(parsed)) {
    const wanted = values(found)
    if (wanted === undefined) throw badParameter('invalid filter')
    if (!known.includes(name)) throw badParameter(`invalid filter '${name}'`)
    filters[name] = wanted
  }
  return filters
}

/** Whether any wanted value passes; true when the filter is absent. */
export const anyOf = (filters: Filters, name: string, passes: (wanted: string) => boolean): boolean => {
  const wanted = filters[name]
  return wanted === undefined || wanted.length === 0 || wanted.some(passes)
}

/** Whether all wanted labels ("key" or "key=value") are there. */
export const labelled = (filters: Filters, labels: Readonly<Record<string, string>> | null): boolean =>
  (filters.label ?? []).every((wanted) => {
    const equals = wanted.indexOf('=')
    const key = equals < 0 ? wanted : wanted.slice(0, equals)
    const found = labels?.[key]
    return found !== undefined && (equals < 0 || found === wanted.slice(equals + 1))
  })
