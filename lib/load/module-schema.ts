import { z } from 'zod'
import type { TaskModule } from '../core/module.ts'
import { metaOf } from '../core/schema.ts'

/** An argument as documentation and editors need it. */
export interface Argument {
  readonly name: string
  readonly aliases: readonly string[]
  readonly description: string
  readonly required: boolean
  readonly default: unknown
  /** In words: `text`, `true or false`, `list of text`, or the choices. */
  readonly type: string
  readonly schema: JsonSchema
}

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly default?: unknown
  readonly properties?: { readonly [name: string]: JsonSchema }
}

/** The arguments of a module, read from its schema, so that no page can say otherwise. */
export function argumentsOf(module: TaskModule): readonly Argument[] {
  return Object.entries(module.args.fields).map(([name, field]) => {
    const meta = metaOf(field)
    const schema = z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' }) as JsonSchema
    return {
      name,
      aliases: meta.aliases ?? [],
      description: meta.description ?? '',
      required: !field.safeParse(undefined).success,
      default: schema.default,
      type:
        meta.source !== undefined
          ? `path of a ${meta.source}`
          : meta.expression
            ? 'expression'
            : meta.secret
              ? 'secret text'
              : typeOf(schema),
      schema,
    }
  })
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((one) => `\`${String(one)}\``).join(', ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  switch (schema.type) {
    case 'boolean':
      return 'true or false'
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `list of ${schema.items ? typeOf(schema.items) : 'any'}`
    case 'object':
      return schema.properties ? `mapping (${Object.keys(schema.properties).join(', ')})` : 'mapping'
    case 'string':
      return 'text'
    default:
      return 'any'
  }
}
