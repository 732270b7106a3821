import type { TaskModule } from '../core/module.ts'
import type { Position } from '../core/plain.ts'
import type { Keywords, Task } from '../core/playbook.ts'
import { checkWritten } from './arguments.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import type { Loading, Mapping } from './loading.ts'
import { spot } from './places.ts'
import { checkArgumentSyntax } from './syntax-checks.ts'
import { type Call, positionOfArgument, readArguments } from './task-arguments.ts'

/** Reads a task that runs a module and checks the arguments that hold no template. */
export function readTask(
  call: Call,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  around: Around,
): readonly Task[] {
  const module = around.loading.options.registry.get(call.moduleName)
  return module ? [taskOf(module, call, item, keywords, start, around)] : []
}

/** The same for a module that is at hand. */
export function taskOf(
  module: TaskModule,
  call: Call,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  around: Around,
): Task {
  const { loading } = around
  const found = readArguments(call, module, loading)
  const task: Task = {
    kind: 'task',
    name: nameOf(item, loading),
    moduleName: call.moduleName,
    module,
    args: found.args,
    positionOf: (path, options) => positionOfArgument(found.spotOf(path, options), start),
    keywords,
    at: start,
    searchPath: around.searchPath,
    ...(around.role && { role: around.role.name }),
  }
  for (const one of checkWritten(task, found.spotOf)) {
    if (found.whole || one.code !== 'missing-argument') loading.add(one)
  }
  checkArgumentSyntax(task, loading)
  return task
}

/** The name of a step without blanks around it, which are not shown; a number is taken as text, an empty name is none. */
export function nameOf(item: Mapping, loading: Loading): string | undefined {
  const name = item.name ?? null
  if (name === null) return undefined
  if (typeof name === 'string' || typeof name === 'number') return String(name).trim() || undefined
  loading.report('wrong-type', `name takes a text, found ${describe(name)}`, spot(item, 'name'))
  return undefined
}
