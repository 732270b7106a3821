import { ToolError } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import type { Task } from '../core/playbook.ts'
import type { HostRun } from './host-run.ts'
import { idOf } from './leaving.ts'
import { decide } from './prepare.ts'

/**
 * A condition on what has changed means the changes of a run that was cut off as well as those of this one. When the
 * condition of a task holds with the former alone, the results of that run are put in place until the returned function is
 * called. What the task itself had changed then is not repeated for that reason; a handler, which has no `name` here, is:
 * it was notified after that.
 */
export function seeEarlier(run: HostRun, task: Task, name: string | undefined): (() => void) | undefined {
  const { host, leftovers } = run
  const names = Object.keys(leftovers.carried).filter((one) => one !== task.keywords.register)
  if (names.length === 0 || task.keywords.when.length === 0) return undefined
  if (name !== undefined && leftovers.hasChanged({ task: name, id: idOf(task.at) })) return undefined
  if (holds(run, task) !== false) return undefined
  const own = Object.fromEntries(names.map((one) => [one, host.set[one] as Value]))
  const restore = () => host.learn('set', own)
  host.learn('set', Object.fromEntries(names.map((one) => [one, leftovers.carried[one] as Value])))
  if (holds(run, task) === true) return restore
  restore()
  return undefined
}

/** Undefined when it cannot be told for the task as a whole, as with a condition on the items of a loop. */
function holds(run: HostRun, task: Task): boolean | undefined {
  const { state, host } = run
  try {
    return decide(task.keywords.when, state.scopeOf(host, task.keywords.vars), state.templar) === true
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return undefined
  }
}
