import type { TaskModule } from '../core/module.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { argumentNames } from './argument-names.ts'
import { describe } from './describe.ts'
import { isTemplate, type Loading, type Mapping } from './loading.ts'
import { positionAt, type Spot, spot, spotOf } from './places.ts'

const freeForms = whenNeeded<typeof import('./free-form.ts')>('./free-form.ts', import.meta.url)

/** How a task names its module and what it gives to it, before anything is known of the module. */
export interface Call {
  /** Last part of the name: `file` for `ansible.builtin.file`. */
  readonly moduleName: string
  /** The mapping and key where the arguments stand. */
  readonly container: Mapping
  readonly key: string
  /** Arguments as written, with the module's name taken out of `action` forms. */
  readonly value: Value
  /** Index in the written text at which `value` starts, for `action: copy src=x`. */
  readonly skipped: number
  /** `args:` of the task. */
  readonly more: Mapping | undefined
  /** Mappings of `module_defaults` for this module, outermost first. */
  readonly defaults: readonly Mapping[]
  /** Arguments were found in a wrong place, so that what is missing is no finding of its own. */
  readonly astray: boolean
}

/** Where one argument was written: in a mapping, or somewhere in a line of `key=value`. */
type Origin = { readonly container: object; readonly key: string } | Spot

export interface Arguments {
  readonly args: Mapping
  /** False when some could not be read (reported), so that what is missing is no finding of its own. */
  readonly whole: boolean
  spotOf(path: readonly (string | number)[], options?: { readonly key?: boolean }): Spot | undefined
}

/**
 * Brings all forms of arguments (mapping, `key=value`, free form, `args:`, module_defaults) under their main names.
 * What the module does not know is kept under its own name, for the check of the arguments to find.
 */
export function readArguments(call: Call, module: TaskModule, loading: Loading): Arguments {
  const names = argumentNames(module.args).main
  const { value, more, defaults } = call
  if (
    isMapping(value) &&
    !more &&
    defaults.length === 0 &&
    Object.keys(value).every((key) => namesItself(names, key))
  ) {
    const start = spot(call.container, call.key)
    return { args: value, whole: !call.astray, spotOf: (path, options) => spotOf(value, path, options) ?? start }
  }
  const args: { [key: string]: Value } = {}
  const origins = new Map<string, Origin>()
  const put = (key: string, one: Value, origin: Origin, twice: boolean): void => {
    const name = names.get(key) ?? key
    if (twice && origins.has(name)) {
      const where = 'container' in origin ? spot(origin.container, origin.key, true) : origin
      const message =
        key === name ? `"${name}" is given twice` : `"${key}" is another name of "${name}", which is given too`
      loading.report('argument-twice', message, where, 'keep one of the two')
      return
    }
    Object.defineProperty(args, name, { value: one, enumerable: true, writable: true, configurable: true })
    origins.set(name, origin)
  }
  const putAll = (from: Mapping, twice: boolean): void => {
    for (const [key, one] of Object.entries(from)) put(key, one, { container: from, key }, twice)
  }
  for (const one of defaults) putAll(one, false)
  const byDefault = new Map(origins)
  origins.clear()
  if (more) putAll(more, true)
  const whole = readOwn(call, module, loading, put, putAll) && !call.astray
  for (const [name, origin] of byDefault) if (!origins.has(name)) origins.set(name, origin)
  const start = spot(call.container, call.key)
  return { args, whole, spotOf: (path, options) => spotIn(args, origins, path, options) ?? start }
}

/** Position of an argument, from its spot. */
export function positionOfArgument(found: Spot | undefined, otherwise: Position): Position {
  return found ? positionAt(found.source, found.offset) : otherwise
}

function namesItself(names: ReadonlyMap<string, string>, key: string): boolean {
  return (names.get(key) ?? key) === key
}

function spotIn(
  args: Mapping,
  origins: ReadonlyMap<string, Origin>,
  path: readonly (string | number)[],
  options?: { readonly key?: boolean },
): Spot | undefined {
  const first = path[0]
  const origin = first === undefined ? undefined : origins.get(String(first))
  if (first === undefined || !origin) return undefined
  if (!('container' in origin)) return origin
  if (path.length === 1) return spot(origin.container, origin.key, options?.key === true)
  return spotOf(args[first], path.slice(1), options) ?? spot(origin.container, origin.key)
}

function readOwn(
  call: Call,
  module: TaskModule,
  loading: Loading,
  put: (key: string, one: Value, origin: Origin, twice: boolean) => void,
  putAll: (from: Mapping, twice: boolean) => void,
): boolean {
  const { value, moduleName } = call
  const start = spot(call.container, call.key)
  if (value === null || value === '') return true
  if (isMapping(value)) {
    putAll(value, true)
    return true
  }
  const freeForm = module.args.freeForm
  if (typeof value !== 'string') {
    if (freeForm !== undefined && typeof value !== 'object') {
      put(freeForm, value, { container: call.container, key: call.key }, true)
      return true
    }
    const message = `${moduleName} takes arguments (name: value), found ${describe(value)}`
    loading.report('wrong-type', message, start, 'put each argument on a line of its own below it')
    return false
  }
  const names = argumentNames(module.args).main
  if (isTemplate(value) && freeForm === undefined && /^\{\{[\s\S]*\}\}$/.test(value.trim())) {
    loading.report('templated-arguments', `the arguments of ${moduleName} are one template; each needs its name`, start)
    return false
  }
  const isKey = (key: string): boolean =>
    freeForm === undefined ? true : names.has(key) && names.get(key) !== freeForm
  const { pairs, rest, open } = freeForms().splitArguments(value, isKey)
  if (open !== undefined && freeForm !== undefined && pairs.length === 0 && !namesOption(value, isKey)) {
    put(freeForm, value.trim(), { container: call.container, key: call.key }, true)
    return true
  }
  if (open !== undefined) {
    loading.report('unclosed-argument', `"${open}" is opened in these arguments and never closed`, start)
    return false
  }
  for (const pair of pairs) put(pair.key, pair.value, within(call, pair.at, pair.key), true)
  if (rest === '') return true
  if (freeForm !== undefined) {
    put(freeForm, rest, { container: call.container, key: call.key }, true)
    return true
  }
  const some = [...new Set(names.values())].slice(0, 3).map((name) => `${name}=…`)
  const message = `${moduleName} does not know what to do with "${rest}"`
  loading.report('no-free-form', message, start, `it takes arguments with names: ${some.join(' ')}`)
  return false
}

/** True when a word of the text looks like an option, so that an open quote might swallow it. */
function namesOption(text: string, isKey: (key: string) => boolean): boolean {
  return [...text.matchAll(/(?:^|\s)(\w+)=/g)].some((match) => isKey(match[1] ?? ''))
}

/** The place of a `key=value` inside a written line; the start of the line when it was folded or escaped. */
function within(call: Call, index: number, word: string): Spot {
  const start = spot(call.container, call.key)
  if (!start) return { source: { file: '', text: '' }, offset: 0 }
  const { source, offset } = start
  const quote = /["']/.test(source.text[offset] ?? '') ? 1 : 0
  const guess = offset + call.skipped + index + quote
  if (source.text.startsWith(word, guess)) return { source, offset: guess }
  const found = source.text.indexOf(`${word}=`, offset)
  return found === -1 ? start : { source, offset: found }
}
