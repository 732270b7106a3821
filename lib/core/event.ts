import type { Diagnostic } from './diagnostic.ts'
import type { Plain } from './plain.ts'

/** Ansible's results, and `unknown`: in check mode, what depends on a change that was not made. */
export type Status = 'ok' | 'changed' | 'skipped' | 'failed' | 'unreachable' | 'unknown'

/** Counts per host, as Ansible's recap has them; `changed` tasks are also `ok`. */
export interface Stats {
  ok: number
  changed: number
  unreachable: number
  failed: number
  skipped: number
  rescued: number
  ignored: number
  unknown: number
}

/** A change as it may be shown; secrets are labels. */
export interface ShownChange {
  readonly action: 'create' | 'update' | 'delete' | 'run'
  readonly target: string
  readonly before?: Plain
  readonly after?: Plain
}

/**
 * Everything that happens in a run, in order: the JSON lines output is this stream, one event a line; the terminal, the
 * recap and the report are folds over it. `task` is the rendered name, `id` the task's place (`file:line:col`), which
 * also tells tasks of the same name apart. Times are milliseconds; `at` is the time of the event in ISO 8601 (added by the bus).
 * Secrets are labels (`<secret name>`), or `<secret>` where a program echoed one. Readers must ignore kinds and fields
 * that they do not know; `format` in `run.start` is raised when a known one changes its meaning.
 */
/** Milliseconds that were spent on a host. */
export interface Spent {
  readonly connecting: number
  readonly asking: number
  readonly applying: number
}

export type Event =
  /** Everything is read and found to be right; without it nothing was touched, and `diagnostic` events said why. */
  | {
      readonly kind: 'run.start'
      readonly format: 1
      readonly playbook: string
      readonly inventory: string
      readonly hosts: readonly string[]
      readonly check: boolean
      readonly diff: boolean
    }
  /** Work on the hosts of a play begins; with `serial`, once for each batch. */
  | { readonly kind: 'play.start'; readonly play: string; readonly hosts: readonly string[] }
  /** What is being done for a host right now; `waits` says what is waited for, `deadline` in how many ms that is given up. */
  | {
      readonly kind: 'host.doing'
      readonly host: string
      readonly doing: string
      readonly waits?: string
      readonly deadline?: number
    }
  /** `module` is what the task is an instance of: `copy`, `docker_container`. */
  | {
      readonly kind: 'task.start'
      readonly host: string
      readonly task: string
      readonly id: string
      readonly module: string
      readonly handler: boolean
    }
  /** What the task is about to change, in check mode would change; for a loop, once for each `item`. */
  | {
      readonly kind: 'task.planned'
      readonly host: string
      readonly task: string
      readonly id: string
      readonly item?: string
      readonly changes: readonly ShownChange[]
    }
  /** Output of a long command as it comes; a piece can end anywhere, also in the middle of a line. */
  | {
      readonly kind: 'task.output'
      readonly host: string
      readonly task: string
      readonly id: string
      readonly stream: 'stdout' | 'stderr'
      readonly text: string
    }
  /** One item of a loop. */
  | {
      readonly kind: 'item.done'
      readonly host: string
      readonly task: string
      readonly id: string
      readonly item: string
      readonly status: Status
      readonly ms: number
      readonly message?: string
    }
  | {
      readonly kind: 'task.done'
      readonly host: string
      readonly task: string
      readonly id: string
      readonly status: Status
      readonly handler: boolean
      readonly ms: number
      /** What of it went into the link, in milliseconds; absent when it was next to nothing. */
      readonly spent?: Spent
      /** Why it was skipped, what is unknown, what `debug` says. */
      readonly message?: string
      /** Failed, but the play goes on: `ignore_errors`, or a `rescue` took over. */
      readonly ignored?: boolean
      readonly rescued?: boolean
      /** Failed or lost after it had begun to change something, which may be half done. */
      readonly begun?: boolean
      readonly changes: number
      /** The registered values, for `-v`. */
      readonly result?: Plain
      readonly diagnostics?: readonly Diagnostic[]
    }
  /** A change made by the task `by` will run the handler. */
  | { readonly kind: 'handler.notified'; readonly host: string; readonly handler: string; readonly by: string }
  /**
   * Right after `run.start`: an earlier run of this playbook (`run` names its record) did not come to its end, or left
   * handlers that were notified and did not run; they run now. `resumes` tells whether `--resume` was asked for.
   */
  | {
      readonly kind: 'run.continues'
      readonly run: string
      /** When it began, and whose it was. */
      readonly began: string
      readonly by: string
      readonly command: string
      readonly how: 'cut off' | 'stopped' | 'failed'
      readonly resumes: boolean
      /** Tasks it had finished, and those of them that changed something. */
      readonly done: number
      readonly changed: number
      /** Tasks that were under way, or cut in the middle of a change. */
      readonly under: readonly { readonly host: string; readonly task: string; readonly id: string }[]
      readonly owed: readonly { readonly host: string; readonly play: string; readonly handler: string }[]
    }
  /** A finding that belongs to no task: before `run.start` about usage and files, afterwards about a host or the run. */
  | { readonly kind: 'diagnostic'; readonly diagnostic: Diagnostic; readonly host?: string }
  /**
   * The last event. `stopped` by a signal; `traffic` holds of each host the round trips (`trips`, which are those of `shell`, `docker`,
   * `api` and opened `streams`), the bytes `sent` and `received`, and the milliseconds spent `connecting`, `asking` and `applying`.
   */
  | {
      readonly kind: 'run.end'
      readonly stats: { readonly [host: string]: Readonly<Stats> }
      /** Tasks that changed something, per host, in order. */
      readonly changed: { readonly [host: string]: readonly string[] }
      readonly ms: number
      readonly exitCode: number
      readonly stopped: boolean
      readonly traffic: { readonly [host: string]: Plain }
    }

export type Emit = (event: Event) => void

/** Nothing counted so far. */
export function noStats(): Stats {
  return { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, unknown: 0 }
}
