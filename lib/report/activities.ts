import { clock } from './durations.ts'
import type { TimedEvent } from './report.ts'
import { visibleLine } from './visible.ts'

/** What a host is busy with; times are milliseconds since 1970. */
export interface Activity {
  readonly host: string
  readonly task?: string | undefined
  readonly doing?: string | undefined
  readonly since: number
  readonly waits?: string | undefined
  /** When the waiting began, whatever was seen in between. */
  readonly waitsSince?: number | undefined
  /** When the waiting is given up. */
  readonly until?: number | undefined
  /** The last line that a command wrote. */
  readonly output?: string | undefined
}

export interface Activities {
  take(event: TimedEvent): void
  /** Busy hosts, those that began first on top. */
  busy(): readonly Activity[]
}

/** Follows who is busy with what: the fold of events that the live region draws. */
export function createActivities(): Activities {
  const busy = new Map<string, Activity>()
  return {
    take(event) {
      const at = Date.parse(event.at)
      if (event.kind === 'task.start') {
        busy.set(event.host, {
          host: event.host,
          task: event.handler ? `handler: ${event.task}` : event.task,
          since: at,
        })
      } else if (event.kind === 'host.doing') {
        const before = busy.get(event.host) ?? { host: event.host, since: at }
        const waiting = event.waits !== undefined
        busy.set(event.host, {
          ...before,
          doing: event.doing,
          waits: event.waits,
          waitsSince: waiting ? (before.waitsSince ?? at) : undefined,
          until: event.deadline === undefined ? undefined : at + event.deadline,
          output: undefined,
        })
      } else if (event.kind === 'task.output') {
        const last = event.text.split(/[\r\n]/).findLast((line) => line.trim() !== '')
        const before = busy.get(event.host)
        if (before !== undefined && last !== undefined) busy.set(event.host, { ...before, output: last.trim() })
      } else if (event.kind === 'task.done') busy.delete(event.host)
      else if (event.kind === 'run.end') busy.clear()
    },
    busy: () => [...busy.values()],
  }
}

/**
 * What the host does, as a phrase: `Rocket.Chat runs (gives up in 04:20): waits for the API for 00:40`. The end is what
 * a narrow window cuts off, so the remaining time comes early.
 */
export function phrase(activity: Activity, now: number): string {
  const { task, doing, waits, waitsSince, until, output } = activity
  const spent = waitsSince === undefined || waitsSince === activity.since ? '' : ` for ${clock(now - waitsSince)}`
  const left = until === undefined ? '' : ` (gives up in ${clock(until - now)})`
  const acts = [
    ...(doing === undefined || (waits !== undefined && doing === 'waiting') ? [] : [doing]),
    ...(waits === undefined ? [] : [`waits for ${waits}${spent}`]),
  ].join(', ')
  const text = task === undefined ? acts + left : `${task}${left}${acts === '' ? '' : `: ${acts}`}`
  return visibleLine(output === undefined ? text : `${text} │ ${output}`)
}
