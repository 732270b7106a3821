import { ToolError } from '../core/diagnostic.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Keywords, Task } from '../core/playbook.ts'
import { metaOf } from '../core/schema.ts'
import { isTemplate, type Loading } from './loading.ts'

/** Reads a template or an expression without rendering it; throws ToolError for a mistake in its form. */
export type CheckSyntax = (text: string, kind: 'template' | 'expression', at: Position) => void

/** Checks the form of all templates and expressions in the arguments of a task, also of one that no host ever reaches. */
export function checkArgumentSyntax(task: Task, loading: Loading): void {
  if (!loading.options.checkSyntax) return
  if (isTemplate(task.name)) check(task.name, 'template', task.at, loading)
  for (const name in task.args) {
    const field = task.module.args.fields[name]
    const expression = field !== undefined && metaOf(field).expression === true
    walk(task.args[name], [name], (text, path) => {
      if (isTemplate(text)) check(text, 'template', task.positionOf(path), loading)
      else if (expression) check(text, 'expression', task.positionOf(path), loading)
    })
  }
}

/** Checks the form of the conditions and templates that a task or block adds to the keywords around it. */
export function checkKeywordSyntax(own: Keywords, outer: Keywords, loading: Loading): void {
  if (!loading.options.checkSyntax || own === outer) return
  const conditions = [own.when.slice(outer.when.length), own.until, own.changedWhen, own.failedWhen]
  for (const { value, at } of conditions.flatMap((list) => list ?? [])) {
    if (typeof value === 'string') check(value, isTemplate(value) ? 'template' : 'expression', at, loading)
  }
  const notify = own.notify === outer.notify ? [] : own.notify
  const environment = own.environment.slice(outer.environment.length)
  for (const written of [own.loop?.over, own.loop?.label, own.delegateTo, ...notify, ...environment]) {
    if (written) walk(written.value, [], (text) => isTemplate(text) && check(text, 'template', written.at, loading))
  }
  for (const layer of own.vars.slice(outer.vars.length)) {
    for (const name in layer.values) {
      const at = layer.positionOf?.(name)
      if (at) walk(layer.values[name], [], (text) => isTemplate(text) && check(text, 'template', at, loading))
    }
  }
}

function check(text: string, kind: 'template' | 'expression', at: Position, loading: Loading): void {
  try {
    loading.options.checkSyntax?.(text, kind, at)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    for (const diagnostic of error.diagnostics) loading.add(diagnostic.at ? diagnostic : { ...diagnostic, at })
  }
}

function walk(
  value: Value | undefined,
  path: readonly (string | number)[],
  visit: (text: string, path: readonly (string | number)[]) => void,
): void {
  if (typeof value === 'string') visit(value, path)
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, [...path, index], visit)
  else if (isMapping(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key], visit)
}
