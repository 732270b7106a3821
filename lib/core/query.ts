import type { Pieces } from './connection.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { HttpRequest } from './http.ts'
import type { Script } from './script.ts'
import type { Secret, Text } from './secret.ts'

/** A question about the world, as data: the engine merges equal ones, orders and sends them. Asking never changes anything. */
export type Query =
  /**
   * A read-only shell script; all of a host travel in one batch. Runs as the task's `become` user. `patience`: milliseconds
   * that it may take when that is more than usual.
   */
  | { readonly on: 'shell'; readonly script: Script; readonly patience?: number }
  /** A script that reads something of this machine on its standard input and leaves nothing behind; travels alone. */
  | { readonly on: 'input'; readonly script: Script; readonly input: Pieces; readonly sha256: string }
  /**
   * A request that changes nothing (GET, HEAD), as seen from the host. The answer's `json` is an HttpAnswer; without an
   * answer `code` is -1, `errors` says why, and the task decides what that means.
   */
  | { readonly on: 'http'; readonly request: HttpRequest }
  /** GET of the Docker Engine API, path without version prefix: `/containers/mongodb/json`. */
  | { readonly on: 'docker'; readonly path: string }
  /** A read-only command inside a running container (`mongosh --eval …`). */
  | {
      readonly on: 'exec'
      readonly container: string
      readonly command: readonly string[]
      readonly stdin?: Text
      readonly joint?: Joint
    }
  /**
   * GET of the Rocket.Chat REST API: `/api/v1/settings?count=0`, with the session of the host; as `nobody` it sends no
   * credentials, as `token` those of the token kept beside the inventory, whether the server accepts them or not.
   */
  | { readonly on: 'api'; readonly path: string; readonly as?: 'nobody' | 'token' }
  /** Is a secret of that name in the store beside the inventory? `ok` says so; `secret` holds it. */
  | { readonly on: 'store'; readonly name: string }
  /**
   * Something looked at by a named observer of `lib/observe` (a page, a certificate): from this machine, or through the
   * link with the eyes of the host.
   */
  | {
      readonly on: 'controller'
      readonly observe: string
      readonly input: { readonly [key: string]: unknown }
      readonly from?: 'host'
    }

/** Commands that can be one, as the program that they start costs more than what it does: those of a container and `key`. */
export interface Joint {
  readonly key: string
  /** What makes this command differ from the others, besides its standard input. */
  readonly part: string
  join(parts: readonly { readonly part: string; readonly stdin: Text | undefined }[]): {
    readonly command: readonly string[]
    readonly stdin: Text
  }
  /** The answer to the command that came at this place, from 0 on, out of the answer to all. */
  apart(answer: Answer, which: number): Answer
}

/** What came back. `ok`: exit code 0, or an HTTP status of 2xx. */
export interface Answer {
  readonly ok: boolean
  /** Exit code or HTTP status; -1 when nothing could be asked. */
  readonly code: number
  /** Standard output, or the body as text. */
  readonly text: string
  /** Standard error. */
  readonly errors: string
  /** The body when it was JSON; what a controller observer saw. */
  readonly json?: unknown
  readonly secret?: Secret
  /** Why nothing could be asked: Docker is not installed, the API is not up. */
  readonly unavailable?: Diagnostic
}

export interface Probe<State> {
  readonly ask: readonly Query[]
  /** True when `read` copes with answers that are `unavailable` (a wait, a report); otherwise the engine does not call it then. */
  readonly evenWithout?: boolean
  /** Asked anew when it is the turn of the task, never ahead of it: what costs much, or may be different each time. */
  readonly inTurn?: boolean
  /** What is calculated on this machine while the questions are under way; both are waited for. */
  meanwhile?(): Promise<void>
  /** Pure: turns the answers, in the order of `ask`, into a state. May throw TaskError when an answer makes no sense. */
  read(answers: readonly Answer[]): State
}
