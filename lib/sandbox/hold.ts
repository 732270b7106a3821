import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { aliveSince } from '../processes/alive.ts'

/** Says in a folder that it is a sandbox; only such a folder is ever removed. */
const MARKER = 'This folder is a sandbox.txt'
const LOCK = 'held.json'

interface Holder {
  readonly pid: number
  /** ISO time. */
  readonly since: string
}

/**
 * Makes `folder` a sandbox of this process, for its owner only; the returned function gives it back. Throws LoadError
 * `sandbox-busy` while another process has it, `not-a-sandbox` when something else lies there.
 */
export function hold(folder: string): () => void {
  checkMarker(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(
    join(folder, MARKER),
    'A rehearsal machine of the playbook runner: nothing in here is real.\nRemove the whole folder to start afresh.\n',
    { mode: 0o600 },
  )
  const lock = join(folder, LOCK)
  const draft = join(folder, `${LOCK}.${process.pid}`)
  const mine: Holder = { pid: process.pid, since: new Date().toISOString() }
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    while (!linked(draft, lock)) takeOver(folder, lock)
  } finally {
    rmSync(draft, { force: true })
  }
  return () => rmSync(lock, { force: true })
}

/** Removes a sandbox. Throws LoadError `not-a-sandbox` for any other folder, `sandbox-busy` while it is in use. */
export function resetSandbox(folder: string): void {
  checkMarker(folder)
  const holder = read(join(folder, LOCK))
  if (holder !== undefined && aliveSince(holder.pid, holder.since)) throw busy(folder, holder)
  rmSync(folder, { recursive: true, force: true })
}

/** Whether there is a sandbox in a folder, and who uses it. */
export function stateOf(folder: string): 'absent' | 'idle' | { readonly pid: number; readonly since: string } {
  if (!existsSync(join(folder, MARKER))) return 'absent'
  const holder = read(join(folder, LOCK))
  return holder !== undefined && aliveSince(holder.pid, holder.since) ? holder : 'idle'
}

/** A link is made in one step and never over something that is there. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Moves the lock of a process that is gone out of the way; when it turns out to be a living one's, it is put back. */
function takeOver(folder: string, lock: string): void {
  const holder = read(lock)
  if (holder !== undefined && aliveSince(holder.pid, holder.since)) throw busy(folder, holder)
  const aside = `${lock}.${process.pid}.stale`
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  const moved = read(aside)
  if (moved !== undefined && aliveSince(moved.pid, moved.since)) linked(aside, lock)
  rmSync(aside, { force: true })
}

function read(lock: string): Holder | undefined {
  try {
    const { pid, since } = JSON.parse(readFileSync(lock, 'utf8')) as Partial<Holder>
    return typeof pid === 'number' ? { pid, since: since ?? '' } : undefined
  } catch {
    return undefined
  }
}

function busy(folder: string, { pid, since }: Holder): LoadError {
  return new LoadError(
    problem('sandbox-busy', `the sandbox in ${folder} is in use by process ${pid} since ${since}`, {
      mend: `wait until it has ended, or end it (kill ${pid}); another inventory has a sandbox of its own`,
    }),
  )
}

function checkMarker(folder: string): void {
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch {
    return
  }
  // Secrets and records of a rehearsal lie in the folder too, and may come first.
  const onlyOurs = basename(folder) === '.sandbox' && names.every((name) => name === 'secrets' || name === 'runs')
  if (names.length === 0 || names.includes(MARKER) || onlyOurs) return
  throw new LoadError(
    problem('not-a-sandbox', `${folder} holds something other than a sandbox, so it is left alone`, {
      mend: 'name another folder for the sandbox, or move away what is there',
    }),
  )
}
