import path from 'node:path'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Keywords, Meta, Order, Play, Prompt, Step, Written } from '../core/playbook.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Around, Brought } from './around.ts'
import { describe } from './describe.ts'
import { playKeywords } from './keyword-names.ts'
import { noKeywords, readKeywords, reportKey, varsLayer } from './keywords.ts'
import { isVariableName } from './layers.ts'
import { at, isTemplate, type Loading, type Mapping, written } from './loading.ts'
import { readDefaults } from './module-defaults.ts'
import { lastPart } from './module-names.ts'
import { spot } from './places.ts'
import { readSteps } from './steps.ts'

const varsFiles = whenNeeded<typeof import('./play-vars-files.ts')>('./play-vars-files.ts', import.meta.url)
const roles = whenNeeded<typeof import('./roles.ts')>('./roles.ts', import.meta.url)

/** What is around a play: the file it is in, and what `import_playbook` laid upon it. */
export interface AroundPlay {
  readonly loading: Loading
  /** Absolute path of the playbook. */
  readonly file: string
  readonly keywords: Keywords
  readonly chain: readonly string[]
}

/** Reads one play; `list` and `index` say where it stands. Undefined when it is no play at all (then reported). */
export function readPlay(item: Mapping, list: object, index: number, around: AroundPlay): Play | undefined {
  const { loading } = around
  if (!('hosts' in item)) {
    reportNoHosts(item, list, index, loading)
    return undefined
  }
  for (const key of Object.keys(item)) if (!playKeywords.has(key)) reportPlayKey(item, key, loading)
  const own = { ...readKeywords(item, around.keywords, loading), vars: noKeywords.vars }
  const brought: Brought = { defaults: [], vars: [], handlers: [], handlerFiles: new Set(), ran: new Set() }
  const folder = path.dirname(around.file)
  const inside: Around = {
    loading,
    keywords: own,
    defaults: readDefaults(item, new Map(), loading),
    folder,
    playbookFolder: folder,
    searchPath: [folder],
    chain: around.chain,
    handlers: false,
    brought,
    readSteps,
  }
  const before = readSteps(item.pre_tasks, item, 'pre_tasks', inside)
  const ofRoles = item.roles === undefined ? [] : roles().readRoles(item.roles, item, 'roles', inside)
  const tasks = [...ofRoles, ...readSteps(item.tasks, item, 'tasks', inside)]
  const after = readSteps(item.post_tasks, item, 'post_tasks', inside)
  brought.handlers.push(...readSteps(item.handlers, item, 'handlers', { ...inside, handlers: true }))
  const flush: Meta = { kind: 'meta', action: 'flush_handlers', at: at(list, index), keywords: own }
  const playVars = varsLayer(item, 'vars', 'play vars', loading)
  return {
    name: playName(item, loading),
    at: at(list, index),
    hosts: readHosts(item, loading),
    folder,
    defaults: [...linkLayer(item), ...brought.defaults],
    vars: [...around.keywords.vars, ...(playVars ? [playVars] : [])],
    varsFiles: item.vars_files === undefined ? [] : varsFiles().readVarsFiles(item, folder, loading),
    roleVars: brought.vars,
    prompts: readPrompts(item, loading),
    steps: joined([before, tasks, after], flush),
    handlers: brought.handlers,
    serial: readSerial(item, loading),
    keywords: own,
    ...playSettings(item, loading),
    ...readOrder(item, loading),
  }
}

/** Groups of steps with a flush of the handlers between those that have something. */
function joined(groups: readonly (readonly Step[])[], flush: Meta): readonly Step[] {
  return groups.filter((group) => group.length > 0).flatMap((group, index) => (index === 0 ? group : [flush, ...group]))
}

function playName(item: Mapping, loading: Loading): string {
  const name = item.name ?? null
  if (typeof name === 'string' || typeof name === 'number') return String(name)
  if (name !== null) loading.report('wrong-type', `name takes a text, found ${describe(name)}`, spot(item, 'name'))
  return Array.isArray(item.hosts) ? item.hosts.join(',') : String(item.hosts ?? '')
}

function readHosts(item: Mapping, loading: Loading): Written {
  const hosts = item.hosts ?? null
  const texts = Array.isArray(hosts) ? hosts : [hosts]
  const good =
    texts.length > 0 && texts.every((one) => (typeof one === 'string' && one.trim() !== '') || typeof one === 'number')
  if (!good) {
    const message =
      hosts === null || hosts === '' ? 'hosts has nothing behind it' : `hosts takes a pattern, found ${describe(hosts)}`
    loading.report(
      hosts === null ? 'empty-keyword' : 'wrong-type',
      message,
      spot(item, 'hosts'),
      'name a group, a host, or all',
    )
  }
  return written(item, 'hosts')
}

function readSerial(item: Mapping, loading: Loading): readonly Written[] {
  const serial = item.serial ?? null
  if (serial === null) return []
  const parts = Array.isArray(serial) ? serial.map((_, index) => written(serial, index)) : [written(item, 'serial')]
  return parts.filter(({ value, at: place }) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    const good =
      (typeof number === 'number' && Number.isInteger(number) && number >= 0) ||
      (typeof value === 'string' && (/^\d+(\.\d+)?%$/.test(value) || isTemplate(value)))
    const message = `serial takes a number of hosts or a share such as "30%", found ${describe(value)}`
    if (!good) loading.reportAt('wrong-type', message, place)
    return good
  })
}

type Settings = Pick<Play, 'gatherFacts' | 'maxFailPercentage' | 'anyErrorsFatal' | 'forceHandlers'>

function playSettings(item: Mapping, loading: Loading): Settings {
  const get = (key: string, type: 'boolean' | 'number'): Written | undefined => {
    const value = item[key] ?? null
    if (value === null) return undefined
    if (typeof value === type || isTemplate(value)) return written(item, key)
    const what = type === 'boolean' ? 'true or false' : 'a number'
    loading.report('wrong-type', `${key} takes ${what}, found ${describe(value)}`, spot(item, key))
    return undefined
  }
  const gatherFacts = get('gather_facts', 'boolean')
  const maxFailPercentage = get('max_fail_percentage', 'number')
  const anyErrorsFatal = get('any_errors_fatal', 'boolean')
  const forceHandlers = get('force_handlers', 'boolean')
  return {
    ...(gatherFacts && { gatherFacts }),
    ...(maxFailPercentage && { maxFailPercentage }),
    ...(anyErrorsFatal && { anyErrorsFatal }),
    ...(forceHandlers && { forceHandlers }),
  }
}

const orders: readonly Order[] = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle']

function readOrder(item: Mapping, loading: Loading): { readonly order?: Order } {
  const value = item.order ?? null
  const order = orders.find((one) => one === value)
  if (order !== undefined || value === null) return order === undefined ? {} : { order }
  const message = `order takes the name of an order, found ${describe(value)}`
  loading.report('wrong-value', message, spot(item, 'order'), `it takes: ${orders.join(', ')}`)
  return {}
}

/** `connection` and `port` of a play: they hold where no variable of the host says otherwise. */
function linkLayer(item: Mapping): readonly Layer[] {
  const values: { [name: string]: Value } = {}
  if (item.connection !== undefined) values.ansible_connection = item.connection
  if (item.port !== undefined) values.ansible_port = item.port
  return Object.keys(values).length === 0 ? [] : [{ name: 'keywords of the play', values }]
}

const promptKeys = ['name', 'prompt', 'private', 'default', 'confirm']

function readPrompts(item: Mapping, loading: Loading): readonly Prompt[] {
  const list = item.vars_prompt ?? null
  if (list === null) return []
  if (!Array.isArray(list)) {
    const message = `vars_prompt takes a list of questions, found ${describe(list)}`
    loading.report('wrong-type', message, spot(item, 'vars_prompt'))
    return []
  }
  return (list as readonly Value[]).flatMap((entry, index) => {
    if (!isMapping(entry) || typeof entry.name !== 'string' || !isVariableName(entry.name)) {
      loading.report(
        'wrong-type',
        'a question of vars_prompt needs the name of a variable',
        spot(list, index),
        'write "- name: …" and "prompt: …"',
      )
      return []
    }
    for (const key of Object.keys(entry)) {
      if (promptKeys.includes(key)) continue
      const code = ['encrypt', 'salt', 'salt_size', 'unsafe'].includes(key) ? 'unsupported-keyword' : 'unknown-key'
      loading.report(
        code,
        `"${key}" is not a part of a question`,
        spot(entry, key, true),
        `It takes: ${promptKeys.join(', ')}`,
      )
    }
    return [
      {
        name: entry.name,
        prompt: typeof entry.prompt === 'string' ? entry.prompt : entry.name,
        private: entry.private !== false,
        ...(entry.default !== undefined && { default: entry.default }),
        confirm: entry.confirm === true,
        at: at(list, index),
      },
    ]
  })
}

function reportPlayKey(item: Mapping, key: string, loading: Loading): void {
  if (loading.options.registry.has(lastPart(key)) || key === 'block') {
    const message = `a play runs tasks, but "${key}" stands in the play itself`
    loading.report('task-in-play', message, spot(item, key, true), 'make it an entry of "tasks:"')
  } else reportKey(item, key, playKeywords, 'play', loading)
}

function reportNoHosts(item: Mapping, list: object, index: number, loading: Loading): void {
  const isTask = Object.keys(item).some((key) => loading.options.registry.has(lastPart(key)) || key === 'block')
  const where = spot(list, index)
  if (isTask) {
    const mend = 'start with "- hosts: all" and put the tasks below "tasks:"'
    loading.report('task-in-playbook', 'this is a task, but a playbook is a list of plays', where, mend)
    return
  }
  loading.report(
    'no-hosts',
    'this play does not say on which hosts it runs',
    where,
    'add "hosts: all", or the group it is for',
  )
}
