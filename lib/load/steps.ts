import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Block, Keywords, Meta, Step } from '../core/playbook.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { blockKeywords } from './keyword-names.ts'
import { inherited, readKeywords, reportKey } from './keywords.ts'
import { at, type Loading, type Mapping } from './loading.ts'
import { readLoop } from './loops.ts'
import { readDefaults } from './module-defaults.ts'
import { lastPart } from './module-names.ts'
import { spot } from './places.ts'
import { checkKeywordSyntax } from './syntax-checks.ts'
import type { Call } from './task-arguments.ts'
import { findCall } from './task-module.ts'
import { nameOf, readTask } from './tasks.ts'

const variables = whenNeeded<typeof import('./include-vars.ts')>('./include-vars.ts', import.meta.url)
const includes = whenNeeded<typeof import('./includes.ts')>('./includes.ts', import.meta.url)

/** Reads a list of tasks, blocks and includes; what is wrong is reported and left out. */
export function readSteps(
  list: Value | undefined,
  container: object,
  key: string | number,
  around: Around,
): readonly Step[] {
  if (list === null || list === undefined) return []
  if (!Array.isArray(list)) {
    const mend = isMapping(list) ? 'put "- " in front of each task' : undefined
    const message = `a list of tasks belongs here, found ${describe(list)}`
    around.loading.report('wrong-type', message, spot(container, key), mend)
    return []
  }
  const steps: Step[] = []
  for (const [index, item] of (list as readonly Value[]).entries()) steps.push(...readStep(item, list, index, around))
  return steps
}

function readStep(item: Value, list: object, index: number, around: Around): readonly Step[] {
  const { loading } = around
  if (item === null) {
    const mend = 'write a task here, or take the line out'
    loading.report('empty-task', 'there is nothing behind this "-"', spot(list, index), mend)
    return []
  }
  if (!isMapping(item)) {
    const glued = typeof item === 'string' ? /^(\w+):\S/.exec(item)?.[1] : undefined
    const mend = glued === undefined ? undefined : `a blank is missing behind "${glued}:"`
    loading.report('wrong-type', `a task is a mapping, found ${describe(item)}`, spot(list, index), mend)
    return []
  }
  const start = at(list, index)
  if ('block' in item || 'rescue' in item || 'always' in item) return readBlock(item, start, around)
  const call = findCall(item, around)
  if (!call) return []
  return readCall(call, item, ownKeywords(item, around), start, around)
}

function readCall(call: Call, item: Mapping, keywords: Keywords, start: Position, around: Around): readonly Step[] {
  switch (call.moduleName) {
    case 'meta':
      return readMeta(call, keywords, start, around)
    case 'import_tasks':
      return includes().readImportTasks(call, item, keywords, around)
    case 'include_tasks':
      return includes().readIncludeTasks(call, item, keywords, start, around)
    case 'import_role':
      return includes().readImportRole(call, item, keywords, around)
    case 'include_vars':
      return variables().readIncludeVars(call, item, keywords, start, around)
    case 'include_role':
      return includes().readIncludeRole(call, item, keywords, start, around)
    default:
      return readTask(call, item, keywords, start, around)
  }
}

function ownKeywords(item: Mapping, around: Around): Keywords {
  const { loading } = around
  let keywords = readKeywords(item, around.keywords, loading)
  if (item.local_action !== undefined) {
    keywords = { ...keywords, delegateTo: { value: 'localhost', at: at(item, 'local_action', true) } }
  }
  keywords = withConnection(item, keywords, loading)
  const loop = readLoop(item, loading)
  if (loop) keywords = { ...keywords, loop }
  if (keywords.until === undefined && (keywords.retries ?? keywords.delay) !== undefined) {
    const key = 'retries' in item ? 'retries' : 'delay'
    loading.warn(
      'no-effect',
      `"${key}" does nothing without "until"`,
      spot(item, key, true),
      'add "until:" with the condition that ends the tries',
    )
  }
  checkKeywordSyntax(keywords, around.keywords, loading)
  return keywords
}

/** `connection: local` of a task or block: on this machine, unless a variable says how the host is reached. */
function withConnection(item: Mapping, keywords: Keywords, loading: Loading): Keywords {
  if (item.connection === undefined || item.delegate_to !== undefined) return keywords
  if (item.connection !== 'local') {
    const message = `a task or block takes connection: local, found ${describe(item.connection)}`
    const mend = 'set connection on the play, or the variable ansible_connection of the host in the inventory'
    loading.report('wrong-value', message, spot(item, 'connection'), mend)
    return keywords
  }
  const value = "{{ inventory_hostname if ansible_connection is defined else 'localhost' }}"
  return { ...keywords, delegateTo: { value, at: at(item, 'connection') } }
}

function readBlock(item: Mapping, start: Position, around: Around): readonly Block[] {
  const { loading } = around
  for (const key of Object.keys(item)) if (!blockKeywords.has(key)) reportBlockKey(item, key, loading)
  if (!('block' in item)) {
    const key = 'rescue' in item ? 'rescue' : 'always'
    loading.report('rescue-without-block', `"${key}" needs a "block:" beside it`, spot(item, key, true))
    return []
  }
  const keywords = withConnection(item, readKeywords(item, around.keywords, loading), loading)
  checkKeywordSyntax(keywords, around.keywords, loading)
  const inner = { ...around, keywords: inherited(keywords), defaults: readDefaults(item, around.defaults, loading) }
  return [
    {
      kind: 'block',
      name: nameOf(item, loading),
      at: start,
      steps: readSteps(item.block, item, 'block', inner),
      rescue: readSteps(item.rescue, item, 'rescue', inner),
      always: readSteps(item.always, item, 'always', inner),
      keywords,
    },
  ]
}

function reportBlockKey(item: Mapping, key: string, loading: Loading): void {
  const where = spot(item, key, true)
  if (loading.options.registry.has(lastPart(key))) {
    const mend = 'make it a task of its own below "block:"'
    loading.report('block-with-module', `a block runs no module itself, but this one has "${key}"`, where, mend)
  } else if (key === 'loop' || key.startsWith('with_')) {
    const mend = 'put the block into a file and loop over include_tasks'
    loading.report('unsupported-keyword', 'a block cannot be looped over', where, mend)
  } else reportKey(item, key, blockKeywords, 'block', loading)
}

const metaActions = [
  'flush_handlers',
  'end_batch',
  'end_host',
  'end_play',
  'clear_facts',
  'noop',
  'reset_connection',
  'clear_host_errors',
  'refresh_inventory',
]

function readMeta(call: Call, keywords: Keywords, start: Position, around: Around): readonly Meta[] {
  const action = typeof call.value === 'string' ? call.value.trim() : ''
  if (metaActions.includes(action)) return [{ kind: 'meta', action, at: start, keywords }]
  const mend = `meta takes one of: ${metaActions.join(', ')}`
  around.loading.report('wrong-value', `meta cannot do ${describe(call.value)}`, spot(call.container, call.key), mend)
  return []
}
