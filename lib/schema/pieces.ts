/** A JSON Schema (draft 7, which the YAML language server reads), as far as it is written here. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: { readonly [name: string]: Schema }
  readonly patternProperties?: { readonly [pattern: string]: Schema }
  readonly additionalProperties?: boolean | Schema
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly default?: unknown
}

/** What other schemas refer to; an editor reads YAML 1.2, so yes and no are texts to it. */
export const definitions = {
  /** A text with a template may give anything. */
  template: { type: 'string', pattern: '\\{\\{|\\{%' },
  flag: {
    anyOf: [
      { type: 'boolean' },
      { enum: ['yes', 'no', 'on', 'off', 'Yes', 'No', 'On', 'Off', 'True', 'False', 'YES', 'NO', 'TRUE', 'FALSE'] },
      { $ref: '#/definitions/template' },
    ],
  },
  number: { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^-?\\d' }, { $ref: '#/definitions/template' }] },
  text: { type: ['string', 'number'] },
  condition: {
    anyOf: [{ type: ['string', 'boolean'] }, { type: 'array', items: { type: ['string', 'boolean'] } }],
  },
  texts: { anyOf: [{ $ref: '#/definitions/text' }, { type: 'array', items: { $ref: '#/definitions/text' } }] },
  vars: {
    anyOf: [
      { type: 'object', patternProperties: { '^[A-Za-z_][A-Za-z0-9_]*$': {} }, additionalProperties: false },
      { type: 'null' },
    ],
  },
} as const satisfies { readonly [name: string]: Schema }

export const ref = (name: keyof typeof definitions): Schema => ({ $ref: `#/definitions/${name}` })

/** One of some words, or a template. */
export function choice(words: readonly unknown[]): Schema {
  return { anyOf: [{ enum: words }, ref('template')] }
}

export function described(schema: Schema, description: string | undefined): Schema {
  return description === undefined || description === '' ? schema : { ...schema, description }
}

/** A whole schema as the text of its file. */
export function schemaText(title: string, schema: Schema, more: { readonly [name: string]: Schema } = {}): string {
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title }
  return `${JSON.stringify({ ...head, ...schema, definitions: { ...definitions, ...more } }, null, 1)}\n`
}
