import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answers.ts'
import type { Doc, LoginToken, User } from './documents.ts'
import type { Allowance } from './limiter.ts'
import type { Part } from './request-body.ts'
import type { Shape } from './schema.ts'
import type { ServerState } from './server-state.ts'

/** One request on its way through a route. */
export interface Call {
  readonly state: ServerState
  readonly method: string
  /** The address without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly ip: string
  readonly query: URLSearchParams
  readonly body: Doc
  /** The parts of a multipart body; undefined for any other body. */
  readonly parts: readonly Part[] | undefined
  readonly contentType: string
  readonly params: Readonly<Record<string, string>>
  /** Who is logged in, and with which of the tokens. */
  readonly user: User | undefined
  readonly token: LoginToken | undefined
}

/** A route of the REST API. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Below /api/v1/, parameters with a colon. */
  readonly path: string
  /** `required` unless said otherwise. */
  readonly login?: 'optional' | 'none'
  /** Calls per time of its own; `false` for routes that are never limited. */
  readonly allowance?: ((state: ServerState) => Allowance) | false
  /** How often one call counts: twice for routes with two names. */
  readonly weight?: number
  /** Asks for a second factor; `never` does not accept a remembered one. */
  readonly secondFactor?: 'remembered' | 'never'
  /** Needed from 7.0 on before anything else is looked at; every one of them. */
  readonly permissions?: readonly string[]
  readonly bodyShape?: (state: ServerState) => Shape | undefined
  readonly queryShape?: (state: ServerState) => Shape | undefined
  /** A POST that changes nothing an operator would call a change. */
  readonly reads?: true
  /** Absent from releases outside this span; `before` is the first one without it. */
  readonly releases?: { readonly from?: string; readonly before?: string }
  act(call: Call): Doc | Answer
}

/** The caller of a route that demands a login. */
export function caller(call: Call): User {
  if (!call.user) throw new Error('this route was reached without a login')
  return call.user
}

/** A text of the body, or undefined when it is absent or of another type. */
export function bodyText(call: Call, key: string): string | undefined {
  const value = call.body[key]
  return typeof value === 'string' ? value : undefined
}

/** An object inside the body; empty when it is absent or of another type. */
export function bodyObject(call: Call, key: string): Doc {
  return asDoc(call.body[key])
}

/** The value as an object, or an empty one. */
export function asDoc(value: unknown): Doc {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Doc) : {}
}

/** The texts of a list; anything else in it is dropped. */
export function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}
