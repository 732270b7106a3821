/** Lets at most so many work at a time; the others wait in order of arrival. */
export interface Slots {
  /** Waits for a place; what it returns gives the place back and may be called twice. Rejects when `signal` is aborted. */
  take(signal?: AbortSignal): Promise<() => void>
  /** The far side takes fewer than we thought: from now on at most as many as work now, without the caller. */
  shrink(): void
  readonly busy: number
  /** How many wait for a place. */
  readonly waiting: number
}

/** Makes `limit` places. */
export function slots(limit: number): Slots {
  let most = limit
  let busy = 0
  const queue: (() => void)[] = []

  const next = () => {
    while (busy < most && queue.length > 0) queue.shift()?.()
  }

  const give = () => {
    let given = false
    return () => {
      if (given) return
      given = true
      busy--
      next()
    }
  }

  return {
    take(signal) {
      if (busy < most && queue.length === 0 && signal?.aborted !== true) {
        busy++
        return Promise.resolve(give())
      }
      return new Promise((resolve, reject) => {
        const start = () => {
          signal?.removeEventListener('abort', stop)
          busy++
          resolve(give())
        }
        const stop = () => {
          queue.splice(queue.indexOf(start), 1)
          reject(signal?.reason)
        }
        if (signal?.aborted) return reject(signal.reason)
        signal?.addEventListener('abort', stop, { once: true })
        queue.push(start)
        next()
      })
    },
    shrink() {
      most = Math.max(1, busy - 1)
    },
    get busy() {
      return busy
    },
    get waiting() {
      return queue.length
    },
  }
}
