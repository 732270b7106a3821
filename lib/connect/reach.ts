import net from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hop } from './route.ts'
import { brokeOff, dialFailed, NotYet, type Phase, tooLate } from './ssh-trouble.ts'
import { stopped } from './trouble.ts'

/** The time that one server has to be reached. */
export interface Deadline {
  readonly hop: Hop
  /** Aborted when the run is stopped or the time is up. */
  readonly signal: AbortSignal
  /** Says what is being waited for now. */
  phase: Phase
  /** The error to throw once `signal` is aborted. */
  error(): Error
  end(): void
}

/** Starts the clock; `ms` is counted from now. */
export function deadline(hop: Hop, ms: number, run: AbortSignal): Deadline {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), ms)
  return {
    hop,
    signal: AbortSignal.any([run, late.signal]),
    phase: 'dial',
    error() {
      return run.aborted ? stopped(run) : tooLate(hop, this.phase, ms)
    },
    end: () => clearTimeout(timer),
  }
}

/**
 * Tries until `attempt` succeeds, it fails for good, or the time is up: the port of a machine that is starting may
 * answer before its SSH server does, or refuse for a moment.
 */
export async function insist<T>(
  limit: Deadline,
  attempt: () => Promise<T>,
  onProgress: ((text: string) => void) | undefined,
): Promise<T> {
  const start = performance.now()
  for (let pause = 200; ; pause = Math.min(pause * 1.5, 1000)) {
    try {
      if (limit.signal.aborted) throw limit.error()
      return await attempt()
    } catch (error) {
      if (!(error instanceof NotYet)) throw error
      if (limit.signal.aborted) throw error.error
      if (error.patience !== undefined && performance.now() - start + pause > error.patience) throw error.error
      onProgress?.(`${error.message}; trying again`)
      await sleep(pause, undefined, { signal: limit.signal }).catch(() => {
        throw error.error
      })
    }
  }
}

/** One TCP connection, without Nagle's algorithm: it waits for answers that delayed acknowledgements hold back. */
export function tcp(limit: Deadline): Promise<Duplex & { readonly bytesRead: number; readonly bytesWritten: number }> {
  const { hop, signal } = limit
  limit.phase = 'dial'
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: hop.host,
      port: hop.port,
      noDelay: true,
      keepAlive: true,
      // Node's default of 250 ms gives up on every address of a far host but the last.
      autoSelectFamilyAttemptTimeout: 3_000,
    })
    const abort = () => {
      socket.destroy()
      reject(limit.error())
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
      resolve(socket)
    })
    const fail = (error: Error & { code?: string }) => {
      signal.removeEventListener('abort', abort)
      reject(dialFailed(hop, error))
    }
    socket.once('error', fail)
    if (signal.aborted) abort()
  })
}

/** The error for a connection that ended before the login was done. */
export function endedEarly(limit: Deadline, cause: Error | undefined): Error {
  return limit.signal.aborted ? limit.error() : brokeOff(limit.hop, limit.phase, cause)
}
