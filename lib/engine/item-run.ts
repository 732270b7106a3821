import { type Diagnostic, problem, ToolError } from '../core/diagnostic.ts'
import type { Status } from '../core/event.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Task, Written } from '../core/playbook.ts'
import { Secret, type Text } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'
import type { Scope } from '../load/scope.ts'
import { attempt } from './attempt.ts'
import type { HostRun } from './host-run.ts'
import { asNumber, isTrue } from './keyword-values.ts'
import { idOf } from './leaving.ts'
import { combine, failed, type Outcome, registered, skipped, unknownOutcome } from './outcome.ts'
import { pause } from './pause.ts'
import { decide, type Item, itemsOf, prepare } from './prepare.ts'

/** All items of a task, one after the other, and what they come to together. */
export async function allItems(run: HostRun, task: Task, name: string): Promise<Outcome> {
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
    const outcome = await oneItem(run, task, name, item, items.slice(index + 1))
    outcomes.push({ ...outcome, variables: item.variables })
    learn(run, task, item.variables, outcome)
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

/** Keeps the facts that a task (for one item) gave, for its host or with `delegate_facts` for the one it is delegated to. */
export function learn(
  run: HostRun,
  task: Task,
  item: Item['variables'],
  { facts, alsoGathered }: Pick<Outcome, 'facts' | 'alsoGathered'>,
): void {
  if (!facts) return
  const { delegateTo, delegateFacts } = task.keywords
  const elsewhere = delegateTo && isTrue(run.keyword(delegateFacts, item, task.keywords))
  const host = elsewhere ? run.state.hostNamed(String(run.keyword(delegateTo, item, task.keywords))) : run.host
  const { factsAreGathered, factsAreIncluded } = task.module
  host.learn(factsAreGathered ? 'facts' : factsAreIncluded ? 'included' : 'set', facts)
  if (alsoGathered) host.learn('facts', facts)
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
async function oneItem(
  run: HostRun,
  task: Task,
  name: string,
  item: Item,
  later: readonly Item[] = [],
): Promise<Outcome> {
  const { until, retries, delay } = task.keywords
  if (!until) return once(run, task, name, item, later)
  const most = asNumber(run.keyword(retries, item.variables, task.keywords), 3)
  const seconds = asNumber(run.keyword(delay, item.variables, task.keywords), 5)
  let begun = false
  for (let tries = 1; ; tries++) {
    const last = await once(run, task, name, item)
    begun ||= last.begun === true
    const outcome = begun ? { ...last, begun } : last
    const result = { ...outcome.result, attempts: tries }
    if (outcome.status === 'skipped' || outcome.status === 'unknown' || outcome.status === 'unreachable') return outcome
    const condition = decide(until, withResult(run, task, item, result), run.state.templar)
    if (condition === true || condition instanceof Unknown) return { ...outcome, result }
    if (tries > most) {
      if (outcome.status === 'failed') return { ...outcome, result: { ...result, attempts: most } }
      const never = `tried ${tries} times, and still not: ${condition.text}`
      return {
        ...failed([problem('until-never-held', never, { at: task.at })], { ...result, attempts: most }),
        ...(begun && { begun }),
      }
    }
    run.host.doing('retrying', { waits: `${condition.text} (try ${tries} of ${most + 1})` })
    await pause(seconds * 1000, run.state.stopping)
    run.host.answers.forget()
  }
}

function withResult(run: HostRun, task: Task, item: Item, result: { readonly [key: string]: Value }): Scope {
  const own = task.keywords.register === undefined ? {} : { [task.keywords.register]: registered(result) }
  return run.state.scopeOf(run.host, task.keywords.vars, { ...item.variables, ...own })
}

async function once(run: HostRun, task: Task, name: string, item: Item, later: readonly Item[] = []): Promise<Outcome> {
  const { state, host } = run
  const scope = state.scopeOf(host, task.keywords.vars, item.variables)
  const { keywords } = task
  const delegate = run.keyword(keywords.delegateTo, item.variables, keywords)
  const where = delegate === undefined ? host : state.hostNamed(String(delegate))
  if (where !== host) {
    where.borrowVariables((name) => state.scopeOf(where, state.play.keywords.vars).get(name))
    where.answers.forget()
  }
  const prepared =
    where === host && item.label === undefined && !keywords.until
      ? await run.ahead.prepare(task)
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
    ahead: () => (where === host ? run.ahead.questions(task, later) : Promise.resolve([])),
    planned: (changes) =>
      state.emit({
        kind: 'task.planned',
        host: host.name,
        task: name,
        id,
        ...(item.label !== undefined && { item: item.label }),
        changes: hidden ? changes.map(({ action }) => ({ action, target: 'hidden by no_log' })) : changes,
      }),
    finished: (changes) =>
      hidden || host.changedTasks.length > 0
        ? undefined
        : state.finished?.({ host: host.name, play: state.playName, task: name, id }, item.label, changes),
    output: (stream, text) => {
      if (!hidden) state.emit({ kind: 'task.output', host: host.name, task: name, id, stream, text })
    },
  })
  if (outcome.again) return outcome
  if (outcome.changes > 0) run.ahead.forgetPrepared()
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
