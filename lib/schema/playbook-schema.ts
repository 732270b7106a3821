import { blockKeywords, handlerKeywords, playKeywords, taskKeywords } from '../load/keyword-names.ts'
import type { Registry } from '../load/registry.ts'
import { moduleSchema } from './argument-schema.ts'
import { keywordSchemas } from './keyword-schemas.ts'
import { described, ref, type Schema, schemaText } from './pieces.ts'

/** What stands in the place of a task module. */
const builtIn: { readonly [name: string]: Schema } = {
  import_playbook: described(ref('text'), 'Another playbook, read in this place.'),
  import_role: described({ type: ['object', 'string'] }, 'The tasks of a role, read at once.'),
  import_tasks: described({ type: ['object', 'string'] }, 'The tasks of a file, read at once.'),
  include_role: described({ type: ['object', 'string'] }, 'The tasks of a role, read when this is reached.'),
  include_tasks: described({ type: ['object', 'string'] }, 'The tasks of a file, read when this is reached.'),
  include_vars: described({ type: ['object', 'string'] }, 'Variables of a file, read when this is reached.'),
  meta: described(
    {
      enum: [
        'clear_facts',
        'clear_host_errors',
        'end_batch',
        'end_host',
        'end_play',
        'flush_handlers',
        'noop',
        'refresh_inventory',
        'reset_connection',
      ],
    },
    'An action of the run itself.',
  ),
}

/** Names with the collection they are from: what they take is not looked at. */
const fullNames = { '^[a-z_]+\\.[a-z_]+\\.[a-z0-9_]+$': {} }

/** The JSON Schema of playbooks: keywords, all tasks with their arguments, and the settings of Rocket.Chat. */
export function playbookSchema(registry: Registry): string {
  const modules = registry.names().flatMap((name) => {
    const module = registry.get(name)
    const special = name === 'rocketchat_settings' ? { settings: { $ref: 'vars.json#/definitions/settings' } } : {}
    return module ? [[name, moduleSchema(module, special)] as const] : []
  })
  const { import_playbook: importPlaybook = {}, ...others } = builtIn
  const tasks = { ...others, ...Object.fromEntries(modules) }
  const loops = { '^with_[a-z_]+$': {} }
  const task = (keywords: ReadonlySet<string>): Schema => ({
    type: 'object',
    properties: { ...keywordSchemas(keywords), ...tasks },
    patternProperties: { ...loops, ...fullNames },
    additionalProperties: false,
  })
  const block: Schema = {
    type: 'object',
    properties: keywordSchemas(blockKeywords),
    required: ['block'],
    additionalProperties: false,
  }
  const play: Schema = {
    type: 'object',
    properties: { ...keywordSchemas(playKeywords), roles: { type: 'array', items: { type: ['string', 'object'] } } },
    required: ['hosts'],
    additionalProperties: false,
  }
  const importing: Schema = {
    type: 'object',
    properties: { ...keywordSchemas(['name', 'tags', 'vars', 'when']), import_playbook: importPlaybook },
    patternProperties: { '^ansible\\.builtin\\.import_playbook$': {} },
    required: ['import_playbook'],
    additionalProperties: false,
  }
  const listOf = (one: Schema): Schema => ({ anyOf: [{ type: 'array', items: one }, { type: 'null' }] })
  const either = (name: string): Schema => ({
    anyOf: [{ $ref: `#/definitions/${name}` }, { $ref: '#/definitions/block' }],
  })
  return schemaText(
    'Playbooks',
    { type: 'array', items: { anyOf: [{ $ref: '#/definitions/play' }, { $ref: '#/definitions/import' }] } },
    {
      play,
      import: importing,
      block,
      task: task(taskKeywords),
      handler: task(handlerKeywords),
      steps: listOf(either('task')),
      handlers: listOf(either('handler')),
    },
  )
}
