import { problem, StoppedError } from '../core/diagnostic.ts'

/** Waits; a stop request ends the wait with StoppedError. */
export function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(new StoppedError(problem('stopped', 'the run was asked to stop')))
    }
    const timer = setTimeout(() => {
      stopping.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (stopping.aborted) stop()
    else stopping.addEventListener('abort', stop, { once: true })
  })
}
