import { readFileSync } from 'node:fs'

/** Does the process still run? One that has ended and that nobody asked how it ended has a number, and does nothing any more. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !ended(pid)
}

/** Linux tells the state behind the name of the program, which may hold anything. */
function ended(pid: number): boolean {
  try {
    return /^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, ''))
  } catch {
    return false
  }
}
