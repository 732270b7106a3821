import { type Diagnostic, ToolError } from '../core/diagnostic.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Task } from '../core/playbook.ts'
import { isTemplate } from '../load/loading.ts'
import { excerptOf, positionOf } from '../load/places.ts'
import type { Scope } from '../load/scope.ts'

type Path = readonly (string | number)[]

/** Where the value of an argument is written: the line of the variable that the argument names. */
export type PlaceOf = (path: Path) => Position | undefined

/**
 * Finds the places of variables behind the arguments of a task. An argument that is one variable leads to it, and on to the
 * variable that this one is; of a longer template the variable counts that has the very value. `args` are the arguments
 * rendered. Undefined where the value stands in the task itself, or where its variable was not read from a file.
 */
export function placesOf(task: Pick<Task, 'args'>, args: unknown, scope: Scope): PlaceOf {
  return (path) => {
    const { text, rest } = templateAt(task.args as Value, path)
    if (text === undefined) return undefined
    const variable = variableIn(text)
    return variable === undefined
      ? placeOfValue(text, valueAt(args, path), scope)
      : placeOfVariable(variable.name, [...variable.into, ...rest], scope)
  }
}

/** Findings about an argument with the place of its value; that the argument was named is of no use from here on. */
export function located(diagnostics: readonly Diagnostic[], placeOf: PlaceOf, at: Position): readonly Diagnostic[] {
  return diagnostics.map(({ argument, ...one }) => {
    const found = argument && one.at === undefined ? placeOf(argument) : undefined
    return found === undefined ? one : atVariable(one, found, at)
  })
}

/** The finding at a variable; its evidence ends with where the variable is used. */
export function atVariable(finding: Omit<Diagnostic, 'at'>, at: Position, used: Position): Diagnostic {
  const lines = [finding.detail ?? excerptOf(at), `  used at ${used.file}:${used.line}:${used.col}`]
  return { ...finding, at, detail: lines.filter((line) => line !== undefined).join('\n') }
}

function placeOfVariable(name: string, rest: Path, scope: Scope, seen: readonly string[] = []): Position | undefined {
  const source = scope.explain(name)?.winner
  if (source === undefined || seen.includes(name)) return undefined
  const { text, rest: further } = templateAt(source.raw, rest)
  const next = text === undefined ? undefined : variableIn(text)
  const found = next && placeOfVariable(next.name, [...next.into, ...further], scope, [...seen, name])
  return found ?? positionOf(source.raw, rest) ?? source.at
}

function placeOfValue(text: string, value: unknown, scope: Scope): Position | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const names = [...scope.dependsOn(text)].filter((name) => rendered(name, scope) === value)
  for (const name of names) {
    const found = placeOfVariable(name, [], scope)
    if (found !== undefined) return found
  }
  return undefined
}

function rendered(name: string, scope: Scope): Value | undefined {
  try {
    return scope.get(name)
  } catch (error) {
    if (error instanceof ToolError) return undefined
    throw error
  }
}

/** The template on the way along a path, with the part of the path that lies behind it. */
function templateAt(root: Value, path: Path): { readonly text?: string; readonly rest: Path } {
  let value: unknown = root
  for (const [index, step] of path.entries()) {
    if (isTemplate(value)) return { text: value, rest: path.slice(index) }
    value = Array.isArray(value) || isMapping(value) ? (value as { readonly [key: string]: Value })[step] : undefined
  }
  return isTemplate(value) ? { text: value, rest: [] } : { rest: [] }
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
    root,
  )
}

/** The variable that a template consists of, with the path into it: `{{ name }}`, `{{ name.key[0]['other'] }}`. */
function variableIn(text: string): { readonly name: string; readonly into: Path } | undefined {
  const [, name, steps = ''] =
    /^\s*\{\{-?\s*([A-Za-z_]\w*)((?:\.\w+|\[\d+\]|\['[^']+'\])*)\s*-?\}\}\s*$/.exec(text) ?? []
  if (name === undefined) return undefined
  const into = [...steps.matchAll(/\.(\w+)|\[(\d+)\]|\['([^']+)'\]/g)].map(([, key, index, quoted]) =>
    index === undefined ? (key ?? quoted ?? '') : Number(index),
  )
  return { name, into }
}
