import { type Diagnostic, LoadError, problem, TaskError, ToolError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import type { Context } from '../core/module.ts'
import type { RunOptions } from '../core/options.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Keywords, Task, Written } from '../core/playbook.ts'
import type { Probe } from '../core/query.ts'
import { type Evaluated, type FieldMeta, metaOf } from '../core/schema.ts'
import { Secret, type Text } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'
import { checkArguments } from '../load/arguments.ts'
import { excerptOf } from '../load/places.ts'
import type { Scope } from '../load/scope.ts'
import { isOmitted, type Templar } from '../load/template.ts'
import { atVariable, type PlaceOf, placesOf } from './argument-place.ts'
import type { Services } from './services.ts'

/** A task (or one item of its loop) with everything filled in, ready to be asked about. */
export interface Ready {
  readonly kind: 'ready'
  readonly args: unknown
  readonly probe: Probe<unknown>
  readonly context: Context
  readonly become: Become | undefined
  /** Where the variables behind the arguments are written. */
  readonly placeOf: PlaceOf
}

export type Prepared =
  | Ready
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'wrong'; readonly diagnostics: readonly Diagnostic[] }

export interface Preparing {
  readonly templar: Templar
  readonly services: Pick<Services, 'source'>
  readonly host: string
  readonly options: Pick<RunOptions, 'verbosity'>
  /** `--become` and friends of the command line, and the host's `ansible_become*` variables. */
  become(scope: Scope, keywords: Keywords): Become | undefined
}

/** Decides `when`, renders and checks the arguments, and puts the questions; touches nothing. */
export async function prepare(task: Task, scope: Scope, how: Preparing): Promise<Prepared> {
  const { templar } = how
  try {
    const condition = decide(task.keywords.when, scope, templar)
    if (condition instanceof Unknown) return { kind: 'unknown', reason: condition.reason }
    if (condition !== true) return { kind: 'skipped', reason: `${condition.text} is false` }

    const rendered = await renderArguments(task, scope, how)
    const unknown = findUnknown(rendered)
    if (unknown) return { kind: 'unknown', reason: unknown.reason }
    const placeOf = placesOf(task, rendered, scope)
    const checked = checkArguments(task, rendered, {
      elsewhere: (path, finding) => {
        const found = placeOf(path)
        return found && atVariable(finding, found, task.positionOf(path))
      },
    })
    if ('diagnostics' in checked) return { kind: 'wrong', diagnostics: checked.diagnostics }

    const context: Context = {
      ...contextOf(how.host, scope, how.options.verbosity, environmentIn(task, scope, templar)),
      unread: task.keywords.register === undefined && !how.options.verbosity,
    }
    const findings = task.module.validate?.(checked.args, context) ?? []
    if (findings.length > 0) {
      return {
        kind: 'wrong',
        diagnostics: findings.map(({ path, diagnostic }) => placedAt(diagnostic, task.positionOf(path), placeOf(path))),
      }
    }
    const probe = task.module.probe(checked.args, context)
    return { kind: 'ready', args: checked.args, probe, context, become: how.become(scope, task.keywords), placeOf }
  } catch (error) {
    if (error instanceof ToolError) return { kind: 'wrong', diagnostics: placed(error.diagnostics, task.at) }
    throw error
  }
}

function placedAt(finding: Omit<Diagnostic, 'at'>, at: Position, variable: Position | undefined): Diagnostic {
  if (variable) return atVariable(finding, variable, at)
  const detail = finding.detail ?? excerptOf(at)
  return { ...finding, at, ...(detail !== undefined && { detail }) }
}

/** True, the first condition that is false, or what keeps it from being known. */
export function decide(
  conditions: readonly Written[],
  scope: Scope,
  templar: Templar,
): true | Unknown | { readonly text: string } {
  for (const condition of conditions) {
    const value = templar.condition(condition.value, scope, condition.at)
    if (value instanceof Unknown) return value
    if (!value) return { text: typeof condition.value === 'string' ? condition.value : JSON.stringify(condition.value) }
  }
  return true
}

async function renderArguments(task: Task, scope: Scope, how: Preparing): Promise<{ [key: string]: Value }> {
  const out: { [key: string]: Value } = {}
  const problems: Diagnostic[] = []
  for (const [name, written] of Object.entries(task.args)) {
    const field = task.module.args.fields[name]
    const meta = field ? metaOf(field) : {}
    const at = task.positionOf([name])
    try {
      if (meta.expression) {
        out[name] = evaluateAll(written, scope, how.templar, at)
        continue
      }
      const value = how.templar.renderDeep(written, scope, (path) => task.positionOf([name, ...path]))
      if (isOmitted(value)) continue
      if (meta.source && typeof value === 'string' && !isRemote(task, meta, scope, how.templar)) {
        const { path, rest } = meta.commandLine ? commandLine(value) : { path: value, rest: undefined }
        const reading = meta.reading?.(readingArguments(task, meta, scope, how.templar))
        const source = await how.services.source(meta.source, path, task.searchPath, scope, reading)
        out[name] = (rest === undefined || source instanceof Unknown ? source : { ...source, rest }) as unknown as Value
      } else {
        out[name] = meta.secret && typeof value === 'string' ? new Secret(value, name) : value
      }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      problems.push(...placed(error.diagnostics, at))
    }
  }
  if (problems.length > 0) throw new LoadError(problems)
  return out
}

/** The simple arguments of a task, for what says how a template is read. */
function readingArguments(task: Task, meta: FieldMeta, scope: Scope, templar: Templar) {
  const simple = Object.entries(task.args).filter(([name]) => {
    const field = task.module.args.fields[name]
    return field !== undefined && metaOf(field) !== meta
  })
  const values = simple.map(([name, value]) => {
    try {
      const rendered = templar.renderDeep(value, scope, () => task.positionOf([name]))
      return [name, task.module.args.fields[name]?.safeParse(rendered).data] as const
    } catch (error) {
      // What is wrong with it is said of the argument itself.
      if (error instanceof ToolError) return [name, undefined] as const
      throw error
    }
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

/** Takes the first word off a command line; quotes and backslashes may hold blanks in it. */
function commandLine(line: string): { readonly path: string; readonly rest: string } {
  const [, word = '', rest = ''] = /^\s*((?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+)\s*([\s\S]*)$/.exec(line) ?? []
  const path = word.replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => double ?? single ?? escaped)
  return { path, rest: rest.trimEnd() }
}

/** True when a boolean argument turns a path into one of the host: `remote_src` that is set, `copy` that is not. */
function isRemote(task: Task, { sourceUnless, sourceWhile }: FieldMeta, scope: Scope, templar: Templar): boolean {
  const is = (name: string | undefined, words: readonly Value[]) => {
    const written = name === undefined ? undefined : task.args[name]
    if (name === undefined || written === undefined) return false
    const value = templar.renderDeep(written, scope, () => task.positionOf([name]))
    return words.includes(typeof value === 'string' ? value.toLowerCase() : value)
  }
  return is(sourceUnless, [true, 'yes', 'true', 'on']) || is(sourceWhile, [false, 'no', 'false', 'off'])
}

/** One expression, or each of a list of them: its text and its value, undefined when a variable in it is not defined. */
function evaluateAll(written: Value, scope: Scope, templar: Templar, at: Position): Value {
  if (Array.isArray(written)) return written.map((one) => evaluateAll(one as Value, scope, templar, at))
  if (typeof written !== 'string') return { text: JSON.stringify(written), value: written }
  const evaluated: Evaluated = { text: written, value: valueNow(written, scope, templar, at) }
  return evaluated as unknown as Value
}

function valueNow(expression: string, scope: Scope, templar: Templar, at: Position): Value | undefined {
  try {
    return templar.evaluate(expression, scope, at)
  } catch (error) {
    if (error instanceof ToolError && error.code === 'undefined-variable') return undefined
    throw error
  }
}

export function contextOf(
  host: string,
  scope: Scope,
  verbosity = 0,
  environment: Context['environment'] = () => undefined,
): Context {
  return { host, verbosity, variable: (name) => scope.get(name), environment }
}

/** Looks into the mappings of the keyword `environment`, the innermost first. */
function environmentIn(task: Task, scope: Scope, templar: Templar): (name: string) => Text | undefined {
  return (name) => {
    for (const { value, at } of task.keywords.environment.toReversed()) {
      const mapping = templar.renderDeep(value, scope, () => at)
      const found = isMapping(mapping) ? mapping[name] : undefined
      if (found !== undefined && found !== null) return found instanceof Secret ? found : String(found)
    }
    return undefined
  }
}

/** The first value that is not known yet, at any depth. */
export function findUnknown(value: Value | undefined): Unknown | undefined {
  if (value instanceof Unknown) return value
  if (Array.isArray(value)) return firstUnknown(value)
  return isMapping(value) ? firstUnknown(Object.values(value)) : undefined
}

function firstUnknown(values: readonly Value[]): Unknown | undefined {
  for (const value of values) {
    const found = findUnknown(value)
    if (found) return found
  }
  return undefined
}

/** Gives findings without a place the place of what they are about. */
export function placed(diagnostics: readonly Diagnostic[], at: Position): readonly Diagnostic[] {
  return diagnostics.map((one) => (one.at ? one : { ...one, at }))
}

/** The items of a loop, each with the variables it brings; a task without a loop has one item without any. */
export interface Item {
  readonly variables: { readonly [key: string]: Value }
  readonly label: string | undefined
}

export function itemsOf(
  task: Pick<Task, 'keywords' | 'at'>,
  scope: Scope,
  templar: Templar,
): readonly Item[] | Unknown {
  const { loop } = task.keywords
  if (!loop) return [{ variables: {}, label: undefined }]
  const over = templar.renderDeep(loop.over.value, scope, () => loop.over.at)
  if (over instanceof Unknown) return over
  const values = listOf(loop.kind, over, loop.over.at)
  return values.map((value, index) => {
    const variables: { [key: string]: Value } = { [loop.loopVar]: value, ansible_loop_var: loop.loopVar }
    if (loop.indexVar !== undefined) variables[loop.indexVar] = index
    if (loop.extended) {
      variables.ansible_loop = {
        index: index + 1,
        index0: index,
        first: index === 0,
        last: index === values.length - 1,
        length: values.length,
        revindex: values.length - index,
        revindex0: values.length - index - 1,
        allitems: values,
        ...(index > 0 && { previtem: values[index - 1] as Value }),
        ...(index < values.length - 1 && { nextitem: values[index + 1] as Value }),
      }
    }
    const label = loop.label
      ? templar.renderDeep(loop.label.value, scope.with(variables), () => loop.label?.at ?? task.at)
      : value
    return { variables, label: shown(label) }
  })
}

function listOf(kind: 'loop' | 'items' | 'dict', over: Value, at: Position): readonly Value[] {
  if (kind === 'dict') {
    if (isMapping(over)) return Object.entries(over).map(([key, value]) => ({ key, value }))
    throw new TaskError(problem('loop-not-a-mapping', `with_dict needs a mapping, found ${kindOf(over)}`, { at }))
  }
  if (kind === 'items')
    return (Array.isArray(over) ? over : [over]).flatMap((one) => (Array.isArray(one) ? one : [one])) as Value[]
  if (Array.isArray(over)) return over as readonly Value[]
  throw new TaskError(
    problem('loop-not-a-list', `loop needs a list, found ${kindOf(over)}`, {
      at,
      mend: isMapping(over)
        ? 'loop over "{{ the_mapping | dict2items }}"'
        : 'write a list, or an expression that gives one',
    }),
  )
}

function kindOf(value: Value): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  return value instanceof Secret
    ? 'a secret'
    : `the ${typeof value === 'string' ? 'text' : typeof value} "${String(value)}"`
}

/** An item as it may stand in a line of output. */
export function shown(value: Value): string {
  return typeof value === 'string' ? value : value instanceof Secret ? value.toString() : JSON.stringify(value)
}
