import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { json } from './answers.ts'
import { catalogueOf } from './catalogue.ts'
import { conventionsOf } from './conventions.ts'
import { type Database, emptyDatabase } from './database.ts'
import type { Env } from './env.ts'
import { rememberFailedLogins } from './failed-logins.ts'
import { uuid } from './ids.ts'
import { createLimiter } from './limiter.ts'
import { readBytes } from './request-body.ts'
import { type Incoming, type Outcome, respond } from './respond.ts'
import { joinDefaultChannels } from './rooms.ts'
import { routesOf } from './routes.ts'
import type { SentMail, ServerState } from './server-state.ts'
import { upgrade } from './sockets.ts'
import { startOn } from './start.ts'
import { countWorkspace, machine } from './statistics.ts'
import { reportUsage } from './usage-report.ts'
import { parseVersion } from './version.ts'

/** How to start the double. */
export interface RocketChatOptions {
  /** The release to behave like, such as "6.14.0" or "8.6.1". */
  readonly version: string
  /** The environment of the process; the same names act as on the real server. */
  readonly env?: Env
  /** The volume; an empty one when absent. It is changed in place, so that a later start finds it. */
  readonly database?: Database
  /** Milliseconds since 1970, for everything the server dates; the machine's clock when absent. */
  readonly now?: () => number
  /** 0, the default, takes any free port of the loopback interface. */
  readonly port?: number
  readonly host?: string
  /** Whether the vendor's collector can be reached (rocketchat.md 10.2); false when absent. */
  readonly egress?: boolean
  /** Whether the web client was built, so that unknown addresses give its page; true when absent. */
  readonly webClient?: () => boolean
}

/** One request that was answered; bodies are never kept. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly status: number
}

/** A running double. */
export interface RocketChatDouble {
  readonly url: string
  readonly port: number
  readonly database: Database
  /** Requests that change the server and were accepted; logins, logouts and readings do not count. */
  readonly writes: number
  /** The last thousand requests, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** Mails that would have been sent: the codes of the mailed second factor. */
  readonly outbox: readonly SentMail[]
  /** What the process would have logged about its start. */
  readonly log: readonly string[]
  stop(): Promise<void>
}

const keptRequests = 1000

/** Starts a Rocket.Chat double on the loopback interface and resolves once it answers. Throws what a real start would die of. */
export async function startRocketChat(options: RocketChatOptions): Promise<RocketChatDouble> {
  return (await startWithState(options)).double
}

/** The same with the inside of the process in hand: a replay sets right what a recorder did beside its requests. */
export async function startWithState(
  options: RocketChatOptions,
): Promise<{ readonly double: RocketChatDouble; readonly state: ServerState }> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Duplex>()
  let writes = 0
  let answer: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined
  const server = createServer((request, response) => {
    answer?.(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${options.host ?? '127.0.0.1'}:${port}`
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  const state = await boot(options, url).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const lookUp = routesOf(state.version)
  const reply = (incoming: Incoming): Outcome => {
    try {
      return respond(state, lookUp, incoming)
    } catch (error) {
      state.log.push(`Exception while answering ${incoming.method} ${incoming.target}: ${String(error)}`)
      return { answer: json(500, { success: false, error: 'Internal server error' }), wrote: false }
    }
  }
  answer = async (request, response) => {
    const bytes = await readBytes(request)
    const [method, target] = [request.method ?? 'GET', request.url ?? '/']
    const peer = request.socket.remoteAddress ?? ''
    const { answer: made, wrote } = reply({ method, target, headers: request.headers, bytes, peer })
    if (wrote) writes += 1
    requests.push({ method, path: target.split('?')[0] ?? target, status: made.status })
    if (requests.length > keptRequests) requests.shift()
    const body =
      typeof made.body === 'string' || made.body instanceof Uint8Array ? made.body : JSON.stringify(made.body)
    response.writeHead(made.status, made.headers)
    response.end(method === 'HEAD' ? undefined : body)
  }
  const shown = { url, port, requests, stop, database: state.db, outbox: state.outbox, log: state.log }
  const double: RocketChatDouble = {
    ...shown,
    get writes() {
      return writes
    },
  }
  return { double, state }
}

async function boot(options: RocketChatOptions, url: string): Promise<ServerState> {
  const version = parseVersion(options.version)
  const env = options.env ?? {}
  const now = options.now ?? Date.now
  const state: ServerState = {
    version,
    versionText: options.version.replace(/^v/, ''),
    rules: conventionsOf(version),
    catalogue: catalogueOf(version),
    env,
    db: options.database ?? emptyDatabase(),
    now,
    startedAt: now(),
    egress: options.egress ?? false,
    limiter: createLimiter(now),
    failedLogins: rememberFailedLogins(),
    outbox: [],
    instanceId: uuid(),
    log: [],
    webClient: options.webClient ?? (() => true),
  }
  const { db, log } = state
  const { initialUser } = startOn({
    db,
    version,
    catalogue: state.catalogue,
    env,
    now: now(),
    rootUrl: env.ROOT_URL ?? url,
    log,
  })
  if (initialUser) joinDefaultChannels(state, initialUser)
  if (db.statistics.length === 0) countWorkspace(state, true)
  db.instances.push(instance(state, new URL(url).port))
  reportUsage(state)
  return state
}

/** What a process notes about itself in the database. */
function instance(state: ServerState, port: string) {
  const at = new Date(state.startedAt).toISOString()
  const { cpus, ...os } = { cpus: 0, ...machine() }
  const extraInformation = {
    host: '127.0.0.1',
    port,
    tcpPort: Number(port),
    os: { ...os, cpus: navigator.hardwareConcurrency },
    nodeVersion: process.version,
  }
  return {
    _id: state.instanceId,
    pid: process.pid,
    name: 'rocket.chat',
    extraInformation,
    _createdAt: at,
    _updatedAt: at,
  }
}
