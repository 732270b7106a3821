import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Event, Status } from '../../../lib/core/event.ts'
import type { Head } from '../../../lib/record/entry.ts'
import { type RecordWriter, writeRecord } from '../../../lib/record/write.ts'

/** Hands a new folder to `use` and clears it away. */
export async function inFolder(use: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'record-test-'))
  try {
    await use(path.join(folder, 'runs'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

let count = 0

/** Writes a record of these events; each run begins a second after the one before. */
export async function record(
  folder: string,
  events: readonly Event[],
  more: Partial<Head> = {},
  onTrouble: (error: Error) => void = (error) => {
    throw error
  },
  last: (writer: RecordWriter) => Promise<void> = async () => undefined,
): Promise<{ readonly file: string; readonly id: string }> {
  count++
  const id = count.toString(16).padStart(8, '0')
  const writer = writeRecord({
    folder,
    onTrouble,
    head: {
      id,
      at: new Date(Date.UTC(2026, 0, 1, 12, 0, count)).toISOString(),
      by: 'ada@elsewhere.example.org',
      pid: 4_000_000,
      inventory: 'prod',
      playbook: 'site.yml',
      command: 'npx zx playbooks/run.ts site.yml -i prod',
      check: false,
      partial: false,
      from: { commit: 'c'.repeat(40), dirty: false },
      versions: { program: '0.1.0', node: 'v24.0.0' },
      ...more,
    },
  })
  for (const event of events) writer.take({ ...event, at: new Date(Date.UTC(2026, 0, 1, 12, 1)).toISOString() })
  await last(writer)
  await writer.close()
  return { file: writer.file, id: more.id ?? id }
}

const place = (task: string) => `site.yml:${task.length}:7`

export const start: Event = {
  kind: 'run.start',
  format: 1,
  playbook: 'site.yml',
  inventory: 'prod',
  hosts: ['web1', 'web2'],
  check: false,
  diff: false,
}

export function play(name: string, hosts: readonly string[] = ['web1']): Event {
  return { kind: 'play.start', play: name, hosts }
}

export function begin(task: string, host = 'web1', handler = false): Event {
  return { kind: 'task.start', host, task, id: place(task), module: 'copy', handler }
}

export function plan(task: string, host = 'web1', more: { item?: string; run?: string } = {}): Event {
  const { item, run } = more
  const change =
    run === undefined ? ({ action: 'update', target: '/a' } as const) : ({ action: 'run', target: run } as const)
  return { kind: 'task.planned', host, task, id: place(task), ...(item !== undefined && { item }), changes: [change] }
}

export function done(
  task: string,
  status: Status,
  more: { host?: string; handler?: boolean; result?: object } = {},
): Event {
  const { host = 'web1', handler = false, result = { changed: status === 'changed' } } = more
  return {
    kind: 'task.done',
    host,
    task,
    id: place(task),
    status,
    handler,
    ms: 5,
    changes: status === 'changed' ? 1 : 0,
    result: result as { [key: string]: never },
  }
}

export function notified(handler: string, by: string, host = 'web1'): Event {
  return { kind: 'handler.notified', host, handler, by }
}

export function end(exitCode = 0, stopped = false): Event {
  return { kind: 'run.end', stats: {}, changed: {}, ms: 10, exitCode, stopped, traffic: {} }
}
