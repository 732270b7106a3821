import { type Event, noStats, type Spent, type Stats, type Status } from '../core/event.ts'

/** A task that ended the work on its host. */
export interface Failure {
  readonly host: string
  readonly task: string
  readonly status: Status
  /** `file:line:col`, of the finding where there is one and of the task otherwise. */
  readonly place: string
  readonly code: string | undefined
}

/** A task and the time it took, with what of it went into the link. */
export interface Slow {
  readonly host: string
  readonly task: string
  readonly ms: number
  readonly spent: Spent | undefined
}

/** What is known of a run after some of its events. */
export interface Recap {
  readonly check: boolean
  readonly stats: ReadonlyMap<string, Readonly<Stats>>
  /** Tasks that changed something, per host, in order. */
  readonly changed: ReadonlyMap<string, readonly string[]>
  /** In the order of the hosts, which work side by side. */
  readonly failures: readonly Failure[]
  /** Some task that failed or was cut had begun to change something, so it may be half done. */
  readonly halfDone: boolean
  /** Tasks that were begun and, as the run was stopped, not finished; in the order of the hosts. */
  readonly unfinished: readonly Pick<Failure, 'host' | 'task' | 'place'>[]
  /** Every finished task with its time, longest first. */
  readonly slowest: readonly Slow[]
  readonly traffic: Extract<Event, { kind: 'run.end' }>['traffic']
  readonly ms: number | undefined
  readonly stopped: boolean
  readonly exitCode: number
}

/** 0 fine; 1 a task failed; 2 usage or load error, nothing touched; 4 a host was unreachable; 130 stopped; 250 a defect of ours. */
export const exitCodes = { fine: 0, failed: 1, refused: 2, unreachable: 4, stopped: 130, defect: 250 } as const

/**
 * The exit code of a run that came to its end. Being stopped tells most about what was not done, so it wins; then
 * unreachable over failed, because a host that was never asked may hide any number of failures.
 */
export function exitCodeOf(stats: Iterable<Readonly<Stats>>, stopped: boolean): number {
  const all = [...stats]
  if (stopped) return exitCodes.stopped
  if (all.some((one) => one.unreachable > 0)) return exitCodes.unreachable
  return all.some((one) => one.failed > 0) ? exitCodes.failed : exitCodes.fine
}

/** The recap of a whole stream of events. */
export function recapOf(events: Iterable<Event>): Recap {
  const fold = startRecap()
  for (const event of events) fold.take(event)
  return fold.recap()
}

/** The same, event by event. Until `run.end` tells the counts of the engine, they are those of the finished tasks. */
export function startRecap(): { take(event: Event): void; recap(): Recap } {
  const stats = new Map<string, Stats>()
  const changed = new Map<string, string[]>()
  const failures: Failure[] = []
  const planned = new Set<string>()
  let halfDone = false
  const begun = new Map<string, Pick<Failure, 'host' | 'task' | 'place'>>()
  const times: Slow[] = []
  let start: Extract<Event, { kind: 'run.start' }> | undefined
  let end: Extract<Event, { kind: 'run.end' }> | undefined
  let refused = false
  let defect = false

  return {
    take(event) {
      if (event.kind === 'run.start') start = event
      else if (event.kind === 'run.end') end = event
      else if (event.kind === 'diagnostic' && event.diagnostic.severity === 'error') {
        refused ||= start === undefined
        defect ||= event.diagnostic.code === 'internal-defect'
      } else if (event.kind === 'task.start') {
        begun.set(keyOf(event), { host: event.host, task: event.task, place: event.id })
      } else if (event.kind === 'task.planned' && event.changes.length > 0) {
        planned.add(keyOf(event))
      } else if (event.kind === 'task.done') {
        begun.delete(keyOf(event))
        times.push({ host: event.host, task: event.task, ms: event.ms, spent: event.spent })
        count(statsFor(stats, event.host), event)
        if (event.status === 'changed') changed.set(event.host, [...(changed.get(event.host) ?? []), event.task])
        if (isFatal(event)) failures.push(failureOf(event))
        halfDone ||= event.begun === true
      }
    },
    recap: () => ({
      check: start?.check ?? false,
      stats: end === undefined ? stats : new Map(Object.entries(end.stats)),
      changed: end === undefined ? changed : new Map(Object.entries(end.changed)),
      failures: inOrder(failures, end === undefined ? [...stats.keys()] : Object.keys(end.stats)),
      halfDone: halfDone || (end?.stopped === true && [...begun.keys()].some((key) => planned.has(key))),
      unfinished: end?.stopped ? inOrder([...begun.values()], Object.keys(end.stats)) : [],
      slowest: times.toSorted((a, b) => b.ms - a.ms),
      traffic: end?.traffic ?? {},
      ms: end?.ms,
      stopped: end?.stopped ?? false,
      exitCode: defect
        ? exitCodes.defect
        : (end?.exitCode ?? (refused ? exitCodes.refused : start === undefined ? exitCodes.fine : exitCodes.defect)),
    }),
  }
}

function inOrder<T extends { readonly host: string }>(all: readonly T[], hosts: readonly string[]): readonly T[] {
  return all.toSorted((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host))
}

function keyOf({ host, id }: { readonly host: string; readonly id: string }): string {
  return JSON.stringify([host, id])
}

type Done = Extract<Event, { kind: 'task.done' }>

function statsFor(stats: Map<string, Stats>, host: string): Stats {
  const found = stats.get(host) ?? noStats()
  stats.set(host, found)
  return found
}

/** Counts as Ansible does: changed tasks and ignored failures are also ok, an ignored failure can have changed something, rescued ones are rescued and not failed. */
function count(stats: Stats, event: Done): void {
  if (event.status === 'changed') {
    stats.ok++
    stats.changed++
  } else if (event.status === 'failed' && event.ignored === true) {
    stats.ok++
    stats.ignored++
    if (hasChanged(event.result)) stats.changed++
  } else if (event.status === 'failed' && event.rescued === true) stats.rescued++
  else stats[event.status]++
}

function hasChanged(result: Done['result']): boolean {
  return typeof result === 'object' && result !== null && 'changed' in result && result.changed === true
}

function isFatal(event: Done): boolean {
  return (event.status === 'failed' || event.status === 'unreachable') && !event.ignored && !event.rescued
}

function failureOf(event: Done): Failure {
  const first = event.diagnostics?.[0]
  const place = first?.at === undefined ? event.id : `${first.at.file}:${first.at.line}:${first.at.col}`
  return { host: event.host, task: event.task, status: event.status, place, code: first?.code }
}
