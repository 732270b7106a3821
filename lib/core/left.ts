import type { ShownChange } from './event.ts'
import type { Value } from './plain.ts'

/** A task of an earlier run; `id` is its place (`file:line:col`) at that time. */
export interface LeftTask {
  readonly host: string
  readonly play: string
  readonly task: string
  readonly id: string
}

/** A handler that was notified by the task `by` and has not run to its end since. */
export interface OwedHandler {
  readonly host: string
  readonly play: string
  readonly handler: string
  readonly by: string
}

/** What runs that did not get through a play left to the next one, per host and play. */
export interface Left {
  readonly owed: readonly OwedHandler[]
  /** Tasks that began to change something and are not known to have finished: their notifications are owed as well. */
  readonly cut: readonly LeftTask[]
  /** Tasks that changed something before the host left the play early. */
  readonly changed: readonly LeftTask[]
}

export const nothingLeft: Left = { owed: [], cut: [], changed: [] }

/** Names the plays of a run, in their order, so that two of the same name are told apart. */
export function playNames(): (name: string) => string {
  const seen = new Map<string, number>()
  return (name) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  }
}

/** The same task, also when the playbook was edited and its lines have moved. */
export function isSameTask(a: Pick<LeftTask, 'task' | 'id'>, b: Pick<LeftTask, 'task' | 'id'>): boolean {
  return taskKey(a) === taskKey(b)
}

/** What a task keeps when its lines move: its name and its file. */
export function taskKey({ task, id }: Pick<LeftTask, 'task' | 'id'>): string {
  return JSON.stringify([task, id.replace(/:\d+:\d+$/, '')])
}

/**
 * For `--resume`: the registered result of an action that an earlier run finished, when the task is still the same and
 * would do the same; undefined when it has to be done (again).
 */
export type Finished = (what: LeftTask, item: string | undefined, changes: readonly ShownChange[]) => Result | undefined

type Result = { readonly [key: string]: Value }
