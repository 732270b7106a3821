import type { Event } from '../core/event.ts'
import type { Left } from '../core/left.ts'

/** The first line of a record: who asked for what, when, and with which version of everything. */
export interface Head {
  readonly kind: 'record.start'
  readonly format: 1
  /** Eight hexadecimal digits that tell this run from all others. */
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  /** `account@controller`. */
  readonly by: string
  readonly pid: number
  readonly inventory: string
  readonly playbook: string
  /** The command line as it was typed, with the values of secret-looking variables hidden. */
  readonly command: string
  readonly check: boolean
  /** Only a part of the tasks was asked for (`--tags`, `--skip-tags`, `--start-at-task`). */
  readonly partial: boolean
  readonly from: Origin
  readonly versions: { readonly program: string; readonly node: string }
  /** Unfinished runs that this one takes over, and what they left. */
  readonly continues?: { readonly runs: readonly string[]; readonly resumes: boolean; readonly left: Left }
  /** The line of the record before this one that was the last when this one began. */
  readonly follows?: { readonly record: string; readonly n: number; readonly chain: string }
}

/** Which state of the playbooks ran: a commit of git, or a hash over the files of the playbook. */
export type Origin =
  | { readonly commit: string; readonly dirty: boolean }
  | { readonly files: number; readonly sha256: string }

/** The later lines: the events of the run with their time; the last one also says what the run leaves to the next. */
export type Entry = Event & { readonly at: string; readonly left?: Left }

/** Folder of the records, below that of an inventory or of a rehearsal. */
export const recordsFolder = 'runs'
