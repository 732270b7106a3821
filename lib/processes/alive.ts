import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Does the process still run? One that has ended and that nobody asked how it ended has a number, and does nothing any more. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !/^[ZX]/.test(statOf(pid)[0] ?? '')
}

/** Milliseconds by which the start of a process may be told too late: systems count from their own start in whole seconds. */
const blur = 2000

/**
 * Does the process that had this number at a time (ISO) still run? One that was started later only has its number, as
 * numbers are given anew, after a restart of the machine or in each new container above all.
 */
export function aliveSince(pid: number, since: string): boolean {
  if (!alive(pid)) return false
  const started = startOf(pid)
  const then = Date.parse(since)
  return started === undefined || Number.isNaN(then) || started <= then + blur
}

/** When a process was started, in milliseconds since 1970; undefined where the system does not tell. */
function startOf(pid: number): number | undefined {
  const ticks = Number(statOf(pid)[19])
  const boot = /^btime (\d+)$/m.exec(readable('/proc/stat'))?.[1]
  // Linux tells programs of 100 ticks a second, whatever it counts in itself.
  if (ticks > 0 && boot !== undefined) return Number(boot) * 1000 + ticks * 10
  try {
    const options = { encoding: 'utf8', env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, timeout: 5000 } as const
    const started = Date.parse(execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options))
    return Number.isNaN(started) ? undefined : started
  } catch {
    return undefined
  }
}

/** What Linux tells of a process behind the name of its program, which may hold anything: its state first. */
function statOf(pid: number): readonly string[] {
  return readable(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
}

function readable(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
