import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { type EventLog, eventLog } from './events.ts'
import type { Registry } from './image-spec.ts'
import type { Program, RunningProgram } from './program.ts'
import type { ContainerRecord, Records } from './records.ts'
import { openStore } from './store.ts'

/** What can be set about the engine; see `DockerOptions` for the meaning of each. */
export interface Settings {
  readonly registry: Registry
  readonly programs: Readonly<Record<string, Program>>
  readonly pace: number
  readonly hostPath: (path: string) => string
  readonly portTaken: (hostIp: string, port: number) => boolean
  readonly machine: { readonly name: string; readonly memory: number; readonly cpus: number }
}

/** A container that runs, or is about to. */
export interface Live {
  /** Absent while the program starts. */
  program: RunningProgram | undefined
  /** Set when the end was asked for, so that no restart policy acts. */
  stopping: boolean
  /** Resolves with the exit code after the container's state has been brought up to date. */
  readonly ended: Promise<number>
  /** Ends the container with this code; later calls do nothing. */
  readonly end: (code: number, oomKilled?: boolean) => void
  stopHealth: () => void
  readonly startedAt: number
}

/** A command prepared by `POST /containers/{id}/exec`. */
export interface ExecRecord {
  readonly id: string
  readonly containerId: string
  readonly cmd: readonly string[]
  readonly env: readonly string[]
  readonly user: string
  readonly workingDir: string
  readonly tty: boolean
  readonly privileged: boolean
  readonly attachStdin: boolean
  readonly attachStdout: boolean
  readonly attachStderr: boolean
  running: boolean
  exitCode: number | null
}

/** Everything the parts of the double share. */
export interface Engine {
  /** Stands for /var/lib/docker. */
  readonly folder: string
  readonly settings: Settings
  readonly records: Records
  readonly save: () => void
  readonly events: EventLog
  /** `log:<id>` with a log line, `gone:<id>` when a container has been removed, `close` at the end of the double. */
  readonly bus: EventEmitter
  readonly live: Map<string, Live>
  /** Containers that wait for their next restart: the timer and how long the next wait will be. */
  readonly retries: Map<string, NodeJS.Timeout>
  readonly backoff: Map<string, number>
  readonly execs: Map<string, ExecRecord>
  /** Life-cycle requests for one container happen one after the other. */
  readonly queues: Map<string, Promise<unknown>>
  closing: boolean
}

/** Opens the engine's state; nothing runs yet. */
export const openEngine = (folder: string, settings: Settings): Engine => {
  const { records, save } = openStore(folder)
  const bus = new EventEmitter()
  bus.setMaxListeners(0)
  return {
    folder,
    settings,
    records,
    save,
    events: eventLog(),
    bus,
    live: new Map(),
    retries: new Map(),
    backoff: new Map(),
    execs: new Map(),
    queues: new Map(),
    closing: false,
  }
}

/** The folder that holds what belongs to one container: its log and its own layer of files. */
export const containerFolder = (engine: Engine, id: string): string => join(engine.folder, 'containers', id)

/** The real folder behind a volume. */
export const volumeFolder = (engine: Engine, name: string): string => join(engine.folder, 'volumes', name, '_data')

/** Runs `work` after all earlier work on the same container has ended. */
export const inTurn = async <T>(engine: Engine, container: ContainerRecord, work: () => Promise<T>): Promise<T> => {
  const before = engine.queues.get(container.Id) ?? Promise.resolve()
  const mine = before.then(work, work)
  engine.queues.set(container.Id, mine)
  try {
    return await mine
  } finally {
    if (engine.queues.get(container.Id) === mine) engine.queues.delete(container.Id)
  }
}
