import { type Diagnostic, problem, StoppedError, ToolError } from '../core/diagnostic.ts'
import type { Event, Status } from '../core/event.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Task, Written } from '../core/playbook.ts'
import { Secret, type Text } from '../core/secret.ts'
import { shownValue } from '../core/shown.ts'
import { Unknown } from '../core/unknown.ts'
import type { Scope } from '../load/scope.ts'
import { attempt } from './attempt.ts'
import type { HostRun } from './host-run.ts'
import type { HostState } from './host-state.ts'
import { HostOut, idOf } from './leaving.ts'
import { combine, failed, type Outcome, skipped, unknownOutcome } from './outcome.ts'
import { pause } from './pause.ts'
import { decide, type Item, itemsOf, placed, prepare } from './prepare.ts'

/** Runs one task for one host, with its loop, retries, conditions and notifications. Throws HostOut when the host is out. */
export async function runTask(run: HostRun, task: Task, handler: boolean): Promise<void> {
  const { state, host } = run
  const started = Date.now()
  const name = nameOf(run, task)
  const id = idOf(task.at)
  if (reads(task, 'hostvars')) await state.lockstep.meet(host.name, run.place)

  const shared = run.keyword(task.keywords.runOnce) === true ? await runOnce(run, task) : undefined
  if (shared) {
    remember(run, task, shared)
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
  if (task.keywords.runOnce) state.once.set(task, outcome)
  remember(run, task, outcome)
  const verdict = book(run, task, outcome)
  const hidden = isTrue(run.keyword(task.keywords.noLog))
  state.emit(doneEvent(host, name, id, outcome, { handler, ms: Date.now() - started, hidden, ...verdict }))
  if (outcome.status === 'changed') {
    host.changedTasks.push(name)
    for (const written of task.keywords.notify) {
      const names = run.keyword(written, undefined, task.keywords)
      for (const one of Array.isArray(names) ? names : [names]) run.handlers.notify(String(one), task, name)
    }
  }
  if (verdict.out) {
    if (verdict.rescued) run.host.learn('set', { ansible_failed_task: { name }, ansible_failed_result: outcome.result })
    else state.hostFailed(host, task)
    throw new HostOut(verdict.out)
  }
}

/** The name as shown; a template in it that cannot be rendered is shown as written, as a name decides nothing. */
function nameOf(run: HostRun, task: Task): string {
  if (task.name === undefined) return task.moduleName
  try {
    const text = String(
      run.state.templar.renderDeep(task.name, run.state.scopeOf(run.host, task.keywords.vars), () => task.at),
    )
    return task.role === undefined ? text : `${task.role} : ${text}`
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return task.name
  }
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
        stats.ignored++
        stats.skipped++
        return { ignored: true }
      }
      stats.unreachable++
      run.host.out = 'unreachable'
      return { out: 'unreachable' }
    default:
      return outcome.status satisfies never
  }
}

function remember(run: HostRun, task: Task, outcome: Outcome): void {
  if (task.keywords.register !== undefined) run.host.learn('set', { [task.keywords.register]: outcome.result })
  if (outcome.facts) run.host.learn(task.module.factsAreGathered ? 'facts' : 'set', outcome.facts)
}

/** With `run_once` the first host of the batch that is still in works for all; the others wait for what it gets. */
async function runOnce(run: HostRun, task: Task): Promise<Outcome | undefined> {
  const { state, host } = run
  await state.lockstep.meet(host.name, run.place)
  const known = state.once.get(task)
  if (known) return known
  const first = state.batch.find((other) => other.out === undefined && !state.left.has(other))
  if (first === host || first === undefined) return undefined
  for (;;) {
    const outcome = state.once.get(task)
    if (outcome) return outcome
    if (first.out !== undefined || state.left.has(first)) return runOnce(run, task)
    await pause(10, state.stopping)
  }
}

async function allItems(run: HostRun, task: Task, name: string): Promise<Outcome> {
  const { state, host } = run
  const scope = state.scopeOf(host, task.keywords.vars)
  if (!task.keywords.loop) return oneItem(run, task, name, { variables: {}, label: undefined })

  const items = loopOf(task, scope, run)
  if (!Array.isArray(items)) return items as Outcome
  if (items.length === 0)
    return {
      ...skipped('the list of the loop is empty'),
      result: { changed: false, skipped: true, skipped_reason: 'No items in the list', results: [] },
    }
  const outcomes: (Outcome & { variables: { readonly [key: string]: Value } })[] = []
  for (const [index, item] of (items as readonly Item[]).entries()) {
    const started = Date.now()
    const outcome = await oneItem(run, task, name, item)
    outcomes.push({ ...outcome, variables: item.variables })
    state.emit({
      kind: 'item.done',
      host: host.name,
      task: name,
      id: idOf(task.at),
      item: item.label ?? '',
      status: outcome.status,
      ms: Date.now() - started,
      ...(outcome.message !== undefined && { message: outcome.message }),
    })
    if (outcome.status === 'unreachable' || state.stopping.aborted) break
    const wait = run.keyword(task.keywords.loop.pause)
    if (typeof wait === 'number' && index < items.length - 1) await pause(wait * 1000, state.stopping)
  }
  return combine(outcomes)
}

/** The items, or what becomes of the task when its list cannot be known; a false `when` makes that no error, as in Ansible. */
function loopOf(task: Task, scope: Scope, run: HostRun): readonly Item[] | Outcome {
  try {
    const items = itemsOf(task, scope, run.state.templar)
    return items instanceof Unknown ? unknownOutcome(items.reason, task.module) : items
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    try {
      const condition = decide(task.keywords.when, scope, run.state.templar)
      if (condition !== true && !(condition instanceof Unknown)) return skipped(`${condition.text} is false`)
    } catch (inner) {
      if (!(inner instanceof ToolError)) throw inner
    }
    throw error
  }
}

/** One item, again and again while `until` does not hold. */
async function oneItem(run: HostRun, task: Task, name: string, item: Item): Promise<Outcome> {
  const { until, retries, delay } = task.keywords
  if (!until) return once(run, task, name, item)
  const most = asNumber(run.keyword(retries, item.variables, task.keywords), 3)
  const seconds = asNumber(run.keyword(delay, item.variables, task.keywords), 5)
  for (let tries = 1; ; tries++) {
    const outcome = await once(run, task, name, item)
    const result = { ...outcome.result, attempts: tries }
    if (outcome.status === 'skipped' || outcome.status === 'unknown' || outcome.status === 'unreachable') return outcome
    const condition = decide(until, withResult(run, task, item, result), run.state.templar)
    if (condition === true || condition instanceof Unknown) return { ...outcome, result }
    if (tries > most) {
      if (outcome.status === 'failed') return { ...outcome, result }
      return failed(
        [problem('until-never-held', `tried ${tries} times, and still not: ${condition.text}`, { at: task.at })],
        result,
      )
    }
    run.host.doing('retrying', { waits: `${condition.text} (try ${tries} of ${most + 1})` })
    await pause(seconds * 1000, run.state.stopping)
    run.host.answers.forget()
  }
}

function withResult(run: HostRun, task: Task, item: Item, result: { readonly [key: string]: Value }): Scope {
  const own = task.keywords.register === undefined ? {} : { [task.keywords.register]: result }
  return run.state.scopeOf(run.host, task.keywords.vars, { ...item.variables, ...own })
}

async function once(run: HostRun, task: Task, name: string, item: Item): Promise<Outcome> {
  const { state, host } = run
  const scope = state.scopeOf(host, task.keywords.vars, item.variables)
  const { keywords } = task
  const delegate = run.keyword(keywords.delegateTo, item.variables, keywords)
  const where = delegate === undefined ? host : state.hostNamed(String(delegate))
  if (where !== host) where.answers.forget()
  const prepared =
    where === host && item.label === undefined && !keywords.until
      ? await run.prepareAhead(task)
      : await prepare(task, scope, { ...state, host: host.name, become: state.become })
  const own = run.keyword(keywords.checkMode, item.variables, keywords)
  const seconds = run.keyword(keywords.timeout, item.variables, keywords)
  const hidden = isTrue(run.keyword(keywords.noLog, item.variables, keywords))
  const id = idOf(task.at)
  const outcome = await attempt(state, prepared, {
    task,
    name,
    where,
    check: own === undefined ? state.options.check : isTrue(own),
    environment: environmentOf(keywords.environment, run, item, task),
    timeout: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined,
    ahead: () => (where === host ? run.ahead() : Promise.resolve([])),
    planned: (changes) =>
      state.emit({
        kind: 'task.planned',
        host: host.name,
        task: name,
        id,
        ...(item.label !== undefined && { item: item.label }),
        changes: hidden ? changes.map(({ action }) => ({ action, target: 'hidden by no_log' })) : changes,
      }),
    output: (stream, text) => {
      if (!hidden) state.emit({ kind: 'task.output', host: host.name, task: name, id, stream, text })
    },
  })
  if (outcome.changes > 0) run.forgetPrepared()
  return judged(run, task, item, outcome)
}

/** Applies `failed_when` and `changed_when` to what came out. */
function judged(run: HostRun, task: Task, item: Item, outcome: Outcome): Outcome {
  const { failedWhen, changedWhen } = task.keywords
  if (outcome.status === 'skipped' || outcome.status === 'unreachable' || outcome.status === 'unknown') return outcome
  let judged = outcome
  if (changedWhen) {
    const changed = decide(changedWhen, withResult(run, task, item, judged.result), run.state.templar) === true
    judged = {
      ...judged,
      result: { ...judged.result, changed },
      ...(judged.status !== 'failed' && { status: changed ? 'changed' : 'ok' }),
    }
  }
  if (failedWhen) {
    const verdict = decide(failedWhen, withResult(run, task, item, judged.result), run.state.templar)
    const fails = verdict === true
    const result = { ...judged.result, failed: fails, failed_when_result: fails }
    if (fails) {
      const why: readonly Diagnostic[] =
        judged.status === 'failed'
          ? judged.diagnostics
          : [
              problem('failed-when', `failed_when holds: ${failedWhen.map((one) => String(one.value)).join(' and ')}`, {
                at: task.at,
              }),
            ]
      return { ...judged, status: 'failed', result, diagnostics: why }
    }
    const status: Status =
      judged.status === 'failed' ? (judged.result.changed === true ? 'changed' : 'ok') : judged.status
    return { ...judged, status, result, diagnostics: [] }
  }
  return judged
}

function environmentOf(written: readonly Written[], run: HostRun, item: Item, task: Task): ReadonlyMap<string, Text> {
  const all = new Map<string, Text>()
  for (const one of written) {
    const value = run.keyword(one, item.variables, task.keywords)
    if (!isMapping(value)) continue
    for (const [name, text] of Object.entries(value)) all.set(name, text instanceof Secret ? text : String(text))
  }
  return all
}

interface More {
  readonly handler: boolean
  readonly ms: number
  readonly hidden: boolean
  readonly ignored?: boolean
  readonly rescued?: boolean
}

function doneEvent(host: HostState, task: string, id: string, outcome: Outcome, more: More): Event {
  const { handler, ms, hidden, ignored, rescued } = more
  return {
    kind: 'task.done',
    host: host.name,
    task,
    id,
    status: outcome.status,
    handler,
    ms,
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
  }
}

function withoutDetail({ detail: _, ...rest }: Diagnostic): Diagnostic {
  return rest
}

const isTrue = (value: Value | undefined): boolean =>
  value === true || value === 'yes' || value === 'true' || value === 'True'
const asNumber = (value: Value | undefined, otherwise: number): number =>
  value === undefined || Number.isNaN(Number(value)) ? otherwise : Number(value)

/** True when the task's text mentions a name, so that it may need what other hosts have learnt. */
function reads(task: Task, name: string): boolean {
  return JSON.stringify([task.args, task.keywords.when, task.keywords.loop?.over.value]).includes(name)
}
