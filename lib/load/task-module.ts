import { closest } from '../core/closest.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { argumentNames } from './argument-names.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { handlerKeywords, taskKeywords, unsupportedKeywords } from './keyword-names.ts'
import { reportKey } from './keywords.ts'
import type { Loading, Mapping } from './loading.ts'
import { readDefaults } from './module-defaults.ts'
import { isModule, lastPart, moduleNames, otherTask, reportUnknownTask } from './module-names.ts'
import { borrowPlaces, spot, spotOf } from './places.ts'
import type { Call } from './task-arguments.ts'

/**
 * Finds what a task calls and reports every key that is neither a keyword nor a module. Undefined when there is no one
 * module to call (then reported).
 */
export function findCall(item: Mapping, around: Around): Call | undefined {
  const { loading } = around
  const { registry } = loading.options
  const keywords = around.handlers ? handlerKeywords : taskKeywords
  const modules: string[] = []
  const others: string[] = []
  for (const key in item) {
    if (key === 'action' || key === 'local_action') modules.push(key)
    else if (keywords.has(key) || key.startsWith('with_')) continue
    else if (isModule(key, registry.has)) modules.push(key)
    else others.push(key)
  }
  const [first, second] = modules
  if (first !== undefined && second !== undefined) {
    const message = `a task runs one module; this one has "${first}" and "${second}"`
    loading.report('two-modules', message, spot(item, second, true), `make "${second}" a task of its own`)
  }
  if (first === undefined) {
    reportNoModule(item, others, keywords, loading)
    return undefined
  }
  const strays = others.filter((key) => reportOther(item, key, first, keywords, loading))
  const call =
    first === 'action' || first === 'local_action' ? actionCall(item, first, around) : callOf(item, first, around)
  return call && strays.length > 0 ? { ...call, astray: true } : call
}

function callOf(item: Mapping, key: string, around: Around): Call {
  const name = lastPart(key)
  return {
    moduleName: name,
    container: item,
    key,
    value: item[key] ?? null,
    skipped: 0,
    ...surroundings(item, name, around),
  }
}

function surroundings(item: Mapping, name: string, around: Around): Pick<Call, 'more' | 'defaults' | 'astray'> {
  const { loading } = around
  const value = item.args ?? null
  const more = isMapping(value) ? value : undefined
  if (value !== null && !more) {
    loading.report('wrong-type', `args takes arguments (name: value), found ${describe(value)}`, spot(item, 'args'))
  }
  return { more, defaults: readDefaults(item, around.defaults, loading).get(name) ?? [], astray: false }
}

/** `action: copy src=a dest=b` and `action: { module: copy, src: a }`, and the same with `local_action`. */
function actionCall(item: Mapping, key: string, around: Around): Call | undefined {
  const { loading } = around
  const value = item[key] ?? null
  const where = spot(item, key)
  if (typeof value === 'string' && value.trim() !== '') {
    const [, blank = '', written = '', gap = ''] = /^(\s*)(\S+)(\s*)/.exec(value) ?? []
    if (!known(written, item, key, where, loading)) return undefined
    const skipped = blank.length + written.length + gap.length
    const name = lastPart(written)
    return {
      moduleName: name,
      container: item,
      key,
      value: value.slice(skipped),
      skipped,
      ...surroundings(item, name, around),
    }
  }
  if (isMapping(value) && typeof value.module === 'string') {
    if (!known(value.module, value, 'module', spot(value, 'module'), loading)) return undefined
    const name = lastPart(value.module)
    const { module: _module, ...args } = value
    const { more, defaults } = surroundings(item, name, around)
    return {
      moduleName: name,
      container: item,
      key,
      value: null,
      skipped: 0,
      more: inOne(value, args, more),
      defaults,
      astray: false,
    }
  }
  const message = `${key} takes the name of a module and its arguments, found ${describe(value)}`
  loading.report('wrong-type', message, where, `write the module's own name in the place of "${key}"`)
  return undefined
}

/** The arguments beside `module:`; those of `args:` are added, and the places of the written mapping are kept. */
function inOne(written: Mapping, args: { readonly [key: string]: Value }, more: Mapping | undefined): Mapping {
  const out = more ? { ...more, ...args } : { ...args }
  borrowPlaces(out, written)
  return out
}

function known(
  name: string,
  container: Mapping,
  key: string,
  where: ReturnType<typeof spot>,
  loading: Loading,
): boolean {
  if (isModule(name, loading.options.registry.has)) return true
  const mend = otherTask(name, loading)
  loading.report('unknown-task', `there is no task "${name}"`, where ?? spot(container, key), mend, name.length)
  return false
}

function reportNoModule(
  item: Mapping,
  others: readonly string[],
  keywords: ReadonlySet<string>,
  loading: Loading,
): void {
  if (others.length === 0) {
    const mend = 'add the module it shall run, such as "debug:" or "file:", beside "name:"'
    const key = Object.keys(item)[0]
    loading.report(
      'no-module',
      'this task runs no module',
      key === undefined ? spotOf(item, []) : spot(item, key, true),
      mend,
    )
    return
  }
  const names = moduleNames(loading)
  for (const key of others) {
    if (unsupportedKeywords.has(key)) reportKey(item, key, keywords, 'task', loading)
    else if (isPlayKeyword(key)) reportPlayKey(item, key, loading)
    else if (others.length === 1 || closest(lastPart(key), names) !== undefined || isMapping(item[key])) {
      reportUnknownTask(item, key, loading)
    } else reportKey(item, key, keywords, 'task', loading)
  }
}

function isPlayKeyword(key: string): boolean {
  return ['hosts', 'tasks', 'roles', 'pre_tasks', 'post_tasks', 'gather_facts', 'import_playbook'].includes(key)
}

function reportPlayKey(item: Mapping, key: string, loading: Loading): void {
  const message = `"${key}" belongs to a play, but here is a list of tasks`
  const mend =
    'a file that is imported or included holds tasks alone; whole playbooks are taken in with import_playbook'
  loading.report('play-in-tasks', message, spot(item, key, true), mend)
}

/** Reports a key beside the module; true when it is one of the module's arguments that went astray. */
function reportOther(
  item: Mapping,
  key: string,
  module: string,
  keywords: ReadonlySet<string>,
  loading: Loading,
): boolean {
  const args = loading.options.registry.get(lastPart(module))?.args
  if (args && argumentNames(args).main.has(key) && !unsupportedKeywords.has(key)) {
    const message = `"${key}" is an argument of ${lastPart(module)} and stands beside it`
    loading.report(
      'argument-beside-module',
      message,
      spot(item, key, true),
      `indent it, so that it stands below "${module}:"`,
    )
    return true
  }
  reportKey(item, key, keywords, 'task', loading)
  return false
}
