import type { Duplex, Readable } from 'node:stream'
import type { Connection, Output } from '../core/connection.ts'
import type { Diagnostic } from '../core/diagnostic.ts'
import type { Become, Target } from '../core/host.ts'
import type { HttpAnswer, HttpReply, HttpRequest } from '../core/http.ts'
import type { HostLock } from '../core/lock.ts'
import type { ApiIo, DockerIo, Kept } from '../core/module.ts'
import type { Value } from '../core/plain.ts'
import type { Answer } from '../core/query.ts'
import type { Source, SourceKind, TemplateReading } from '../core/schema.ts'
import type { Script } from '../core/script.ts'
import type { Store } from '../core/store.ts'
import type { Unknown } from '../core/unknown.ts'
import type { Scope } from '../load/scope.ts'

/** One shell question of a batch. */
export interface ShellAnswer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Whose credentials a question sends: those of the session, of the kept token alone, or none. */
export type ApiCaller = 'session' | 'token' | 'nobody'

/** How an observer looks: `dial` opens its streams from the host instead of from this machine. */
export interface Looking {
  /** The host that the question is about. */
  readonly host: string
  readonly signal: AbortSignal
  dial?(host: string, port: number): Promise<Duplex>
}

/** The Rocket.Chat API as one host sees it. */
export interface ApiLink extends ApiIo {
  /** Requests that were sent. */
  readonly calls: number
  get(path: string, as: ApiCaller): Promise<Answer>
  /** Ends a session that was opened for this run. */
  close(): Promise<void>
}

/** How a request travels: streams opened from the host, until it is stopped. */
export interface Way {
  readonly dial: Connection['dial']
  readonly signal: AbortSignal
}

/** The Docker engine of one host; `close` ends the streams that are kept open. */
export interface DockerLink extends DockerIo {
  close(): void
}

/** What the engine needs from outside; `lib/cli.ts` puts the real ones together, tests put in doubles. */
export interface Services {
  connect(
    host: string,
    target: Target,
    options: { signal: AbortSignal; onProgress(text: string): void },
  ): Promise<Connection>
  /** Asks many read-only scripts in one round trip. */
  batch(
    connection: Connection,
    scripts: readonly Script[],
    options: { become: Become | undefined; signal: AbortSignal; timeout: number },
  ): Promise<readonly ShellAnswer[]>
  /** The same questions as one script that rides on another one, and how its output is read; that throws when it is cut. */
  riding(scripts: readonly Script[]): Promise<{
    readonly script: Script
    read(output: Output): readonly ShellAnswer[]
  }>
  docker(connection: Connection, become: Become | undefined): DockerLink
  /** `dial` reaches ports as seen from the host; `variable` gives the host's rendered variables. */
  api(options: {
    host: string
    variable(name: string): Value | undefined
    connection(): Promise<Connection>
    store: Store
    signal: AbortSignal
    wait(ms: number, why: string): Promise<void>
  }): ApiLink
  /** A look at the world by a named observer. */
  observe(name: string, input: { readonly [key: string]: unknown }, how: Looking): Promise<Answer>
  /** One HTTP request over streams that `dial` opens. */
  http(request: HttpRequest, way: Way): Promise<HttpReply>
  /** The same with the whole body; never more than fits into memory. */
  answer(request: HttpRequest, way: Way): Promise<HttpAnswer>
  /** Writes a file of this machine. */
  keep(path: string, content: Readable): Promise<Kept>
  /** A file of this machine named by a task; templates are rendered in `scope`. Throws LoadError `no-such-file`. */
  source(
    kind: SourceKind,
    path: string,
    searchPath: readonly string[],
    scope: Scope,
    reading?: TemplateReading,
  ): Promise<Source | Unknown>
  /** The secrets of one host. */
  store(host: string): Store
  /** What keeps other runs from changing a host; `linked` says whether a link to it is open, `folder` where its inventory wants the lock. */
  lock(options: {
    host: string
    folder(): string | undefined
    connection(): Promise<Connection>
    linked(): boolean
    note(diagnostic: Diagnostic): void
    signal: AbortSignal
  }): HostLock
}
