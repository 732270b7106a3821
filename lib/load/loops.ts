import { didYouMean } from '../core/closest.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Loop, Written } from '../core/playbook.ts'
import { describe } from './describe.ts'
import { isVariableName } from './layers.ts'
import { at, isTemplate, type Loading, type Mapping, written } from './loading.ts'
import { spot } from './places.ts'

const controls = ['loop_var', 'index_var', 'label', 'pause', 'extended']

/** Lookups that `with_…` may name besides those with a kind of their own; each turns into an expression. */
export const loopLookups: ReadonlySet<string> = new Set([
  'cartesian',
  'file',
  'fileglob',
  'first_found',
  'flattened',
  'indexed_items',
  'lines',
  'nested',
  'sequence',
  'together',
])

/** Kinds of loops that Ansible has and we do not, with what to write instead. */
const unsupportedLoops: ReadonlyMap<string, string> = new Map([
  ['with_inventory_hostnames', `loop: "{{ groups['…'] }}"`],
])

/** Reads `loop`, `with_…` and `loop_control` of a task; undefined when it has none. */
export function readLoop(task: Mapping, loading: Loading): Loop | undefined {
  const keys = Object.keys(task).filter((key) => key === 'loop' || key.startsWith('with_'))
  const [key, second] = keys
  if (key === undefined) {
    if ('loop_control' in task) {
      const message = 'loop_control says how a loop goes, but this task has no loop'
      loading.report(
        'loop-control-alone',
        message,
        spot(task, 'loop_control', true),
        'add "loop:", or take loop_control out',
      )
    }
    return undefined
  }
  if (second !== undefined) {
    loading.report('two-loops', `a task has one loop; this one has "${key}" and "${second}"`, spot(task, second, true))
  }
  const over = overOf(task, key, loading)
  if (!over) return undefined
  return { ...over, ...readControl(task, loading) }
}

function overOf(task: Mapping, key: string, loading: Loading): Pick<Loop, 'kind' | 'over'> | undefined {
  const value = task[key] ?? null
  const where = spot(task, key)
  if (value === null) {
    loading.report('empty-keyword', `${key} has nothing behind it`, spot(task, key, true))
    return undefined
  }
  const over = written(task, key)
  if (key === 'loop' || key === 'with_list') {
    if (Array.isArray(value) || isTemplate(value)) return { kind: 'loop', over }
    const mend = isMapping(value)
      ? 'to go through a mapping: loop: "{{ name | dict2items }}"'
      : typeof value === 'string'
        ? `to go through the variable ${value}: ${key}: "{{ ${value} }}"`
        : undefined
    loading.report('wrong-type', `${key} takes a list, found ${describe(value)}`, where, mend)
    return undefined
  }
  if (key === 'with_items') return { kind: 'items', over }
  if (key === 'with_dict') {
    if (isMapping(value) || isTemplate(value)) return { kind: 'dict', over }
    loading.report('wrong-type', `with_dict takes a mapping, found ${describe(value)}`, where)
    return undefined
  }
  const filter = filtered.get(key)
  if (filter) return { kind: 'loop', over: { value: `{{ ${filter(listOf(value))} }}`, at: over.at } }
  const lookup = key.slice('with_'.length)
  const instead = unsupportedLoops.get(key)
  if (instead !== undefined) {
    loading.report('unsupported-keyword', `Ansible's loop "${key}" does not exist here`, spot(task, key, true), instead)
    return undefined
  }
  if (!loopLookups.has(lookup)) {
    const known = [
      'loop',
      'with_items',
      'with_dict',
      'with_list',
      ...filtered.keys(),
      ...[...loopLookups].map((name) => `with_${name}`),
    ]
    loading.report(
      'unknown-key',
      `"${key}" is not a kind of loop`,
      spot(task, key, true),
      didYouMean(key, known, 'kinds'),
    )
    return undefined
  }
  const terms = Array.isArray(value) ? (value as readonly Value[]).map(expressionOf) : [expressionOf(value)]
  const expression = `{{ query('${lookup}', ${terms.join(', ')}) }}`
  return { kind: 'loop', over: { value: expression, at: over.at } }
}

/** Kinds of loops that a filter stands for. */
const filtered: ReadonlyMap<string, (terms: readonly Value[]) => string> = new Map([
  ['with_random_choice', (terms) => `[${expressionOf(terms as Value)} | random]`],
  [
    'with_subelements',
    ([list = null, key = null, flags = null]) => {
      const skip = isMapping(flags) && flags.skip_missing !== undefined ? flags.skip_missing : false
      return `${expressionOf(list)} | subelements(${expressionOf(key)}, ${expressionOf(skip)})`
    },
  ],
])

function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value]
}

/** A value as an expression that gives it; templates inside it become the expressions they hold. */
export function expressionOf(value: Value): string {
  if (typeof value === 'string') return textExpression(value)
  if (Array.isArray(value)) return `[${value.map(expressionOf).join(', ')}]`
  if (isMapping(value)) {
    return `{${Object.entries(value)
      .map(([key, one]) => `${literal(key)}: ${expressionOf(one)}`)
      .join(', ')}}`
  }
  if (value === null) return 'none'
  return String(value)
}

function textExpression(text: string): string {
  const parts: string[] = []
  let end = 0
  for (const match of text.matchAll(/\{\{([\s\S]*?)\}\}/g)) {
    if (match.index > end) parts.push(literal(text.slice(end, match.index)))
    parts.push(`(${(match[1] ?? '').trim()})`)
    end = match.index + match[0].length
  }
  if (end < text.length || parts.length === 0) parts.push(literal(text.slice(end)))
  return parts.join(' ~ ')
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}

type Control = Omit<Loop, 'kind' | 'over'>

function readControl(task: Mapping, loading: Loading): Control {
  const control = task.loop_control ?? null
  if (control === null) return { loopVar: 'item', extended: false }
  if (!isMapping(control)) {
    const message = `loop_control takes settings (${controls.join(', ')}), found ${describe(control)}`
    loading.report('wrong-type', message, spot(task, 'loop_control'))
    return { loopVar: 'item', extended: false }
  }
  for (const key of Object.keys(control)) {
    if (controls.includes(key)) continue
    const mend = didYouMean(key, controls, 'loop_control takes')
    loading.report('unknown-key', `"${key}" is not a setting of loop_control`, spot(control, key, true), mend)
  }
  const indexVar = variable(control, 'index_var', loading)
  const optional = (key: 'label' | 'pause'): { readonly [K in typeof key]?: Written } =>
    control[key] === undefined ? {} : { [key]: { value: control[key] as Value, at: at(control, key) } }
  return {
    loopVar: variable(control, 'loop_var', loading) ?? 'item',
    ...(indexVar !== undefined && { indexVar }),
    ...optional('label'),
    ...optional('pause'),
    extended: control.extended === true,
  }
}

function variable(control: Mapping, key: string, loading: Loading): string | undefined {
  const value = control[key]
  if (value === undefined) return undefined
  if (typeof value === 'string' && isVariableName(value)) return value
  loading.report(
    'bad-variable-name',
    `${key} takes the name of a variable, found ${describe(value)}`,
    spot(control, key),
  )
  return undefined
}
