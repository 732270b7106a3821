import type { Event } from '../core/event.ts'
import { type Left, type LeftTask, nothingLeft, type OwedHandler, playNames, taskKey } from '../core/left.ts'

/** What a run has done and leaves, as far as its events are known. */
export interface Progress {
  readonly left: Left
  /** Tasks that were begun and of which no end is known. */
  readonly under: readonly LeftTask[]
  /** Finished tasks, and those of them that changed something, all hosts together. */
  readonly done: number
  readonly changed: number
}

export interface LeftFold {
  take(event: Event): void
  progress(): Progress
}

/**
 * Follows what is owed: notified handlers until they have run, tasks cut in the middle of a change until they were looked
 * at again, and what had changed in a play until its host gets through it. `carried` is what earlier runs left; a
 * `partial` run gets nobody through a play.
 */
export function startLeft(carried: Left = nothingLeft, partial = false): LeftFold {
  let owed: OwedHandler[] = [...carried.owed]
  const cut = tasks(carried.cut)
  const changed = tasks(carried.changed)
  const under = tasks([])
  const nameOf = playNames()
  let play = ''
  let hosts: readonly string[] = []
  const out = new Set<string>()
  const counts = { done: 0, changed: 0 }
  let check = false

  const placed = ({ host, task, id }: { host: string; task: string; id: string }): LeftTask => ({
    host,
    play,
    task,
    id,
  })

  function endPlay(): void {
    if (partial) return
    const through = (one: LeftTask) => one.play === play && hosts.includes(one.host) && !out.has(one.host)
    for (const all of [cut, changed]) for (const [key, one] of all) if (through(one)) all.delete(key)
  }

  function done(event: Extract<Event, { kind: 'task.done' }>): void {
    const one = placed(event)
    const { status, handler } = event
    const fine = status === 'ok' || status === 'changed'
    under.delete(keyOf(one))
    counts.done++
    if (status === 'changed') {
      counts.changed++
      putLast(changed, one)
    }
    if (fine) cut.delete(keyOf(one))
    if (handler && (fine || status === 'skipped')) {
      owed = owed.filter((of) => !(of.host === one.host && of.play === play && isHandler(of.handler, event.task)))
    }
    if ((status === 'failed' || status === 'unreachable') && !event.ignored && !event.rescued) out.add(event.host)
  }

  return {
    take(event) {
      switch (event.kind) {
        case 'run.start':
          check = event.check
          return
        case 'play.start':
          endPlay()
          play = nameOf(event.play)
          hosts = event.hosts
          return
        case 'task.start':
          putLast(under, placed(event))
          return
        case 'task.planned':
          if (!check && event.changes.length > 0) putLast(cut, placed(event))
          return
        case 'task.done':
          return done(event)
        case 'handler.notified': {
          const { host, handler, by } = event
          const known = owed.some((one) => one.host === host && one.play === play && one.handler === handler)
          if (!known) owed = [...owed, { host, play, handler, by }]
          return
        }
        case 'run.end':
          if (!event.stopped) endPlay()
          return
        default:
          return
      }
    },
    progress: () => ({
      left: { owed, cut: [...cut.values()], changed: [...changed.values()] },
      under: [...under.values()],
      ...counts,
    }),
  }
}

/** Tasks by what tells them apart, in the order in which they came. */
type Tasks = Map<string, LeftTask>

function tasks(all: readonly LeftTask[]): Tasks {
  return new Map(all.map((one) => [keyOf(one), one]))
}

function keyOf(one: LeftTask): string {
  return JSON.stringify([one.host, one.play, taskKey(one)])
}

/** A task that comes again counts as it is this time. */
function putLast(all: Tasks, one: LeftTask): void {
  all.delete(keyOf(one))
  all.set(keyOf(one), one)
}

/** The name of a handler's task has that of its role in front. */
function isHandler(handler: string, task: string): boolean {
  return task === handler || task.endsWith(` : ${handler}`)
}
