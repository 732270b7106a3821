import type { TaskModule } from '../core/module.ts'
import { type Argument, argumentsOf } from '../load/module-schema.ts'
import { choice, described, ref, type Schema } from './pieces.ts'

/** What a task takes: its arguments under all of their names, or a line of `key=value` and free form. */
export function moduleSchema(module: TaskModule, special: { readonly [argument: string]: Schema } = {}): Schema {
  const properties: Record<string, Schema> = {}
  const all = argumentsOf(module)
  for (const argument of all) {
    const schema = special[argument.name] ?? valueSchema(argument.schema)
    const need = argument.required ? ' (must be given)' : ''
    properties[argument.name] = described(schema, argument.description + need)
    for (const alias of argument.aliases) properties[alias] = described(schema, `The same as ${argument.name}.`)
  }
  const object: Schema = {
    type: 'object',
    properties,
    ...(module.args.open ? {} : { additionalProperties: false }),
  }
  const mustBeGiven = all.some(isNeeded)
  return {
    description: module.summary,
    anyOf: [object, { type: 'string' }, ...(mustBeGiven ? [] : [{ type: 'null' }])],
  }
}

const isNeeded = ({ required }: Argument) => required

type Json = Argument['schema'] & {
  readonly additionalProperties?: boolean | Json
  readonly required?: readonly string[]
  readonly pattern?: string
}

/** The schema of an argument as editors need it: templates stand for anything, a single value for a list of one. */
function valueSchema(schema: Json): Schema {
  if (schema.enum) return choice(schema.enum)
  if (schema.anyOf) return { anyOf: schema.anyOf.map((one) => valueSchema(one as Json)) }
  switch (schema.type) {
    case 'boolean':
      return ref('flag')
    case 'integer':
    case 'number':
      return ref('number')
    case 'string':
      return ref('text')
    case 'array':
      return { anyOf: [{ type: 'array', items: schema.items ? valueSchema(schema.items as Json) : {} }, ref('text')] }
    case 'object':
      return { anyOf: [objectSchema(schema), ref('template')] }
    default:
      return {}
  }
}

function objectSchema({ properties, additionalProperties }: Json): Schema {
  const inner = Object.entries(properties ?? {}).map(([name, one]) => [name, valueSchema(one as Json)] as const)
  const others = typeof additionalProperties === 'object' ? valueSchema(additionalProperties) : additionalProperties
  return {
    type: 'object',
    ...(inner.length > 0 && { properties: Object.fromEntries(inner) }),
    ...(others !== undefined && { additionalProperties: others }),
  }
}
