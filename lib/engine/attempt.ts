import {
  ConnectError,
  type Diagnostic,
  NotYetError,
  problem,
  StoppedError,
  TaskError,
  ToolError,
} from '../core/diagnostic.ts'
import type { ShownChange } from '../core/event.ts'
import type { Result } from '../core/module.ts'
import type { Value } from '../core/plain.ts'
import type { Task } from '../core/playbook.ts'
import type { Text } from '../core/secret.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { located } from './argument-place.ts'
import type { Asked } from './asked.ts'
import type { HostState } from './host-state.ts'
import { look, lookAgain, questionsOf } from './look.ts'
import { awaiting, failed, type Outcome, skipped, unknownOutcome, unknownValues, unreachable } from './outcome.ts'
import type { PlayState } from './play-state.ts'
import { type Prepared, placed, type Ready } from './prepare.ts'

const effects = whenNeeded<typeof import('./io.ts')>('./io.ts', import.meta.url)

export interface Attempt {
  readonly task: Task
  readonly name: string
  /** The host the task works on: its own, or the one it is delegated to. */
  readonly where: HostState
  readonly check: boolean
  readonly environment: ReadonlyMap<string, Text>
  /** Milliseconds; undefined means the default. */
  readonly timeout: number | undefined
  /** Questions of later items and tasks, to travel with those of this one. */
  ahead(): Promise<readonly Asked[]>
  planned(changes: readonly ShownChange[]): void
  /** With `--resume`: the result of doing exactly this, when an earlier run has done it. */
  finished(changes: readonly ShownChange[]): { readonly [key: string]: Value } | undefined
  output(stream: 'stdout' | 'stderr', text: string): void
}

/** Looks, decides, applies and looks again: one item of one task on one host. Never throws for a task's own failure. */
export async function attempt(state: PlayState, prepared: Prepared, how: Attempt): Promise<Outcome> {
  const { task, where } = how
  switch (prepared.kind) {
    case 'skipped':
      return skipped(prepared.reason)
    case 'unknown':
      if (how.check) {
        const { facts = [], secrets = [] } = task.module.provides?.(task.args) ?? {}
        where.expect(facts, secrets, `"${how.name}" is applied`)
        return unknownOutcome(prepared.reason, task.module)
      }
      return failed([
        problem('still-unknown', `this needs something that does not exist yet: ${prepared.reason}`, {
          at: task.at,
          mend: 'let the task that makes it run before this one',
        }),
      ])
    case 'wrong':
      return failed(prepared.diagnostics)
    case 'ready':
      break
    default:
      return prepared satisfies never
  }
  const progress = { begun: false }
  try {
    const outcome = await work(state, prepared, how, progress)
    const diagnostics = located(outcome.diagnostics, prepared.placeOf, task.at)
    return { ...outcome, diagnostics, ...(progress.begun && { begun: true }) }
  } catch (error) {
    if (!(error instanceof ToolError) || error instanceof StoppedError) throw error
    if (error instanceof NotYetError && how.check && where.pending.size > 0) {
      return unknownOutcome(awaiting(error.message, where.pending), task.module)
    }
    const diagnostics = placed(located(error.diagnostics, prepared.placeOf, task.at), task.at)
    const outcome =
      error instanceof ConnectError
        ? unreachable(diagnostics)
        : failed(diagnostics, error instanceof TaskError ? error.values : undefined)
    return { ...outcome, ...(progress.begun && { begun: true }) }
  } finally {
    where.doing('')
  }
}

/** `progress.begun` tells the caller, also when this throws, whether anything may have been changed. */
async function work(state: PlayState, ready: Ready, how: Attempt, progress: { begun: boolean }): Promise<Outcome> {
  const { task, where, check } = how
  const { module } = task
  const before = await look(state, ready, how)
  if ('unavailable' in before) {
    const { unavailable } = before
    if (check && where.pending.size > 0) return unknownOutcome(awaiting(unavailable.message, where.pending), module)
    return failed(placed([unavailable], task.at))
  }
  const changes = module.diff(ready.args, before.seen, ready.context)
  if (changes.length === 0) {
    const found = module.result?.(ready.args, before.seen, ready.context)
    return settled(found?.inventory && state.grow(found.inventory) ? 'changed' : 'ok', found, {}, 0)
  }

  const action = changes.every((change) => change.action === 'run') ? 'run' : 'change'
  // Waiting changes nothing: a check waits as well, unless what is waited for hangs on a change that it did not make.
  const waits = check && action === 'run' && module.onlyWaits === true && where.pending.size === 0
  const skips = module.skipInCheckMode || module.skipsInCheckMode?.(ready.args)
  if (check && action === 'run' && !waits && (skips || module.onlyWaits)) {
    where.pending.add(how.name)
    return {
      status: 'skipped',
      result: {
        ...unknownValues(module, `"${how.name}" runs`),
        skipped: true,
        changed: false,
        msg: 'skipped, running in check mode',
      },
      message: 'not run in check mode',
      changes: 0,
      diagnostics: [],
    }
  }
  const shown = changes.map(({ action, target, before, after }) => ({
    action,
    target,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }))
  const earlier = module.resumable && !check ? how.finished(shown) : undefined
  if (earlier) {
    const message = 'done by the run that is resumed; its result is used again'
    return { status: 'ok', result: earlier, message, changes: 0, diagnostics: [], again: true }
  }
  how.planned(shown)
  if (check && !waits) {
    where.pending.add(how.name)
    const provided = module.provides?.(ready.args) ?? {}
    where.expect(provided.facts ?? [], provided.secrets ?? [], `"${how.name}" is applied`)
    const known = module.result?.(ready.args, before.seen)
    return settled(
      'changed',
      { ...known, values: { ...known?.values, ...unknownValues(module, `"${how.name}" is applied`) } },
      {},
      changes.length,
    )
  }

  if (ready.become?.user === 'root') where.root = ready.become
  const { applyTimeout, createIo } = effects()
  const onDisk = state.durable?.()
  onDisk?.catch(() => undefined)
  const own = action === 'run' || ready.probe.inTurn ? [] : questionsOf(ready)
  const { forgotten } = where.answers
  const ioFor = (last: boolean) =>
    createIo({
      host: where,
      store: where.store,
      become: ready.become,
      environment: how.environment,
      timeout: how.timeout ?? applyTimeout,
      signal: state.signal,
      stopping: state.stopping,
      onDisk,
      questions: last ? async () => [...own, ...(await how.ahead())] : undefined,
      onOutput: how.output,
    })
  const values: { [key: string]: Value } = {}
  let applied: Result = {}
  let changed = false
  for (const change of changes) {
    const io = ioFor(change === changes.at(-1))
    const earlier = progress.begun
    progress.begun ||= module.onlyWaits !== true
    const result =
      (await where
        .timed('applying', async () => module.apply?.(change, io, ready.args))
        .catch((error: unknown) => {
          if (error instanceof TaskError && error.undone) progress.begun = earlier
          throw error
        })) ?? {}
    Object.assign(values, result.values)
    applied = { ...applied, ...result }
    changed ||= change.action !== 'run' || result.changed !== false
  }
  if (action === 'run') return settled(changed ? 'changed' : 'ok', applied, values, changed ? changes.length : 0)

  const rest = (seen: unknown) =>
    module.diff(ready.args, seen, ready.context).filter((change) => change.action !== 'run')
  if (where.answers.forgotten === forgotten) where.answers.forget()
  const after = await lookAgain(state, ready, how, (seen) => rest(seen).length === 0)
  if ('unavailable' in after) return failed(placed([after.unavailable], task.at), values)
  const left = rest(after.seen)
  if (left.length > 0) return failed([unsettled(task, left)], values)
  const found = module.result?.(ready.args, after.seen)
  return settled('changed', { ...applied, ...found }, { ...found?.values, ...values }, changes.length)
}

function settled(
  status: 'ok' | 'changed',
  result: Result | undefined,
  values: { readonly [key: string]: Value },
  changes: number,
): Outcome {
  if (result?.skipped !== undefined) {
    return {
      status: 'skipped',
      result: { changed: false, skipped: true, ...result.values },
      message: result.skipped,
      changes: 0,
      diagnostics: [],
    }
  }
  return {
    status,
    result: { ...result?.values, ...values, changed: status === 'changed' },
    changes,
    diagnostics: result?.warnings ?? [],
    ...(result?.message !== undefined && { message: result.message }),
    ...(result?.facts && { facts: result.facts, alsoGathered: result.alsoGathered ?? false }),
  }
}

function unsettled(
  task: Task,
  left: readonly { action: string; target: string; before?: unknown; after?: unknown }[],
): Diagnostic {
  const lines = left.map(({ action, target, before, after }) =>
    [
      `${action} ${target}`,
      before === undefined ? '' : `  is:     ${JSON.stringify(before)}`,
      after === undefined ? '' : `  wanted: ${JSON.stringify(after)}`,
    ]
      .filter((line) => line !== '')
      .join('\n'),
  )
  return problem('did-not-settle', 'applied, but looking again it is still not as wanted', {
    at: task.at,
    detail: lines.join('\n'),
    mend: 'something puts it back or refuses it silently; look at what differs',
  })
}
