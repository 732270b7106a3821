import { randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { LockTerms } from './lock/host-lock.ts'
import { alive } from './processes/alive.ts'

/** Seconds that a lock is good for after each renewal: a run that is cut off keeps others out for so long. */
const lease = 300

/** How a run of ours, begun now for this `purpose`, takes the locks of its hosts. */
export function lockTerms(purpose: string, takeOver: boolean): LockTerms {
  return {
    record: {
      run: randomBytes(12).toString('hex'),
      owner: `${userInfo().username}@${hostname()}`,
      pid: process.pid,
      space: processSpace(),
      started: new Date().toISOString(),
      purpose,
      lease,
    },
    takeOver,
    alive,
    stopwatch,
  }
}

/** Linux names the set of processes that an id belongs to. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** The steady clock stands still while this machine sleeps, the other one may be set: whichever says more is believed. */
function stopwatch(): () => number {
  const [steady, clock] = [performance.now(), Date.now()]
  return () => Math.max(performance.now() - steady, Date.now() - clock)
}
