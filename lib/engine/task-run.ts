import { type Diagnostic, StoppedError, ToolError } from '../core/diagnostic.ts'
import type { Event, Spent } from '../core/event.ts'
import type { Task } from '../core/playbook.ts'
import { shownValue } from '../core/shown.ts'
import type { HostRun } from './host-run.ts'
import type { HostState } from './host-state.ts'
import { allItems, learn } from './item-run.ts'
import { isTrue } from './keyword-values.ts'
import { HostOut, idOf } from './leaving.ts'
import { failed, type Outcome, registered } from './outcome.ts'
import { pause } from './pause.ts'
import { placed } from './prepare.ts'
import { readsOthers } from './reads-others.ts'
import { seeEarlier } from './see-earlier.ts'

/** Runs one task for one host, with its loop, retries, conditions and notifications. Throws HostOut when the host is out. */
export async function runTask(run: HostRun, task: Task, handler: boolean): Promise<void> {
  const name = nameOf(run, task)
  const restore = seeEarlier(run, task, handler ? undefined : name)
  try {
    await runNamed(run, task, name, handler)
  } finally {
    restore?.()
  }
}

async function runNamed(run: HostRun, task: Task, name: string, handler: boolean): Promise<void> {
  const { state, host } = run
  const started = Date.now()
  const before = host.spent
  const id = idOf(task.at)
  if (readsOthers(run, task)) {
    await state.lockstep.meet(host.name, run.place)
    // What was prepared ahead knows nothing of what the others have learnt since.
    run.ahead.forgetPrepared(task)
  }

  const alone = task.module.oncePerPlay === true
  const shared = alone || run.keyword(task.keywords.runOnce) === true ? await runOnce(run, task) : undefined
  if (shared) {
    // Ansible lets all hosts have the result of run_once, but not that of a task that is for one host by nature.
    if (task.keywords.runOnce) remember(run, task, name, shared)
    if (task.module.growsInventory) await passed(run)
    if (shared.status === 'failed' && task.keywords.runOnce) failToo(run, task)
    return
  }
  state.emit({ kind: 'task.start', host: host.name, task: name, id, module: task.moduleName, handler })
  let outcome: Outcome
  try {
    const leave = await state.slots.take(state.stopping)
    try {
      outcome = await allItems(run, task, name)
    } finally {
      leave()
    }
  } catch (error) {
    if (!(error instanceof ToolError) || error instanceof StoppedError) throw error
    outcome = failed(placed(error.diagnostics, task.at))
  }
  if (task.keywords.runOnce || alone) state.once.set(task, outcome)
  remember(run, task, name, outcome)
  const verdict = book(run, task, outcome)
  const hidden = isTrue(run.keyword(task.keywords.noLog))
  const spent = spentSince(before, host.spent)
  state.emit(doneEvent(host, name, id, outcome, { handler, ms: Date.now() - started, spent, hidden, ...verdict }))
  if (outcome.status === 'changed') host.changedTasks.push(name)
  if (outcome.status === 'changed' || (outcome.status === 'ok' && run.leftovers.wasCut({ task: name, id }))) {
    for (const written of task.keywords.notify) {
      const names = run.keyword(written, undefined, task.keywords)
      for (const one of Array.isArray(names) ? names : [names]) run.handlers.notify(String(one), task, name)
    }
  }
  if (!verdict.out) run.handlers.recall(name)
  if (verdict.out) {
    if (verdict.rescued) run.host.learn('set', { ansible_failed_task: { name }, ansible_failed_result: outcome.result })
    else state.hostFailed(host, task)
    throw new HostOut(verdict.out)
  }
  if (task.module.growsInventory) await passed(run)
}

/** Waits until all hosts have this step behind them, so that each sees what the others have added to the inventory. */
async function passed(run: HostRun): Promise<void> {
  const { place, state, host } = run
  await state.lockstep.meet(host.name, [...place.slice(0, -1), (place.at(-1) ?? 0) + 1])
}

/** The name as shown; a template in it that cannot be rendered is shown as written, as a name decides nothing. */
function nameOf(run: HostRun, task: Task): string {
  try {
    const scope = run.state.scopeOf(run.host, task.keywords.vars)
    const shown = String(run.state.templar.renderDeep(task.name ?? task.moduleName, scope, () => task.at)).trim()
    const text = shown === '' ? task.moduleName : shown
    return task.role === undefined ? text : `${task.role} : ${text}`
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return task.name ?? task.moduleName
  }
}

/** A failure of `run_once` is one of every host, though it is counted once. */
function failToo(run: HostRun, task: Task): void {
  if (isTrue(run.keyword(task.keywords.ignoreErrors, undefined, task.keywords))) return
  if (run.rescuers === 0) run.host.out = 'failed'
  throw new HostOut('failed')
}

/** Counts the outcome as Ansible does and says whether the host goes on. */
function book(
  run: HostRun,
  task: Task,
  outcome: Outcome,
): { ignored?: boolean; rescued?: boolean; out?: 'failed' | 'unreachable' } {
  const { stats } = run.host
  switch (outcome.status) {
    case 'changed':
      stats.ok++
      stats.changed++
      return {}
    case 'ok':
    case 'skipped':
    case 'unknown':
      stats[outcome.status]++
      return {}
    case 'failed':
      if (isTrue(run.keyword(task.keywords.ignoreErrors, undefined, task.keywords))) {
        stats.ok++
        stats.ignored++
        if (outcome.result.changed === true) stats.changed++
        return { ignored: true }
      }
      if (run.rescuers > 0) {
        stats.rescued++
        return { rescued: true, out: 'failed' }
      }
      stats.failed++
      run.host.out = 'failed'
      return { out: 'failed' }
    case 'unreachable':
      if (isTrue(run.keyword(task.keywords.ignoreUnreachable, undefined, task.keywords))) {
        stats.ok++
        stats.ignored++
        return { ignored: true }
      }
      stats.unreachable++
      run.host.out = 'unreachable'
      return { out: 'unreachable' }
    default:
      return outcome.status satisfies never
  }
}

function remember(run: HostRun, task: Task, name: string, outcome: Outcome): void {
  const { register } = task.keywords
  if (register !== undefined) {
    const seen = task.keywords.loop ? outcome.result : registered(outcome.result)
    if (outcome.status === 'ok' && run.leftovers.concerns({ task: name, id: idOf(task.at) }))
      run.leftovers.carried[register] = { ...seen, changed: true }
    run.host.learn('set', { [register]: seen })
  }
  if (!task.keywords.loop) learn(run, task, {}, outcome)
}

/**
 * With `run_once` one host does the task for all that come to it: the first of them in the order of the batch. The others
 * wait for what it gets. Hosts that are elsewhere, in a rescue or past this item of an include, are not waited for.
 */
async function runOnce(run: HostRun, task: Task): Promise<Outcome | undefined> {
  const { state, host } = run
  run.enrol(task)
  await state.lockstep.meet(host.name, run.place)
  const known = state.once.get(task)
  if (known) return known
  const takers = state.takers.get(task)
  const first = state.batch.find(
    (other) => takers?.has(other) && (other === host || (other.out === undefined && !state.left.has(other))),
  )
  if (first === host || first === undefined) return undefined
  for (;;) {
    const outcome = state.once.get(task)
    if (outcome) return outcome
    if (first.out !== undefined || state.left.has(first)) return runOnce(run, task)
    await pause(10, state.stopping)
  }
}

/** Undefined when a task cost the link nothing, as most do when all was asked before. */
function spentSince(before: Spent, now: Spent): Spent | undefined {
  const connecting = Math.round(now.connecting - before.connecting)
  const asking = Math.round(now.asking - before.asking)
  const applying = Math.round(now.applying - before.applying)
  return connecting + asking + applying === 0 ? undefined : { connecting, asking, applying }
}

interface More {
  readonly handler: boolean
  readonly ms: number
  readonly spent: Spent | undefined
  readonly hidden: boolean
  readonly ignored?: boolean
  readonly rescued?: boolean
}

function doneEvent(host: HostState, task: string, id: string, outcome: Outcome, more: More): Event {
  const { handler, ms, spent, hidden, ignored, rescued } = more
  return {
    kind: 'task.done',
    host: host.name,
    task,
    id,
    status: outcome.status,
    handler,
    ms,
    ...(spent && { spent }),
    changes: outcome.changes,
    result: hidden
      ? { censored: 'hidden by no_log: true', changed: outcome.status === 'changed' }
      : shownValue(outcome.result),
    ...(outcome.message !== undefined && !hidden && { message: outcome.message }),
    ...(outcome.diagnostics.length > 0 && {
      diagnostics: hidden ? outcome.diagnostics.map(withoutDetail) : outcome.diagnostics,
    }),
    ...(ignored && { ignored }),
    ...(rescued && { rescued }),
    ...(outcome.begun && (outcome.status === 'failed' || outcome.status === 'unreachable') && { begun: true }),
  }
}

function withoutDetail({ detail: _, ...rest }: Diagnostic): Diagnostic {
  return rest
}
