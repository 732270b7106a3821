import type { ContainerView } from './container-view.ts'

/** What a command run by `exec` is given. `stdin` resolves when the client has closed its side, at once when nothing is attached. */
export interface ExecRequest {
  readonly cmd: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly workingDir: string
  readonly tty: boolean
  readonly stdin: () => Promise<Buffer>
}

/** What a command gives back. */
export interface ExecResult {
  readonly code: number
  readonly stdout?: string | Buffer
  readonly stderr?: string | Buffer
}

/** Another running container that can be reached by name, because it shares a network other than the default bridge. */
export interface Peer {
  readonly id: string
  readonly name: string
  /** The image as the container names it. */
  readonly image: string
  /** All names that the network's DNS answers for it: its name, its aliases, its short id. */
  readonly names: readonly string[]
  /** Its address on the shared network, for show only. */
  readonly address: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The real path behind a path of that container. */
  readonly path: (inContainer: string) => string
  /** The real loopback port behind one of its ports, if its program listens there. */
  readonly port: (containerPort: number) => number | undefined
}

/** What a program sees of the container it runs in. */
export interface ProgramContext {
  readonly id: string
  readonly name: string
  readonly image: string
  /** Entrypoint and command together. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What `GET /containers/{id}/json` answered at the moment of the start. */
  readonly container: ContainerView
  /** Real folder (or file) of each mount, by its path in the container. */
  readonly mounts: Readonly<Record<string, string>>
  /** The real path behind any path of the container: below a mount, or in the container's own layer. */
  readonly path: (inContainer: string) => string
  readonly peers: () => readonly Peer[]
  readonly peer: (host: string) => Peer | undefined
  /** Where a connection to host:port made inside the container really goes: a loopback port, or nothing. */
  readonly resolve: (host: string, port: number) => number | undefined
  /** One line of the container's output; a line end is added. */
  readonly log: (line: string, stream?: 'stdout' | 'stderr') => void
  /** The program ends by itself. May be called before `start` has resolved. Later calls are ignored. */
  readonly exit: (code: number, how?: { readonly oomKilled?: boolean }) => void
  /** Factor for every duration a program imitates; 1 is real time. */
  readonly pace: number
}

/** A program that has started. */
export interface RunningProgram {
  /** The engine wants the program to end; resolves with the exit code (SIGTERM handled: usually 0 or 143; SIGKILL: 137). */
  readonly stop: (signal: string) => Promise<number>
  /** A signal that is not meant to end it (SIGHUP, SIGUSR1 …). */
  readonly signal?: (signal: string) => void
  /** A command inside the container. `undefined` means "not a command of mine": the plain commands are tried then. */
  readonly exec?: (request: ExecRequest) => Promise<ExecResult | undefined>
  /** Container port to real loopback port. Read anew at each use, so it may fill up after the start. */
  readonly ports: Readonly<Record<number, number>>
  /** Stands in for a health check whose command neither the program nor the plain commands know. */
  readonly healthy?: () => boolean | Promise<boolean>
}

/** What runs when a container of an image starts. Rejecting makes the start fail as an unrunnable command does. */
export interface Program {
  readonly start: (context: ProgramContext) => Promise<RunningProgram>
}
