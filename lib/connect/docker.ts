import http from 'node:http'
import type { Duplex } from 'node:stream'
import Dockerode from 'dockerode'
import type { Connection } from '../core/connection.ts'
import type { Become } from '../core/host.ts'
import type { DockerIo } from '../core/module.ts'
import { slots } from '../core/slots.ts'
import { dockerAnswer } from './docker-answer.ts'
import { dockerExec } from './docker-exec.ts'
import { type Ask, type Modem, sender } from './docker-request.ts'
import { dockerWay } from './docker-way.ts'

/** A host's Docker engine; `close` ends the streams that are kept open between requests. */
export interface Docker extends DockerIo {
  close(): void
}

export interface DockerOptions {
  /** Socket of the engine on the host. */
  readonly socket?: string | undefined
  /** Who may open the socket when the account that connects may not. */
  readonly become?: Become | undefined
  readonly signal?: AbortSignal | undefined
}

/** Requests at the same time; over a bridge each one takes one of the host's sessions. */
const requestsAtOnce = 4

/** How long a bridge is kept for the next request, in milliseconds: the host's shell may be waiting for its session. */
const bridgeIdle = 250

/**
 * The Docker engine of a host, over the link that is there already: HTTP runs over `dial`, streams are kept open and used
 * again. Paths carry no version, so that the engine speaks its own newest one.
 * An engine that cannot be reached gives answers with `unavailable`; a lost link and sudo's refusals are thrown.
 */
export function openDocker(connection: Connection, options: DockerOptions = {}): Docker {
  const socket = options.socket ?? '/var/run/docker.sock'
  const way = dockerWay(connection, socket, options.become)
  const agent = new http.Agent({ keepAlive: true, maxSockets: requestsAtOnce, maxFreeSockets: requestsAtOnce })
  const idle = new WeakMap<Duplex, NodeJS.Timeout>()
  const { keepSocketAlive, reuseSocket } = agent
  agent.keepSocketAlive = (stream) => {
    if (way.bridged)
      idle.set(
        stream,
        setTimeout(() => stream.destroy(), bridgeIdle),
      )
    return keepSocketAlive.call(agent, stream)
  }
  agent.reuseSocket = (stream, request) => {
    clearTimeout(idle.get(stream))
    reuseSocket.call(agent, stream, request)
  }
  agent.createConnection = (_options, done) => {
    way.open().then(
      (stream) => done?.(null, stream),
      (error) => done?.(error, undefined as unknown as Duplex),
    )
    return undefined as unknown as Duplex
  }
  // Its types leave out half of what `dial` takes.
  const modem = new Dockerode({ socketPath: socket, agent, protocol: 'http', ...unsetByUs } as object)
    .modem as unknown as Modem
  // The agent counts a stream only once it is open, so it would open one for each of many requests at a time.
  const send = sender(modem, connection, slots(requestsAtOnce), options.signal)
  const request = (ask: Ask) => dockerAnswer(send, ask)
  return {
    request: (method, path, more) => request({ ...more, method, path }),
    exec: (container, command, more) => dockerExec(modem, send, request, container, command, more),
    close: () => agent.destroy(),
  }
}

/** dockerode would take these from the environment of this machine. */
const unsetByUs = {
  host: undefined,
  port: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
}
