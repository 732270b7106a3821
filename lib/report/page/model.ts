import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Event, ShownChange } from '../../core/event.ts'
import { type Recap, startRecap } from '../recap.ts'
import type { TimedEvent } from '../report.ts'

type Of<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>

/** A task on one host, from its begin to its end as far as that is known. */
export interface Step {
  readonly host: string
  readonly play: string
  readonly task: string
  readonly place: string
  readonly handler: boolean
  /** Milliseconds since the run began. */
  readonly start: number
  readonly ms: number
  /** Undefined: no end of it is known. */
  readonly done: Of<'task.done'> | undefined
  readonly planned: readonly { readonly item: string | undefined; readonly changes: readonly ShownChange[] }[]
}

/** Everything that the page shows of a run. */
export interface RunModel {
  readonly start: Of<'run.start'> | undefined
  readonly recap: Recap
  readonly ended: boolean
  readonly steps: readonly Step[]
  readonly findings: readonly { readonly host: string | undefined; readonly diagnostic: Diagnostic }[]
  readonly continues: Of<'run.continues'> | undefined
  /** Milliseconds from the first event to the last. */
  readonly length: number
}

/** Folds the events of a run, complete or cut off, into what the page shows. */
export function modelOf(events: Iterable<TimedEvent>): RunModel {
  const fold = startRecap()
  const steps: Step[] = []
  const open = new Map<string, Step>()
  const findings: { host: string | undefined; diagnostic: Diagnostic }[] = []
  let start: RunModel['start']
  let continues: RunModel['continues']
  let ended = false
  let play = ''
  let first: number | undefined
  let last = 0

  const close = (key: string, step: Step) => {
    open.delete(key)
    steps.push(step)
  }
  for (const event of events) {
    fold.take(event)
    const time = Date.parse(event.at)
    first ??= time
    last = Math.max(last, time - first)
    if (event.kind === 'run.start') start = event
    else if (event.kind === 'run.continues') continues = event
    else if (event.kind === 'run.end') ended = true
    else if (event.kind === 'play.start') play = event.play
    else if (event.kind === 'diagnostic') findings.push({ host: event.host, diagnostic: event.diagnostic })
    else if (event.kind === 'task.start') {
      const { host, task, id, handler } = event
      const step = { host, play, task, place: id, handler, start: time - first, ms: 0, done: undefined, planned: [] }
      open.set(keyOf(event), step)
    } else if (event.kind === 'task.planned') {
      const step = open.get(keyOf(event))
      if (step)
        open.set(keyOf(event), { ...step, planned: [...step.planned, { item: event.item, changes: event.changes }] })
    } else if (event.kind === 'task.done') {
      const { host, task, id, handler, ms } = event
      const known = open.get(keyOf(event)) ?? {
        host,
        play,
        task,
        place: id,
        handler,
        start: time - first - ms,
        planned: [],
      }
      close(keyOf(event), { ...known, ms, done: event })
    }
  }
  for (const [key, step] of open) close(key, { ...step, ms: Math.max(0, last - step.start) })
  return { start, recap: fold.recap(), ended, steps, findings, continues, length: last }
}

function keyOf({ host, id }: { readonly host: string; readonly id: string }): string {
  return JSON.stringify([host, id])
}

/** The steps of each host, in the order of their begin. */
export function byHost(steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> {
  const hosts = new Map<string, Step[]>()
  for (const step of steps.toSorted((a, b) => a.start - b.start)) {
    hosts.set(step.host, [...(hosts.get(step.host) ?? []), step])
  }
  return hosts
}

/** A word for the step: its status, or that it was cut. */
export function statusOf({ done }: Step): string {
  if (done === undefined) return 'cut'
  return done.ignored ? 'ignored' : done.rescued ? 'rescued' : done.status
}
