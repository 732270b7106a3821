import type { X509Certificate } from 'node:crypto'
import type { Answer } from '../task.ts'

/** What kept an observer from seeing something; the codes are those of `lib/observe/streams.ts`. */
export interface Trouble {
  readonly code: string
  readonly message: string
  /** An upload that took too long says how many bytes had gone out, of how many. */
  readonly sent?: number
  readonly size?: number
}

/** What the observer `http` saw. */
export interface Page {
  readonly status: number
  readonly contentType: string
  readonly text: string
  readonly location?: string
  readonly hsts?: string
}

/** What the observer `tls` saw. */
export interface Tls {
  readonly chain: readonly string[]
  readonly distrust?: string
  readonly versions: { readonly [version: string]: string }
}

/** What the observer `websocket` saw. */
export type Socket =
  | { readonly session: string }
  | { readonly said: string }
  | { readonly status: number; readonly server: string; readonly text: string; readonly location?: string }

/** What the observer `upload` saw. */
export interface Upload {
  readonly status: number
  readonly server: string
  readonly text: string
  readonly sent: number
  readonly size: number
}

/** What was seen; undefined when nobody looked, or the link did not carry it. */
export type Seen<T> = T | Trouble | undefined

/** All that was seen of a chat from outside. */
export interface Outside {
  /** Addresses of its name, as this machine finds them. */
  readonly addresses: Seen<readonly string[]>
  /** Addresses that the machine is reached at; undefined when that is not known. */
  readonly machine: readonly string[] | undefined
  /** Whether its port opened, or why not. */
  readonly port: true | Trouble | undefined
  readonly tls: Seen<Tls>
  readonly redirect: Seen<Page>
  readonly info: Seen<Page>
  readonly socket: Seen<Socket>
  readonly upload: Seen<Upload>
  /** `/api/info` at Rocket.Chat's own port. */
  readonly own: Seen<Page>
  readonly trusted: readonly X509Certificate[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What is expected of the chat. */
export interface Expected {
  readonly url: URL
  /** Version of Rocket.Chat; undefined when any will do. */
  readonly version: string | undefined
  readonly days: number
  /** Seconds that `Strict-Transport-Security` must promise; 0 when it is not wanted. */
  readonly hsts: number
  readonly redirectFrom: number
  readonly ownPort: number
}

export function isTrouble(seen: unknown): seen is Trouble {
  return typeof seen === 'object' && seen !== null && 'code' in seen && 'message' in seen
}

/** What an observer saw, from its answer. */
export function seenIn<T>(answer: Answer | undefined): Seen<T> {
  if (answer === undefined || answer.unavailable) return undefined
  if (answer.ok) return answer.json as T | Trouble
  return { code: codeIn(answer.errors), message: answer.errors }
}

/** Observers that only say a sentence name Node's code in it. */
function codeIn(sentence: string): string {
  if (sentence.includes('rehearsal')) return 'REHEARSAL'
  if (/no answer|timed out/i.test(sentence)) return 'LATE'
  return /\bE[A-Z_]{4,}\b/.exec(sentence)?.[0] ?? (/refused/i.test(sentence) ? 'ECONNREFUSED' : 'FAILED')
}
