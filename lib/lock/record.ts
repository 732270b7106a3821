import { shortened } from '../core/text.ts'

/** What stands in a lock: who works on the host, since when, for what. */
export interface LockRecord {
  /** Random; the same for all hosts of a run. */
  readonly run: string
  /** `account@host` of whoever runs us. */
  readonly owner: string
  /** Process id on that machine. */
  readonly pid: number
  /** Within which that id means anything: a container has ids of its own. Empty where nothing tells. */
  readonly space: string
  /** ISO 8601. */
  readonly started: string
  /** What the run is for: playbook and inventory. */
  readonly purpose: string
  /** Seconds that it is good for after each renewal. */
  readonly lease: number
}

/** The one line of a lock. The run comes first, for whoever checks it with a shell. */
export function written({ run, owner, pid, space, started, purpose, lease }: LockRecord): string {
  return JSON.stringify({ run, owner, pid, space, started, purpose, lease })
}

/** How the line of a run's lock begins. */
export function beginning(run: string): string {
  return `{"run":${JSON.stringify(run)},`
}

/** Reads a lock that anybody may have written; undefined when it is none of ours. */
export function readRecord(text: string): LockRecord | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const { run, owner, pid, space, started, purpose, lease } = json as { readonly [key: string]: unknown }
  const texts = [run, owner, started, purpose]
  if (texts.some((one) => typeof one !== 'string' || one === '')) return undefined
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(lease) || Number(lease) <= 0) return undefined
  return {
    run: plain(run),
    owner: plain(owner),
    pid: Number(pid),
    space: plain(space ?? ''),
    started: plain(started),
    purpose: plain(purpose),
    lease: Number(lease),
  }
}

/** Text from a host as it may stand in a message: one line, no control characters. */
function plain(text: unknown): string {
  return shortened(String(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, ' '), 200)
}
