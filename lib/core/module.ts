import type { Duplex } from 'node:stream'
import type { Change } from './change.ts'
import type { Content, Output, Pieces, PutOptions } from './connection.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { HttpReply, HttpRequest } from './http.ts'
import type { Addition } from './inventory.ts'
import type { Value } from './plain.ts'
import type { Answer, Probe } from './query.ts'
import type { ArgsSchema } from './schema.ts'
import type { Script } from './script.ts'
import type { Secret, Text } from './secret.ts'

/** What a task leaves for `register`, for facts and for the eye. */
export interface Result {
  /** Return values under Ansible's names: `stdout`, `rc`, `stat` … */
  readonly values?: { readonly [key: string]: Value }
  /** Variables for the host from here on (`set_fact`, `setup`). */
  readonly facts?: { readonly [key: string]: Value }
  /** The variables are facts of the host as well (`ansible_facts`), as with `set_fact: cacheable`. */
  readonly alsoGathered?: boolean
  /** Text to print below the task, also without `-v` (`debug`). */
  readonly message?: string
  /** What is not as it should be and keeps nobody from going on; shown below the task, without a place. */
  readonly warnings?: readonly Diagnostic[]
  /** For `run` changes only: false when the action turned out to have changed nothing. */
  readonly changed?: boolean
  /** Why the task had nothing to do with this run (`debug` above the verbosity): its status is `skipped`. */
  readonly skipped?: string
  /** What the inventory of the run gains, also in check mode; the task has changed something when it is new. */
  readonly inventory?: Addition
}

/** What a module may know besides its arguments. */
export interface Context {
  readonly host: string
  /** The host's variables by name, rendered; undefined when there is none. */
  variable(name: string): Value | undefined
  /** How many `-v` the run was given; absent means none. */
  readonly verbosity?: number
  /** Nobody reads the result: the task registers nothing, and the run is not verbose. What costs much may be left out of it then. */
  readonly unread?: boolean
  /** What the task's `environment` says of a name. */
  environment?(name: string): Text | undefined
}

/** A file that was written on this machine: its length in bytes, and sums in hexadecimal digits. */
export interface Kept {
  readonly size: number
  readonly sha1: string
  readonly sha256: string
  readonly md5: string
}

/** A finding about arguments; `path` leads to the argument it is about, e.g. `['settings', 'Site_Url']`. */
export interface Finding {
  readonly path: readonly (string | number)[]
  readonly diagnostic: Omit<Diagnostic, 'at'>
}

/** Everything that `apply` may do to the world; each call is counted, bounded by a deadline and stops when the run is stopped. */
export interface Io {
  readonly signal: AbortSignal
  /**
   * Runs a script on the host; an exit code outside `expect` (default `[0]`) throws TaskError with command, code and last
   * lines. One that only `looks` changes nothing and runs without the lock of the host. `more` says that the change is not
   * complete with it, so that it is too early to look what has come of it.
   */
  sh(
    script: Script,
    options?: {
      readonly expect?: readonly number[]
      readonly timeout?: number
      readonly live?: boolean
      readonly looks?: boolean
      readonly more?: boolean
    },
  ): Promise<Output>
  /** Writes a file on the host, atomically, with its mode from the start. */
  put(
    path: string,
    content: Content | Pieces,
    options: Omit<PutOptions, 'become' | 'signal' | 'onOutput' | 'rider'> & { readonly more?: boolean },
  ): Promise<void>
  /** One HTTP request with the eyes of the host; its body streams. Throws TaskError `http-failed` without an answer. */
  http(request: HttpRequest): Promise<HttpReply>
  /** Writes what a read-only script of the host prints to a file of this machine, atomically, for its owner alone. */
  keep(path: string, script: Script): Promise<Kept>
  /** Milliseconds since 1970, by the clock of this machine. */
  now(): number
  readonly docker: DockerIo
  readonly api: ApiIo
  readonly store: StoreIo
  /** Strong random bytes. */
  random(bytes: number): Uint8Array
  /** A stream to a port or socket as seen from the host. */
  dial(target: { readonly socket: string } | { readonly host: string; readonly port: number }): Promise<Duplex>
  /** A look by a named observer of `lib/observe`: from this machine, or through the link with the eyes of the host. */
  observe(name: string, input: { readonly [key: string]: unknown }, from?: 'host'): Promise<Answer>
  /**
   * Looks again and again until `look` gives something other than undefined; shows `what` and since when.
   * Throws TaskError `deadline-passed` with the last thing `look` reported through `seen`.
   */
  until<T>(
    what: string,
    look: (seen: (state: string) => void) => Promise<T | undefined>,
    options: { readonly timeout: number; readonly every?: number },
  ): Promise<T>
  /**
   * Waits so many milliseconds, less when `enough` is aborted meanwhile; throws StoppedError when the run is asked to
   * stop. What nobody waits for any more must be ended by `enough`, or the program lingers for it.
   */
  pause(ms: number, enough?: AbortSignal): Promise<void>
  /** Gives up the link to the host and opens a new one; throws ConnectError when the host does not answer. */
  reconnect(): Promise<void>
  /** Says in the live display what is being done now. */
  progress(text: string): void
}

export interface DockerIo {
  /** One request to the Engine API; secrets inside `body` are revealed on the wire. Never throws for an HTTP status. Lines of a JSON stream (pull, load) go to `onProgress`. */
  request(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: {
      readonly body?: unknown
      readonly upload?: Content
      readonly headers?: Readonly<Record<string, string>>
      readonly onProgress?: (line: string) => void
      readonly timeout?: number
    },
  ): Promise<Answer>
  /** Runs a command inside a running container. */
  exec(
    container: string,
    command: readonly string[],
    options?: {
      readonly stdin?: Text
      readonly env?: readonly string[]
      readonly user?: string
      readonly timeout?: number
    },
  ): Promise<Output>
}

export interface ApiIo {
  /** One request to the Rocket.Chat API with the session of the host; secrets inside `body` are revealed on the wire. Throws ApiError when the server refuses. */
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>
  /** Signs in anew for the next request: what proved who we are has changed. */
  renew(): void
  /** Asks `me` with a token that is not that of the session: does the server know it? */
  proves(userId: string, token: Secret): Promise<boolean>
}

export interface StoreIo {
  get(name: string): Promise<Secret | undefined>
  /** Writes a secret beside the inventory, encrypted where a vault is set up, atomically and before it is used. */
  set(name: string, value: Secret): Promise<void>
  delete(name: string): Promise<void>
}

/** Names that come into being when a task runs. */
export interface Provided {
  readonly facts?: readonly string[]
  readonly secrets?: readonly string[]
  /** There may be more variables than can be named beforehand. */
  readonly open?: boolean
}

/** A task module: questions are data, decisions are pure, only `apply` has effects. The file's name is the task's name. */
export interface TaskModule<Args = unknown, State = unknown, Data = unknown> {
  /** One sentence that says what holds after the task. */
  readonly summary: string
  readonly args: ArgsSchema<Args>
  /** YAML tasks; a test parses and validates each one. */
  readonly examples: readonly string[]
  /** Return values for `register`: name and meaning. */
  readonly returns?: { readonly [key: string]: string }
  /** The facts it returns are gathered ones (`setup`): play variables win over them. */
  readonly factsAreGathered?: boolean
  /** The facts it returns are read from files (`include_vars`): those that were set or registered win over them. */
  readonly factsAreIncluded?: boolean
  /** In check mode a `run` change of this module is `skipped`, as Ansible skips `command`; otherwise it is said to be a change. */
  readonly skipInCheckMode?: boolean
  /** The same, where it hangs on the arguments. */
  skipsInCheckMode?(args: Args): boolean
  /** Its result adds to the inventory of the run, so that what later plays work on is known when they begin. */
  readonly growsInventory?: boolean
  /** It decides whether the host may be worked on at all: what comes behind it is not even asked about before. */
  readonly decides?: boolean
  /** It writes on this machine, whatever host it works on (`fetch`). */
  readonly keepsHere?: boolean
  /** It runs for the first host of the play alone (`add_host`). */
  readonly oncePerPlay?: boolean
  /** Its `run` changes only look until something holds: they are made in check mode too, unless an earlier task would change something. */
  readonly onlyWaits?: boolean
  /** Nothing can be asked about its effect, so what a run that was cut off had finished is not done again with `--resume`. */
  readonly resumable?: boolean
  /**
   * Names that come into being when the task runs: variables (`facts`) and secrets of the store. Arguments that hang on
   * something not known yet come as written, without defaults.
   */
  provides?(args: Args): Provided
  /** What needs more than one argument, or the variables of the host, to be found wrong; runs at load time. */
  validate?(args: Args, context: Context): readonly Finding[]
  probe(args: Args, context: Context): Probe<State>
  /** Pure; empty means the host already is as wanted. May throw TaskError (`assert`, `fail`). */
  diff(args: Args, state: State, context: Context): readonly Change<Data>[]
  /** Makes one change. What it returns is merged into the registered result. */
  apply?(change: Change<Data>, io: Io, args: Args): Promise<Result | undefined>
  /** The registered result as looked at: after the diff when nothing changes, after settling when something did. */
  result?(args: Args, state: State, context?: Context): Result
}
