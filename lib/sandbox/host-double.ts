import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { DockerDouble } from './docker/docker-double.ts'
import type { KeyPair } from './machine/keys.ts'
import { type MachineDouble, startMachine } from './machine/machine.ts'
import { DEBIAN_12, type Faults, type Spec } from './machine/spec.ts'
import { type ChatServers, chatServers } from './programs/chat-servers.ts'

export interface HostDoubleOptions {
  readonly folder: string
  readonly name: string
  readonly clientKey: KeyPair
  readonly spec: Partial<Spec>
  readonly faults: Faults
  readonly pace: number
}

/** One machine of a sandbox with all that runs on it. */
export interface HostDouble {
  readonly name: string
  readonly machine: MachineDouble
  readonly ssh: MachineDouble['ssh']
  /** The Docker engine, while it runs. */
  docker(): DockerDouble | undefined
  /** The Rocket.Chat that runs on the machine; the first one when there are several. */
  rocketchat(): ReturnType<ChatServers['running']>[number] | undefined
  /** Waits until the containers that ran before are as they were, at most so many milliseconds: no run finds a real machine in the middle of its start. */
  recovered(patience: number): Promise<void>
  /** What changed the machine since the start: commands, requests to the engine, requests to Rocket.Chat. */
  readonly writes: { readonly shell: number; readonly docker: number; readonly api: number }
  stop(): Promise<void>
}

/** Starts a machine; its Docker engine starts and stops with the unit `docker`. */
export async function startHost(options: HostDoubleOptions): Promise<HostDouble> {
  const { folder, pace } = options
  const spec: Spec = { ...DEBIAN_12, hostname: options.name, ...options.spec }
  const chats = chatServers()
  let docker: DockerDouble | undefined
  let earlierWrites = 0
  const stopDocker = async () => {
    const engine = docker
    docker = undefined
    if (engine === undefined) return
    await engine.close()
    earlierWrites += engine.writes()
  }
  const startDocker = async () => {
    const root = join(folder, 'root')
    const { startEngine } = await import('./docker-engine.ts')
    docker = await startEngine({
      folder: join(folder, 'docker'),
      root,
      name: options.name,
      spec,
      pace,
      chats,
      taken: (port) => options.faults.listening?.[port] !== undefined,
    })
  }
  const machine = await startMachine({
    folder,
    name: options.name,
    clientKey: options.clientKey,
    spec,
    faults: options.faults,
    services: { docker: { start: startDocker, stop: stopDocker } },
    resolvePort: (ip, port) => docker?.resolvePort(ip, port),
    dockerSocket: (stream: Duplex) => docker?.handle(stream),
    listeners: () => docker?.published() ?? [],
  })
  return {
    name: options.name,
    machine,
    ssh: machine.ssh,
    docker: () => docker,
    rocketchat: () => chats.running()[0],
    recovered: async (patience) => {
      for (const end = Date.now() + patience; docker?.undecided() && Date.now() < end; ) await wait(20)
    },
    get writes() {
      return { shell: machine.writes, docker: earlierWrites + (docker?.writes() ?? 0), api: chats.writes() }
    },
    stop: () => machine.stop(),
  }
}
