import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type ContainerView, inspectView } from './container-view.ts'
import { containerNamed } from './containers.ts'
import { openEngine, volumeFolder } from './engine.ts'
import type { EngineEvent } from './events.ts'
import { type ImageSpec, imageFromSpec, type Registry } from './image-spec.ts'
import { tagAs } from './images.ts'
import { realPath } from './paths.ts'
import { resolvePort } from './ports.ts'
import type { Program } from './program.ts'
import { familiar, parseReference } from './reference.ts'
import { resumeContainers } from './resume.ts'
import { routes } from './routes.ts'
import { type Counters, engineServer, type RequestNote, type Sabotage } from './server.ts'

export interface DockerOptions {
  /** Folder of the engine's state; it stands for /var/lib/docker, so `volumes/<name>/_data` in it is a volume's content. */
  readonly state: string
  /** A Unix socket to listen on. Without it only `handle` brings clients in. */
  readonly listen?: string
  /** Which images can be pulled. Without it every pull answers "manifest unknown". */
  readonly registry?: Registry
  /** Image (`mongo`, `registry.example.org/*`, with or without a tag; `*` is any text) to what runs in its containers. */
  readonly programs?: Readonly<Record<string, Program>>
  /** Factor for health-check and restart times; 1 is real time, 0.01 a hundred times faster. */
  readonly pace?: number
  /** The real path behind an absolute path of the imitated machine, for bind mounts. */
  readonly hostPath?: (path: string) => string
  /** Whether something else on the imitated machine listens on that port already. */
  readonly portTaken?: (hostIp: string, port: number) => boolean
  readonly machine?: { readonly name?: string; readonly memory?: number; readonly cpus?: number }
  /** Fails requests on purpose. */
  readonly sabotage?: Sabotage
}

export interface DockerDouble {
  /** Takes an open connection as a client of the engine. */
  readonly handle: (stream: Duplex) => void
  /** The real loopback port behind a published port of the machine; undefined when nothing is published there. */
  readonly resolvePort: (hostIp: string, port: number) => number | undefined
  /** The TCP ports that running containers publish on the machine, with the process that holds them there. */
  readonly published: () => readonly { readonly address: string; readonly port: number; readonly process: string }[]
  /** Whether a container runs of which it is not decided yet if it is healthy. */
  readonly undecided: () => boolean
  /** Accepted requests that changed the machine: a second run of a playbook must not add to it. */
  readonly writes: () => number
  /** Commands run in containers by request. */
  readonly execs: () => number
  /** The last thousand requests. */
  readonly requests: () => readonly RequestNote[]
  /** The last events. */
  readonly events: () => readonly EngineEvent[]
  /** A container as `GET /containers/{id}/json` shows it; throws when there is none of that name. */
  readonly inspect: (name: string) => ContainerView
  /** The real folder behind a volume. */
  readonly volumeFolder: (name: string) => string
  /** The real path behind a path of a container. */
  readonly containerPath: (name: string, path: string) => string
  /** Puts an image on the machine as if it had been pulled. */
  readonly addImage: (reference: string, spec: ImageSpec) => void
  /** Ends a container's program as a crash does (restart policies act). */
  readonly crash: (name: string, code: number, how?: { readonly oomKilled?: boolean }) => void
  /** Stops all programs and connections. What ran counts as running, so the next start of the double brings it back. */
  readonly close: () => Promise<void>
}

/**
 * Starts a double of a Docker engine that speaks the Engine API. It runs no images: `programs` says what "runs" in a container.
 * Resolves when it listens and the containers that ran before have started again.
 */
export const startDocker = async (options: DockerOptions): Promise<DockerDouble> => {
  const engine = openEngine(options.state, {
    registry: options.registry ?? (() => undefined),
    programs: options.programs ?? {},
    pace: options.pace ?? 1,
    hostPath: options.hostPath ?? ((path) => join(options.state, 'host', ...path.split('/').filter(Boolean))),
    portTaken: options.portTaken ?? (() => false),
    machine: { name: 'sandbox', memory: 8 * 1024 ** 3, cpus: 2, ...options.machine },
  })
  const counters: Counters = { writes: 0, execs: 0, requests: [] }
  const { server, dropAll } = engineServer(engine, routes, counters, options.sabotage ?? (() => undefined))
  await resumeContainers(engine)
  const { listen } = options
  if (listen !== undefined) {
    // A socket file left behind by a double that was killed would be in the way.
    rmSync(listen, { force: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(listen, resolve)
    })
  }
  return {
    handle: (stream) => void server.emit('connection', stream),
    resolvePort: (hostIp, port) => resolvePort(engine, hostIp, port),
    published: () =>
      engine.records.containers
        .filter(({ State }) => State.Running)
        .flatMap(({ published }) =>
          published
            .filter(({ protocol }) => protocol === 'tcp')
            .map(({ hostIp, hostPort }) => ({ address: hostIp, port: hostPort, process: 'docker-proxy' })),
        ),
    undecided: () =>
      engine.records.containers.some(({ State }) => State.Running && State.Health?.Status === 'starting'),
    writes: () => counters.writes,
    execs: () => counters.execs,
    requests: () => counters.requests,
    events: () => engine.events.past(),
    inspect: (name) => inspectView(engine, containerNamed(engine, name)),
    volumeFolder: (name) => volumeFolder(engine, name),
    containerPath: (name, path) => realPath(engine, containerNamed(engine, name), path),
    addImage: (reference, spec) => {
      const named = parseReference(reference)
      const image = imageFromSpec(named.repository, spec)
      if (engine.records.images.every(({ Id }) => Id !== image.Id)) engine.records.images.push(image)
      const kept = engine.records.images.find(({ Id }) => Id === image.Id) ?? image
      if (!kept.RepoTags.includes(familiar(named))) tagAs(engine, kept, familiar(named))
      engine.save()
    },
    crash: (name, code, how) => {
      const container = containerNamed(engine, name)
      const live = engine.live.get(container.Id)
      void live?.program?.stop('SIGKILL').catch(() => undefined)
      live?.end(code, how?.oomKilled)
    },
    close: async () => {
      engine.closing = true
      engine.save()
      for (const timer of engine.retries.values()) clearTimeout(timer)
      const running = [...engine.live.values()]
      for (const live of running) live.stopHealth()
      await Promise.allSettled(running.map((live) => live.program?.stop('SIGTERM')))
      for (const live of running) live.end(0)
      engine.bus.emit('close')
      dropAll()
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
