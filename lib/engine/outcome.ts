import type { Diagnostic } from '../core/diagnostic.ts'
import type { Status } from '../core/event.ts'
import type { TaskModule } from '../core/module.ts'
import type { Value } from '../core/plain.ts'
import { Unknown } from '../core/unknown.ts'

/** What became of a task, or of one item of its loop. */
export interface Outcome {
  readonly status: Status
  /** What `register` gets. */
  readonly result: { readonly [key: string]: Value }
  readonly message?: string
  readonly changes: number
  readonly diagnostics: readonly Diagnostic[]
  readonly facts?: { readonly [key: string]: Value }
  /** They are facts of the host as well. */
  readonly alsoGathered?: boolean
  /** Not done in this run: `result` is that of the run that is resumed, already judged. */
  readonly again?: true
  /** Applying was begun: when it failed, something may have been changed all the same. */
  readonly begun?: boolean
}

export function skipped(reason: string): Outcome {
  const result = { changed: false, skipped: true, skip_reason: 'Conditional result was False', false_condition: reason }
  return { status: 'skipped', result, message: reason, changes: 0, diagnostics: [] }
}

export function unknownOutcome(reason: string, module: TaskModule): Outcome {
  return {
    status: 'unknown',
    result: { ...unknownValues(module, reason), changed: new Unknown(reason) },
    message: `not known until applied: ${reason}`,
    changes: 0,
    diagnostics: [],
  }
}

/** Why something cannot be known in a check, while the tasks that are pending have not been applied; which of them it waits for only they can show. */
export function awaiting(reason: string, pending: ReadonlySet<string>): string {
  const [first] = pending
  if (pending.size === 1) return `${reason}; "${first}" comes first`
  return `${reason}; it waits for something among ${pending.size} tasks that would change the host before it, first "${first}"`
}

export function failed(
  diagnostics: readonly Diagnostic[],
  values: { readonly [key: string]: Value } = {},
  changes = 0,
): Outcome {
  const msg = diagnostics.map((one) => one.message).join('; ')
  return {
    status: 'failed',
    result: { changed: false, ...values, failed: true, msg: (values.msg as Value | undefined) ?? msg },
    changes,
    diagnostics,
  }
}

export function unreachable(diagnostics: readonly Diagnostic[]): Outcome {
  const msg = diagnostics.map((one) => one.message).join('; ')
  return { status: 'unreachable', result: { changed: false, unreachable: true, msg }, changes: 0, diagnostics }
}

/** In check mode nobody knows what a task will return; every documented value says so. */
export function unknownValues(module: TaskModule, reason: string): { [key: string]: Value } {
  return Object.fromEntries(Object.keys(module.returns ?? {}).map((key) => [key, new Unknown(reason)]))
}

/** What `register` and conditions see of a result: `failed` is always there, but for what was skipped. */
export function registered(result: Outcome['result']): Outcome['result'] {
  return 'failed' in result || result.skipped === true ? result : { ...result, failed: false }
}

/** The whole task from its items, as Ansible registers a loop. */
export function combine(
  items: readonly (Outcome & { readonly variables: { readonly [key: string]: Value } })[],
): Outcome {
  const has = (status: Status) => items.some((one) => one.status === status)
  const status: Status = has('unreachable')
    ? 'unreachable'
    : has('failed')
      ? 'failed'
      : has('changed')
        ? 'changed'
        : has('unknown')
          ? 'unknown'
          : items.every((one) => one.status === 'skipped')
            ? 'skipped'
            : 'ok'
  const facts = Object.assign({}, ...items.map((one) => one.facts ?? {})) as { [key: string]: Value }
  return {
    status,
    result: {
      results: items.map((one) => ({ ...one.variables, ...registered(one.result) })),
      changed: status === 'unknown' ? new Unknown('an item of the loop') : has('changed'),
      msg:
        status === 'failed'
          ? 'One or more items failed'
          : status === 'skipped'
            ? 'All items skipped'
            : 'All items completed',
      ...(status === 'failed' && { failed: true }),
      skipped: status === 'skipped',
    },
    changes: items.reduce((sum, one) => sum + one.changes, 0),
    diagnostics: items.flatMap((one) => one.diagnostics),
    ...(Object.keys(facts).length > 0 && { facts }),
    ...(items.some((one) => one.begun) && { begun: true }),
    ...(status === 'skipped' && items[0]?.message !== undefined && { message: items[0].message }),
  }
}
