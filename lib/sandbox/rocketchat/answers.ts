import type { Doc } from './documents.ts'

/** What goes back over the wire: a body that is an object becomes JSON, a text or bytes go out as they are. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Doc | string | Uint8Array
  /** The request was accepted but changed nothing that an operator would call a change. */
  readonly unchanged?: true
}

/**
 * An action says no. `code` and `reason` are those of the real exception; `answer` tells how REST words it, which differs
 * between exceptions with a code, plain errors and explicit failures.
 */
export class Refusal extends Error {
  readonly code: string | number | undefined
  readonly reason: string
  readonly details: Doc | undefined
  readonly answer: Answer

  constructor(status: number, body: Doc, exception: { code?: string | number; reason: string; details?: Doc }) {
    super(exception.reason)
    this.code = exception.code
    this.reason = exception.reason
    this.details = exception.details
    this.answer = json(status, body)
  }
}

/** A JSON answer. */
export function json(status: number, body: Doc): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body }
}

/** 200 with `success: true` beside the given keys. */
export function success(body: Doc = {}): Answer {
  return json(200, { ...body, success: true })
}

/** 400 without a reason, as the settings routes give. */
export function failure(): Refusal {
  return new Refusal(400, { success: false }, { reason: '' })
}

/** An exception with a code: 400, the text ends with the code in brackets. */
export function refuse(code: string | number, reason = '', details?: Doc): Refusal {
  const error = reason === '' ? `[${code}]` : `${reason} [${code}]`
  const status = code === 'error-unauthorized' ? 403 : 400
  const body = status === 403 ? { success: false, error } : { success: false, error, errorType: code }
  return new Refusal(
    status,
    details && status === 400 ? { ...body, details } : body,
    details ? { code, reason, details } : { code, reason },
  )
}

/** An explicit failure with a code: 400, the text stays bare. */
export function refuseBare(code: string, reason: string): Refusal {
  return new Refusal(400, { success: false, error: reason, errorType: code }, { code, reason })
}

/** A plain error: 400 with its text alone. */
export function refusePlain(reason: string): Refusal {
  return new Refusal(400, { success: false, error: reason }, { reason })
}

/** 403 from inside an action. */
export function unauthorized(): Refusal {
  return new Refusal(403, { success: false, error: 'unauthorized' }, { code: 'unauthorized', reason: 'unauthorized' })
}

/** 429: too many calls of a route, or of something inside it. */
export function tooMany(seconds: number, what: string): Refusal {
  const code = 'error-too-many-requests'
  const reason = `Error, too many requests. Please slow down. You must wait ${seconds} seconds before trying ${what}.`
  return new Refusal(429, { success: false, error: `${reason} [${code}]` }, { code, reason, details: { seconds } })
}

/** A text answer; the content type is left out where the real server has none. */
export function plain(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return { status, headers, body }
}
