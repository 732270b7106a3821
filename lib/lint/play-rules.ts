import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import type { Play, Step, Task } from '../core/playbook.ts'
import { found } from './finding.ts'

/** All tasks of a play with those of its rescue parts, and of its includes where their files are known. */
export function tasksOf(
  steps: readonly Step[],
  loaded: (step: Extract<Step, { kind: 'include' }>) => readonly Step[],
): readonly Task[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case 'task':
        return [step]
      case 'block':
        return tasksOf([...step.steps, ...step.rescue, ...step.always], loaded)
      case 'include':
        return tasksOf(loaded(step), loaded)
      case 'meta':
        return []
      default:
        return step satisfies never
    }
  })
}

/** Handlers that no task of the play notifies; nothing is said where a name in `notify` is a template. */
export function unusedHandlers(play: Play, tasks: readonly Task[], handlers: readonly Task[]): readonly Diagnostic[] {
  const notified = [...tasks, ...handlers].flatMap(({ keywords }) => keywords.notify.map(({ value }) => String(value)))
  if (notified.some((name) => name.includes('{{'))) return []
  const known = new Set(notified)
  return handlers
    .filter(
      (one) => ![one.name, ...one.keywords.listen].some((name) => name !== undefined && isNotified(name, known, one)),
    )
    .map((one) => {
      const message = `nothing notifies the handler "${one.name ?? one.moduleName}" of the play "${play.name}"`
      return found(problem('handler-unused', message, { mend: 'notify it, or take it out' }), one.at)
    })
}

function isNotified(name: string, known: ReadonlySet<string>, { role }: Task): boolean {
  return known.has(name) || (role !== undefined && known.has(`${role} : ${name}`))
}

/** Layers of variables that are written in a play and at its tasks. */
export function layersOf(play: Play, tasks: readonly Task[]): readonly Layer[] {
  const files = play.varsFiles.flatMap((file) => ('names' in file ? [] : [file]))
  const all = [
    ...play.defaults,
    ...play.vars,
    ...files,
    ...play.roleVars,
    ...tasks.flatMap(({ keywords }) => keywords.vars),
  ]
  return [...new Set(all)]
}
