import type { RunOptions } from '../core/options.ts'
import type { Step, Task } from '../core/playbook.ts'

/**
 * Which steps `--tags` and `--skip-tags` leave, by Ansible's rules: `always` runs unless skipped, `never` only when one of
 * the task's tags is asked for, `tagged`, `untagged` and `all` are words for many.
 */
export function isSelected(tags: readonly string[], options: Pick<RunOptions, 'tags' | 'skipTags'>): boolean {
  const own = new Set(tags)
  const wanted = new Set(options.tags.length === 0 ? ['all'] : options.tags)
  const skipped = new Set(options.skipTags)
  const tagged = own.size > 0

  let run = false
  if (own.has('always')) run = true
  else if (wanted.has('all')) run = !own.has('never')
  else if (wanted.has('tagged')) run = tagged && !own.has('never')
  if (wanted.has('untagged') && !tagged) run = true
  if ([...own].some((tag) => wanted.has(tag))) run = true
  if (!run) return false

  if (skipped.has('all')) return own.has('always') && !skipped.has('always')
  if (skipped.has('tagged') && tagged) return false
  if (skipped.has('untagged') && !tagged) return false
  return ![...own].some((tag) => skipped.has(tag))
}

/** Is only a part of the tasks asked for? Then nobody gets through a play. */
export function isPartial(options: Pick<RunOptions, 'tags' | 'skipTags' | 'startAtTask'>): boolean {
  return options.tags.length + options.skipTags.length > 0 || options.startAtTask !== undefined
}

/** All tasks of some steps in the order they are written, blocks opened; rescue parts only when asked for. */
export function* tasksIn(
  steps: readonly Step[],
  options: { readonly rescue: boolean } = { rescue: false },
): Generator<Task> {
  for (const step of steps) {
    if (step.kind === 'task') yield step
    else if (step.kind === 'block') {
      yield* tasksIn(step.steps, options)
      if (options.rescue) yield* tasksIn(step.rescue, options)
      yield* tasksIn(step.always, options)
    }
  }
}

/** Is this the task of `--start-at-task`? The whole name, or a pattern with `*` and `?`. */
export function isNamed(task: Task, wanted: string): boolean {
  const name = task.name ?? task.moduleName
  if (name === wanted) return true
  const pattern = wanted
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`).test(name)
}
