import { ToolError } from '../core/diagnostic.ts'
import type { Task } from '../core/playbook.ts'
import { metaOf } from '../core/schema.ts'
import type { Scope } from '../load/scope.ts'
import { templateText } from '../load/source.ts'
import { hasTemplate } from '../load/template.ts'
import type { HostRun } from './host-run.ts'
import type { HostState } from './host-state.ts'

const readers = new WeakMap<Task, WeakMap<HostState, boolean>>()

/**
 * True when a task may need what other hosts have learnt: it, a variable that it uses, or the template that it renders asks
 * for `hostvars`. Looked at once for each host, as its variables are its own.
 */
export function readsOthers(run: HostRun, task: Task): boolean {
  if (run.state.batch.length === 1) return false
  const ofTask = readers.get(task) ?? new WeakMap<HostState, boolean>()
  readers.set(task, ofTask)
  const known = ofTask.get(run.host)
  if (known !== undefined) return known
  const { when, loop, vars, changedWhen = [], failedWhen = [], until = [] } = task.keywords
  const scope = run.state.scopeOf(run.host, vars)
  const conditions = [...when, ...changedWhen, ...failedWhen, ...until].map((one) => one.value)
  const reads =
    scope.dependsOn([task.args, loop?.over.value ?? null]).has('hostvars') ||
    scope.dependsOn(conditions, 'expression').has('hostvars') ||
    Object.entries(task.module.args.fields).some(
      ([name, field]) =>
        task.args[name] !== undefined &&
        metaOf(field).source === 'template' &&
        templateReadsOthers(run, task, task.args[name], scope),
    )
  ofTask.set(run.host, reads)
  return reads
}

/** A template that cannot be looked at as it stands (its name or its marks are given in another way) may ask for anything. */
function templateReadsOthers(run: HostRun, task: Task, name: unknown, scope: Scope): boolean {
  if (typeof name !== 'string' || hasTemplate(name)) return true
  const ownMarks = Object.keys(task.args).some((argument) => argument.endsWith('_string'))
  const text = ownMarks ? undefined : templateText(name, task.searchPath)
  if (text === undefined || !isReadable(run, text)) return true
  const names = scope.dependsOn(text)
  return ['hostvars', 'vars', '*'].some((one) => names.has(one))
}

function isReadable(run: HostRun, text: string): boolean {
  try {
    run.state.templar.check(text, 'template')
    return true
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return false
  }
}
