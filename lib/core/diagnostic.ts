import type { Position, Value } from './plain.ts'

/**
 * One finding for a person: what (message), where (at), why (detail) and what to do (mend). `code` is a stable
 * kebab-case word; the catalogue of codes is `lib/core/codes.ts`.
 */
export interface Diagnostic {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly at?: Position
  /** Evidence: the command and its last lines, the body of an answer. May hold labels of secrets, never secrets. */
  readonly detail?: string
  readonly mend?: string
  /** Path of the task's argument that it is about; the engine puts the place of its value in `at` instead. */
  readonly argument?: readonly (string | number)[]
}

/** Makes an error diagnostic; undefined fields are left out. */
export function problem(
  code: string,
  message: string,
  more: {
    readonly at?: Position | undefined
    readonly detail?: string | undefined
    readonly mend?: string | undefined
    readonly argument?: Diagnostic['argument'] | undefined
  } = {},
): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    ...(more.at && { at: more.at }),
    ...(more.detail !== undefined && more.detail !== '' && { detail: more.detail }),
    ...(more.mend !== undefined && { mend: more.mend }),
    ...(more.argument && { argument: more.argument }),
  }
}

/** An error that carries what a person needs to know. Anything else that is thrown is a defect of ours. */
export class ToolError extends Error {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], options?: { cause?: unknown }) {
    const all = Array.isArray(diagnostics) ? (diagnostics as readonly Diagnostic[]) : [diagnostics as Diagnostic]
    super(all.map((one) => one.message).join('\n'), options)
    this.name = new.target.name
    this.diagnostics = all
  }

  get code(): string {
    return this.diagnostics[0]?.code ?? 'unknown'
  }
}

/** Wrong usage, inventory, playbook or variables: nothing has been touched. */
export class LoadError extends ToolError {}

/** The host could not be reached, or the link to it was lost: the host is `unreachable`. */
export class ConnectError extends ToolError {}

/** A task could not do its work on a host that is reachable: the task is `failed`. */
export class TaskError extends ToolError {
  /** What a failed command left all the same (`rc`, `stdout` …), for `register` and `failed_when`. */
  readonly values: { readonly [key: string]: Value } | undefined
  /** What the change had begun was taken back: the world is as it was before. */
  readonly undone: boolean

  constructor(
    diagnostics: Diagnostic | readonly Diagnostic[],
    options?: { cause?: unknown; values?: { readonly [key: string]: Value }; undone?: boolean },
  ) {
    super(diagnostics, options)
    this.values = options?.values
    this.undone = options?.undone === true
  }
}

/**
 * What a task builds on is not there: the unit of a service, the target of a link. With changes of earlier tasks still
 * to be made (check mode) the task is unknown until applied; otherwise it is failed.
 */
export class NotYetError extends TaskError {}

/** The REST API refused; `status` is the HTTP status and `errorType` the server's own code where it gave one. */
export class ApiError extends TaskError {
  readonly status: number
  readonly errorType: string | undefined

  constructor(diagnostic: Diagnostic, status: number, errorType?: string, options?: { cause?: unknown }) {
    super(diagnostic, options)
    this.status = status
    this.errorType = errorType
  }
}

/** The run was asked to stop (Ctrl-C, a signal). */
export class StoppedError extends ToolError {}
