import type { Doc } from './documents.ts'

/** One key of a body or query. */
export interface Field {
  readonly type?: 'string' | 'boolean' | 'number' | 'array' | 'object'
  readonly required?: true
  readonly oneOf?: readonly unknown[]
  /** The object inside, for type object; the items, for type array. */
  readonly inside?: Shape
  readonly items?: Field
  /** Least number of items, and whether all must differ. */
  readonly atLeast?: number
  readonly unique?: true
}

/** What a body or query may hold: no other keys unless it is open. */
export interface Shape {
  readonly fields: Readonly<Record<string, Field>>
  readonly open?: true
  /** One of these must be there; `single` refuses two of them. */
  readonly oneOf?: readonly string[]
  readonly single?: boolean
}

/** A value after validation, or the first thing wrong with it in the words of the real validator. */
export type Checked = { readonly value: Doc } | { readonly error: string }

/** Checks a body against its shape: required keys first, then unknown ones, then the values; `coerce` as from 8.0 on. */
export function checkShape(shape: Shape, given: Doc, coerce: boolean): Checked {
  for (const [key, field] of Object.entries(shape.fields))
    if (field.required && given[key] === undefined) return { error: `must have required property '${key}'` }
  const named = shape.oneOf?.filter((key) => given[key] !== undefined)
  if (shape.oneOf && named?.length === 0) {
    const lines = shape.oneOf.map((key) => `must have required property '${key}'`)
    return {
      error: [...lines, shape.single ? 'must match exactly one schema in oneOf' : 'must match a schema in anyOf'].join(
        '\n ',
      ),
    }
  }
  if (shape.single && named && named.length > 1) return { error: 'must match exactly one schema in oneOf' }
  const value: Doc = {}
  for (const [key, raw] of Object.entries(given)) {
    const field = shape.fields[key]
    if (!field) {
      if (!shape.open) return { error: 'must NOT have additional properties' }
      value[key] = raw
      continue
    }
    if (raw === undefined) continue
    const checked = checkField(field, raw, coerce)
    if ('error' in checked) return checked
    value[key] = checked.value
  }
  return { value }
}

function checkField(field: Field, raw: unknown, coerce: boolean): { value: unknown } | { error: string } {
  if (field.oneOf)
    return field.oneOf.includes(raw) ? { value: raw } : { error: 'must be equal to one of the allowed values' }
  const value = coerce ? coerced(field.type, raw) : raw
  if (field.type && typeName(value) !== field.type) return { error: `must be ${field.type}` }
  if (field.inside) return checkShape(field.inside, value as Doc, coerce)
  if (Array.isArray(value)) {
    if (field.atLeast !== undefined && value.length < field.atLeast)
      return { error: `must NOT have fewer than ${field.atLeast} items` }
    const twin = value.findIndex((each, index) => value.indexOf(each) !== index)
    if (field.unique && twin >= 0)
      return {
        error: `must NOT have duplicate items (items ## ${value.indexOf(value[twin])} and ${twin} are identical)`,
      }
  }
  if (field.items && Array.isArray(value)) {
    const items: unknown[] = []
    for (const each of value) {
      const checked = checkField(field.items, each, coerce)
      if ('error' in checked) return checked
      items.push(checked.value)
    }
    return { value: items }
  }
  return { value }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function coerced(type: Field['type'], raw: unknown): unknown {
  if (type === 'boolean' && (raw === 'true' || raw === 'false')) return raw === 'true'
  if (type === 'boolean' && (raw === 1 || raw === 0)) return raw === 1
  if (type === 'string' && (typeof raw === 'number' || typeof raw === 'boolean')) return String(raw)
  if (type === 'number' && typeof raw === 'string' && raw !== '' && Number.isFinite(Number(raw))) return Number(raw)
  return raw
}
