import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DockerDouble, startDocker } from './docker/docker-double.ts'
import type { Spec } from './machine/spec.ts'
import { askMongo } from './programs/ask-mongo.ts'
import { caddyProgram } from './programs/caddy.ts'
import type { ChatServers } from './programs/chat-servers.ts'
import { mongodbProgram } from './programs/mongodb.ts'
import { registry } from './programs/registry.ts'
import { rocketChatProgram } from './programs/rocketchat.ts'

export interface EngineOptions {
  /** Stands for /var/lib/docker. */
  readonly folder: string
  /** The folder that plays the machine's `/`. */
  readonly root: string
  readonly name: string
  readonly spec: Spec
  readonly pace: number
  readonly chats: ChatServers
  /** Does a program of the machine listen on that port? */
  readonly taken: (port: number) => boolean
}

/** Starts the Docker engine of a machine with all programs it can run. Throws when its configuration is not JSON, as the real one does not start then. */
export function startEngine({ folder, root, name, spec, pace, chats, taken }: EngineOptions): Promise<DockerDouble> {
  const config = join(root, 'etc/docker/daemon.json')
  if (existsSync(config)) JSON.parse(readFileSync(config, 'utf8'))
  return startDocker({
    state: folder,
    registry,
    programs: {
      '*rocket.chat': rocketChatProgram({ chats, mongo: askMongo }),
      '*mongo': mongodbProgram({ avx: spec.avx || spec.architecture === 'arm64' }),
      '*caddy': caddyProgram,
    },
    pace,
    hostPath: (path) => join(root, path),
    portTaken: (_ip, port) => port === 22 || taken(port),
    machine: { name, memory: spec.memoryMiB * 2 ** 20, cpus: spec.cpus },
  })
}
