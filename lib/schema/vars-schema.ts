import { isMapping, type Value } from '../core/plain.ts'
import { parseYaml } from '../load/yaml.ts'
import { catalogueOf } from '../rocketchat/catalogue.ts'
import { connectionVariables } from './connection-variables.ts'
import { described, ref, type Schema, schemaText } from './pieces.ts'
import { settingsSchema } from './settings-schema.ts'

/** A file of variables whose comments say what they are for. */
export interface VarsText {
  readonly file: string
  readonly text: string
}

const variableName = '^[A-Za-z_][A-Za-z0-9_]*$'

/**
 * The JSON Schema of files of variables: those that the playbooks know, with the comments above them as descriptions and types
 * as their usual values have them. Other names are allowed, as a playbook may have variables of its own.
 */
export function varsSchema(files: readonly VarsText[]): string {
  return schemaText('Variables', varsOf(files), { settings: settingsSchema() })
}

/** The JSON Schema of inventories in YAML form. */
export function inventorySchema(): string {
  const group: Schema = {
    anyOf: [
      {
        type: 'object',
        properties: {
          hosts: described(namesTo('variables'), 'Hosts, each with a colon; ranges look like web[01:20].'),
          children: described(namesTo('group'), 'Groups inside of this one.'),
          vars: described({ $ref: '#/definitions/variables' }, 'Variables of all its hosts.'),
        },
        additionalProperties: false,
      },
      { type: 'null' },
    ],
  }
  const variables: Schema = { anyOf: [{ $ref: 'vars.json#' }, { type: 'null' }] }
  const groups: Schema = { type: 'object', additionalProperties: { $ref: '#/definitions/group' } }
  return schemaText('Inventories', groups, { group, variables })
}

function namesTo(definition: string): Schema {
  return {
    anyOf: [
      { type: 'object', additionalProperties: { $ref: `#/definitions/${definition}` } },
      { type: ['string', 'null'] },
    ],
  }
}

function varsOf(files: readonly VarsText[]): Schema {
  const known = files.flatMap(variablesIn)
  return {
    type: 'object',
    // What is in an earlier file has the usual value; a later one only adds names.
    properties: { ...connectionVariables, ...Object.fromEntries(known.reverse()) },
    patternProperties: { [variableName]: {} },
    additionalProperties: false,
  }
}

function variablesIn({ file, text }: VarsText): readonly (readonly [string, Schema])[] {
  const values = parseYaml(text, file).value
  if (!isMapping(values)) return []
  return Object.entries(values).map(([name, value]) => {
    const comment = commentAbove(text, name)
    return [name, described(schemaOf(value, choicesIn(comment)), comment.map((line) => line.trim()).join(' '))]
  })
}

/** The lines of the comment right above a variable, without their marks. */
function commentAbove(text: string, name: string): readonly string[] {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.startsWith(`${name}:`))
  const start = lines.slice(0, at).findLastIndex((line) => !line.startsWith('#'))
  return lines.slice(start + 1, at).map((line) => line.replace(/^# ?/, ''))
}

/** The words of a comment that lists them, each on a line of its own with its meaning behind it. */
function choicesIn(comment: readonly string[]): readonly string[] {
  return comment.flatMap((line) => /^ {2}([a-z][\w-]*) {2,}\S/.exec(line)?.[1] ?? [])
}

function schemaOf(value: Value, choices: readonly string[]): Schema {
  if (choices.length > 1)
    return { anyOf: [{ enum: [...choices, ''] }, ref('template'), { type: 'string', pattern: '^<CHANGE' }] }
  if (typeof value === 'boolean') return ref('flag')
  if (typeof value === 'number') return ref('number')
  if (Array.isArray(value)) return { anyOf: [{ type: 'array' }, ref('template')] }
  if (isMapping(value))
    return areSettings(Object.keys(value))
      ? { $ref: '#/definitions/settings' }
      : { anyOf: [{ type: 'object' }, ref('template')] }
  return typeof value === 'string' && !value.includes('{{') ? ref('text') : {}
}

function areSettings(names: readonly string[]): boolean {
  const known = new Set(catalogueOf(undefined).settingIds)
  return names.every((name) => known.has(name))
}
