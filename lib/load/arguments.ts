import type { z } from 'zod'
import { didYouMean } from '../core/closest.ts'
import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Task } from '../core/playbook.ts'
import { type FieldMeta, metaOf } from '../core/schema.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { argumentNames } from './argument-names.ts'
import type { Fault } from './argument-sentences.ts'
import { findTraps } from './argument-traps.ts'
import { holdsTemplate, isTemplate } from './loading.ts'
import { problemAt, type Spot } from './places.ts'

const sentences = whenNeeded<typeof import('./argument-sentences.ts')>('./argument-sentences.ts', import.meta.url)

type Path = readonly (string | number)[]
type Checked = Pick<Task, 'module' | 'moduleName' | 'args' | 'positionOf'>
type SpotOf = (path: Path, options?: { readonly key?: boolean }) => Spot | undefined

export interface CheckOptions {
  /** Tells values that are not known yet; they are passed over, also inside of lists and mappings. */
  readonly unresolved?: (value: unknown) => boolean
  /** The finding at the variable that the argument has its value from; undefined when the value stands in the task. */
  readonly elsewhere?: (path: Path, finding: Diagnostic) => Diagnostic | undefined
}

const spotsOf = new WeakMap<object, SpotOf>()

/**
 * Checks the arguments of a task, rendered and under their main names, against its module. Gives them as the module
 * takes them, defaults filled in; those that `unresolved` passed over are left out. Or all that is wrong with them.
 */
export function checkArguments(
  task: Checked,
  values: { readonly [key: string]: unknown },
  options: CheckOptions = {},
): { readonly args: { readonly [key: string]: unknown } } | { readonly diagnostics: readonly Diagnostic[] } {
  const { args, faults } = check(task, values, options.unresolved ?? (() => false), false)
  return faults.length === 0
    ? { args }
    : { diagnostics: faults.map((fault) => diagnosticOf(fault, task, options.elsewhere)) }
}

/**
 * Checks the arguments of a task as they are written, passing over everything that holds a template; `spotOf` gives the
 * places, which later checks of the same task use too.
 */
export function checkWritten(task: Checked, spotOf: SpotOf): readonly Diagnostic[] {
  spotsOf.set(task, spotOf)
  const { faults } = check(task, task.args, isTemplate, true)
  return faults.map((fault) => diagnosticOf(fault, task))
}

interface Result {
  readonly args: { readonly [key: string]: unknown }
  readonly faults: readonly Fault[]
}

const none: readonly never[] = []

function check(
  task: Checked,
  values: { readonly [key: string]: unknown },
  unresolved: (value: unknown) => boolean,
  raw: boolean,
): Result {
  const schema = task.module.args
  const names = argumentNames(schema)
  const args: { [key: string]: unknown } = {}
  let faults: Fault[] | undefined
  const add = (more: readonly Fault[]): void => {
    if (more.length > 0) faults = faults ? [...faults, ...more] : [...more]
  }
  for (const name in values) {
    const value = values[name]
    if (value === undefined) continue
    const field = schema.fields[name]
    if (!field) {
      if (schema.open) args[name] = value
      else add([unknownArgument(task, name)])
      continue
    }
    if (unresolved(value)) continue
    const meta = metaOf(field)
    if (raw && (meta.expression === true || (meta.source !== undefined && typeof value === 'string'))) continue
    if (value === null && !field.safeParse(null).success) {
      if (names.required.includes(name)) add([missing(task, name, true)])
      continue
    }
    const result = field.safeParse(value)
    if (result.success) {
      if (result.data !== undefined) args[name] = result.data
      if (mayTrap(value)) add(findTraps(value, result.data, [name], (path) => writtenAt(task, value, path)))
    } else
      add(
        explainAll(result.error, name, value, field, meta, unresolved, raw).map((one) => withQuotes(one, task, value)),
      )
  }
  for (const name of names.required) {
    if (values[name] === undefined) add([missing(task, name, false)])
  }
  for (const [name, value] of names.defaults) {
    if (args[name] === undefined && (values[name] === undefined || values[name] === null)) args[name] = value
  }
  return { args, faults: faults ?? none }
}

function mayTrap(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'object' && value !== null)
}

function explainAll(
  error: z.ZodError,
  name: string,
  value: unknown,
  field: z.ZodType,
  meta: FieldMeta,
  unresolved: (value: unknown) => boolean,
  raw: boolean,
): readonly Fault[] {
  const hidden = meta.secret === true
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
    if (issue.code !== 'unrecognized_keys' && isOpen(value, path, unresolved)) return none
    if (raw && issue.code === 'custom' && typeof sentences().valueAt(value, path) === 'string') return none
    const faults = sentences().explain(issue, name, value, field, hidden)
    if (meta.trap === undefined) return faults
    return faults.map((fault) => (fault.mend === undefined ? { ...fault, mend: meta.trap } : fault))
  })
}

/** `owner: yes` is true for YAML; where a text belongs, the mend is to put it in quotes. */
function withQuotes(fault: Fault, task: Checked, value: unknown): Fault {
  if (fault.mend !== undefined || !/: expected a? ?text/.test(fault.message)) return fault
  if (typeof sentences().valueAt(value, fault.path.slice(1)) !== 'boolean') return fault
  const written = writtenAt(task, value, fault.path)
  return written === undefined ? fault : { ...fault, mend: `write "${written}" in quotes when the text is meant` }
}

/** True when the value that `path` leads to, one on the way, or one inside of it is not known yet. */
function isOpen(value: unknown, path: Path, unresolved: (value: unknown) => boolean): boolean {
  let found = value
  if (unresolved(found)) return true
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return false
    found = (found as { readonly [key: string | number]: unknown })[step]
    if (unresolved(found)) return true
  }
  return holdsOpen(found, unresolved)
}

function holdsOpen(value: unknown, unresolved: (value: unknown) => boolean): boolean {
  if (unresolved === isTemplate) return holdsTemplate(value)
  if (unresolved(value)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((one) => holdsOpen(one, unresolved))
}

function unknownArgument(task: Checked, name: string): Fault {
  const known = Object.keys(task.module.args.fields)
  const nearest = didYouMean(name, [...argumentNames(task.module.args).main.keys()], '')?.split(' (')[0]
  const takes = known.length === 0 ? 'it takes no arguments' : `it takes: ${known.join(', ')}`
  return {
    code: 'unknown-key',
    path: [name],
    key: true,
    message: `"${name}" is not an argument of ${task.moduleName}`,
    mend: nearest?.startsWith('did you') ? `${nearest} ${takes[0]?.toUpperCase()}${takes.slice(1)}` : takes,
  }
}

function missing(task: Checked, name: string, written: boolean): Fault {
  const about = metaOf(task.module.args.fields[name] as z.ZodType).description
  const mend = about === undefined ? undefined : `${name}: ${about}`
  if (written)
    return { code: 'missing-argument', path: [name], key: true, message: `"${name}" has nothing behind it`, mend }
  return { code: 'missing-argument', path: [], message: `${task.moduleName} needs "${name}"`, mend }
}

/** The text a number was written as, when the argument stands in a file with that very value. */
function writtenAt(task: Checked, value: unknown, path: Path): string | undefined {
  const name = path[0]
  const { valueAt } = sentences()
  const number = valueAt(value, path.slice(1))
  if (name === undefined || valueAt(task.args, path) !== number) return undefined
  const found = spotsOf.get(task)?.(path)
  if (!found) return undefined
  return /^[^\s,[\]{}"'#]+/.exec(found.source.text.slice(found.offset, found.offset + 100))?.[0]
}

function diagnosticOf(fault: Fault, task: Checked, elsewhere?: CheckOptions['elsewhere']): Diagnostic {
  const { code, message, mend, path } = fault
  const found = elsewhere?.(path, problem(code, message, { mend }))
  if (found) return found
  const options = fault.key === true ? { key: true } : {}
  const spot = spotsOf.get(task)?.(path, options)
  if (spot) return problemAt(code, message, spot, { mend })
  return problem(code, message, { at: task.positionOf(path, options), mend })
}
