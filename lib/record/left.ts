import type { Event } from '../core/event.ts'
import { isSameTask, type Left, type LeftTask, nothingLeft, type OwedHandler, playNames } from '../core/left.ts'

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
  let cut: LeftTask[] = [...carried.cut]
  let changed: LeftTask[] = [...carried.changed]
  let under: LeftTask[] = []
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
  const isIt = (one: LeftTask) => (other: LeftTask) =>
    other.host === one.host && other.play === one.play && isSameTask(other, one)
  const without = (all: LeftTask[], one: LeftTask) => all.filter((other) => !isIt(one)(other))
  const withIt = (all: LeftTask[], one: LeftTask) => [...without(all, one), one]

  function endPlay(): void {
    if (partial) return
    const through = (one: LeftTask) => one.play === play && hosts.includes(one.host) && !out.has(one.host)
    cut = cut.filter((one) => !through(one))
    changed = changed.filter((one) => !through(one))
  }

  function done(event: Extract<Event, { kind: 'task.done' }>): void {
    const one = placed(event)
    const { status, handler } = event
    const fine = status === 'ok' || status === 'changed'
    under = without(under, one)
    counts.done++
    if (status === 'changed') {
      counts.changed++
      changed = withIt(changed, one)
    }
    if (fine) cut = without(cut, one)
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
          under = withIt(under, placed(event))
          return
        case 'task.planned':
          if (!check && event.changes.length > 0) cut = withIt(cut, placed(event))
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
    progress: () => ({ left: { owed, cut, changed }, under, ...counts }),
  }
}

/** The name of a handler's task has that of its role in front. */
function isHandler(handler: string, task: string): boolean {
  return task === handler || task.endsWith(` : ${handler}`)
}
