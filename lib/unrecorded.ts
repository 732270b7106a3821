import { problem, StoppedError } from './core/diagnostic.ts'
import type { Emit } from './core/event.ts'

/** How a run goes on without its record: it begins nothing more, unless it changes nothing anyway. */
export interface Unrecorded {
  /** To be told when the record cannot be written any more; tells it once, behind the event that it happened at. */
  readonly onTrouble: (error: Error, ended: boolean) => void
  /** Aborted when the run is asked to stop, and when it has lost its record. */
  readonly stopping: AbortSignal
  /** Hands an event on. Throws StoppedError behind `task.planned` when it could not be recorded: the change must not be made. */
  readonly emit: Emit
  /** Throws StoppedError when the record is lost: nothing more may be changed. */
  insist(): void
}

/**
 * Stops a run whose record breaks off (a full disk): what the next run has to make up for is known from the record alone.
 * A run that has come to its end, and a check, are only warned of. `folder` is that of the records.
 */
export function stopUnrecorded(run: {
  readonly emit: Emit
  readonly stopping: AbortSignal
  readonly check: boolean
  readonly folder: string
}): Unrecorded {
  const lost = new AbortController()
  const tell = (diagnostic: ReturnType<typeof problem>) =>
    queueMicrotask(() => run.emit({ kind: 'diagnostic', diagnostic }))
  return {
    onTrouble(error, ended) {
      if (ended || run.check) {
        const message = `the record of this run has no end: ${error.message}`
        return tell({
          ...problem('no-record', message, {
            mend: `make room, or let this account write in ${run.folder}`,
          }),
          severity: 'warning',
        })
      }
      lost.abort(new StoppedError(problem('stopped', 'the run has lost its record')))
      const message = `the record of this run cannot be written any more: ${error.message}`
      tell(
        problem('record-broken-off', message, {
          detail: 'Nothing more is begun: what is not on record could not be made up for if the run was cut off.',
          mend: `make room in ${run.folder}, and run it again: it goes on behind what is on record`,
        }),
      )
    },
    stopping: AbortSignal.any([run.stopping, lost.signal]),
    emit(event) {
      run.emit(event)
      if (event.kind === 'task.planned') lost.signal.throwIfAborted()
    },
    insist: () => lost.signal.throwIfAborted(),
  }
}
