import { problem, StoppedError } from '../core/diagnostic.ts'

/** Waits, until `enough` is aborted at the longest; a stop request ends the wait with StoppedError. */
export function pause(ms: number, stopping: AbortSignal, enough?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => () => {
      clearTimeout(timer)
      stopping.removeEventListener('abort', stop)
      enough?.removeEventListener('abort', end)
      how()
    }
    const stop = settle(() => reject(new StoppedError(problem('stopped', 'the run was asked to stop'))))
    const end = settle(resolve)
    const timer = setTimeout(end, ms)
    stopping.addEventListener('abort', stop, { once: true })
    enough?.addEventListener('abort', end, { once: true })
    if (stopping.aborted) stop()
    else if (enough?.aborted) end()
  })
}
