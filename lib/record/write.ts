import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Event } from '../core/event.ts'
import { link } from './chain.ts'
import type { Entry, Head } from './entry.ts'
import { recordsIn, tailOf } from './file.ts'
import { startLeft } from './left.ts'

/** The record of a run that is being written; a report like the others, so it only ever gets masked events. */
export interface RecordWriter {
  readonly file: string
  take(event: Event & { readonly at: string }): void
  close(): Promise<void>
  /** Waits until all that was taken so far is on the disk; those who wait at the same time share one wait. Never rejects. */
  durable(): Promise<void>
  /** The last line that was handed to the system: its number and hash, for the audit line on a host. */
  tip(): { readonly n: number; readonly chain: string }
}

export interface RecordOptions {
  /** Made when missing, for its owner only. */
  readonly folder: string
  readonly head: Omit<Head, 'kind' | 'format' | 'follows'>
  /** Called once when it cannot be written any more; `ended` tells whether its last event was the end of the run. */
  readonly onTrouble: (error: Error, ended: boolean) => void
}

/**
 * Begins the record of a run. Lines are handed to the system at the end of the turn in which their events happened, so that
 * events that belong together are both there or both not; whoever changes something waits until they are on the disk. Throws
 * what the system says when the file cannot be begun, and leaves none then.
 */
export function writeRecord({ folder, head, onTrouble }: RecordOptions): RecordWriter {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const last = recordsIn(folder).at(-1)
  const before = last === undefined ? undefined : tailOf(last)?.link
  const file = path.join(folder, nameOf(head))
  const handle = openSync(file, 'ax', 0o600)
  let open = true
  let n = 0
  let chain = ''
  let waiting = ''
  let written = { n, chain }
  let syncing = Promise.resolve()
  let nextSync: Promise<void> | undefined
  const fold = startLeft(head.continues?.left, head.partial)

  function add(entry: object): void {
    n++
    const linked = link(entry, n, chain)
    chain = linked.chain
    waiting += `${linked.line}\n`
  }

  function put(sync: boolean): void {
    const text = waiting
    waiting = ''
    try {
      writeAll(handle, text)
      if (sync) fdatasyncSync(handle)
      written = { n, chain }
    } catch (error) {
      open = false
      throw error
    }
  }

  function flush(sync: boolean, ended = false): void {
    if (!open || waiting === '') return
    try {
      put(sync)
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)), ended)
    }
  }

  async function sync(): Promise<void> {
    if (!open) return
    try {
      await toDisk(handle)
    } catch (error) {
      if (open) onTrouble(error instanceof Error ? error : new Error(String(error)), false)
      open = false
    }
  }

  add({
    kind: 'record.start',
    format: 1,
    ...head,
    ...(last !== undefined &&
      before !== undefined && { follows: { record: path.basename(last), n: before.n, chain: before.chain } }),
  })
  try {
    put(false)
  } catch (error) {
    closeSync(handle)
    unlinkSync(file)
    throw error
  }
  return {
    file,
    take(event) {
      if (!open || event.kind === 'host.doing') return
      fold.take(event)
      if (waiting === '') queueMicrotask(() => flush(false))
      const entry: Entry = event.kind === 'run.end' ? { ...event, left: fold.progress().left } : event
      add(entry)
      if (event.kind === 'task.planned') flush(false)
      if (event.kind === 'run.end') flush(true, true)
    },
    durable() {
      flush(false)
      nextSync ??= syncing.then(() => {
        nextSync = undefined
        syncing = sync()
        return syncing
      })
      return nextSync
    },
    async close() {
      flush(false)
      await (nextSync ?? syncing)
      open = false
      closeSync(handle)
    },
    tip() {
      flush(false)
      return written
    },
  }
}

const toDisk = promisify(fdatasync)

function writeAll(handle: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done)
}

/** `2026-11-22T18-20-33-512Z-install-1a2b3c4d.jsonl`: sorts by time, and tells what it is. */
function nameOf({ at, playbook, id }: RecordOptions['head']): string {
  const time = at.replaceAll(/[:.]/g, '-')
  const name = path
    .basename(playbook)
    .replace(/\.ya?ml$/, '')
    .replaceAll(/[^\w.-]+/g, '_')
    .slice(0, 60)
  return `${time}-${name}-${id}.jsonl`
}
