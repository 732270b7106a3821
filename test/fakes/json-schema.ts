import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Schema } from '../../lib/schema/pieces.ts'

const read = new Map<string, Schema>()

function schemaFile(file: string): Schema {
  const known = read.get(file) ?? (JSON.parse(readFileSync(file, 'utf8')) as Schema)
  read.set(file, known)
  return known
}

/** The words of JSON Schema that our schemas are made of; others are refused, so that none is passed over. */
const words = new Set([
  '$schema',
  'title',
  'description',
  'definitions',
  'default',
  '$ref',
  'type',
  'enum',
  'pattern',
  'items',
  'properties',
  'patternProperties',
  'additionalProperties',
  'required',
  'anyOf',
])

/** Where a value does not fit the schema of a file (absolute path): paths, with what was wanted there. */
export function misfits(file: string, value: unknown): readonly string[] {
  return check(schemaFile(file), value, '', file)
}

function check(schema: Schema, value: unknown, at: string, file: string): readonly string[] {
  const strange = Object.keys(schema).find((word) => !words.has(word))
  if (strange !== undefined) throw new Error(`the validator of the tests does not know "${strange}"`)
  if (schema.$ref !== undefined) {
    const [other = '', pointer = ''] = schema.$ref.split('#')
    const target = other === '' ? file : path.join(path.dirname(file), other)
    let found = schemaFile(target) as unknown
    for (const part of pointer.split('/').slice(1)) found = (found as { [key: string]: unknown })[part]
    if (found === undefined) throw new Error(`${schema.$ref} leads nowhere`)
    return check(found as Schema, value, at, target)
  }
  return [
    ...typeMisfits(schema, value, at),
    ...(schema.anyOf ? anyOfMisfits(schema.anyOf, value, at, file) : []),
    ...(Array.isArray(value) && schema.items
      ? value.flatMap((one, index) => check(schema.items as Schema, one, `${at}/${index}`, file))
      : []),
    ...(isObject(value) ? objectMisfits(schema, value, at, file) : []),
  ]
}

function typeMisfits({ type, enum: choices, pattern }: Schema, value: unknown, at: string): readonly string[] {
  const types = type === undefined ? [] : [type].flat()
  const own = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const fits = types.length === 0 || types.includes(own) || (types.includes('integer') && Number.isInteger(value))
  return [
    ...(fits ? [] : [`${at}: ${types.join(' or ')}`]),
    ...(choices && !choices.includes(value) ? [`${at}: one of ${choices.join(', ')}`] : []),
    ...(pattern !== undefined && typeof value === 'string' && !new RegExp(pattern).test(value)
      ? [`${at}: ${pattern}`]
      : []),
  ]
}

function anyOfMisfits(schemas: readonly Schema[], value: unknown, at: string, file: string): readonly string[] {
  const each = schemas.map((one) => check(one, value, at, file))
  if (each.some((wrong) => wrong.length === 0)) return []
  // What got farthest into the value is what was meant.
  const depth = (wrong: readonly string[]) => Math.max(...wrong.map((one) => one.split(':')[0]?.split('/').length ?? 0))
  return each.toSorted((a, b) => depth(b) - depth(a))[0] ?? []
}

function objectMisfits(schema: Schema, value: { [key: string]: unknown }, at: string, file: string): readonly string[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name))
  const inner = Object.entries(value).flatMap(([name, one]) => {
    const patterns = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) =>
      new RegExp(pattern).test(name),
    )
    const own = schema.properties && Object.hasOwn(schema.properties, name) ? [schema.properties[name] as Schema] : []
    const fitting = [...own, ...patterns.map(([, inside]) => inside)]
    if (fitting.length > 0) return fitting.flatMap((inside) => check(inside, one, `${at}/${name}`, file))
    if (schema.additionalProperties === false) return [`${at}/${name}: not here`]
    return typeof schema.additionalProperties === 'object'
      ? check(schema.additionalProperties, one, `${at}/${name}`, file)
      : []
  })
  return [...missing.map((name) => `${at}: ${name} is missing`), ...inner]
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
