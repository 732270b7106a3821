import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Call, type Reply, readAll } from './call.ts'
import type { Engine } from './engine.ts'
import { Refusal } from './refusal.ts'
import { findRoute, type Route } from './router.ts'
import { release } from './system.ts'
import { openUpgrade } from './upgrade.ts'

/** A request as the log keeps it. */
export interface RequestNote {
  readonly method: string
  /** Without the version prefix, with the query. */
  readonly path: string
  readonly status: number
}

export interface Counters {
  /** Accepted requests that change the machine; questions and execs are not among them. */
  writes: number
  /** Commands run inside containers by request. */
  execs: number
  readonly requests: RequestNote[]
}

/** As many requests as the log keeps. */
const keptRequests = 1000

const versionPrefix = /^\/v(\d+)\.(\d+)(?=\/)/

const toNumber = (version: string): number => {
  const [major = '0', minor = '0'] = version.split('.')
  return Number(major) * 1000 + Number(minor)
}

const checkVersion = (path: string): void => {
  const match = versionPrefix.exec(path)
  if (match === null) return
  const asked = `${match[1]}.${match[2]}`
  if (toNumber(asked) > toNumber(release.api)) {
    throw new Refusal(400, `client version ${asked} is too new. Maximum supported API version is ${release.api}`)
  }
  if (toNumber(asked) < toNumber(release.oldestApi)) {
    throw new Refusal(
      400,
      `client version ${asked} is too old. Minimum supported API version is ${release.oldestApi}, please upgrade your client to a newer version`,
    )
  }
}

/** Ways to fail a request on purpose, for rehearsing bad days: a refusal to send instead of the answer. */
export type Sabotage = (
  method: string,
  path: string,
) => { readonly status: number; readonly message: string } | undefined

const settle = async (
  engine: Engine,
  routes: readonly Route[],
  counters: Counters,
  sabotage: Sabotage,
  request: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
): Promise<Reply> => {
  const method = request.method ?? 'GET'
  const whole = request.url ?? '/'
  const path = whole.replace(versionPrefix, '')
  const note = (status: number): void => {
    counters.requests.push({ method, path, status })
    if (counters.requests.length > keptRequests) counters.requests.shift()
  }
  try {
    checkVersion(whole)
    const url = new URL(path, 'http://engine')
    const found = findRoute(routes, method, url.pathname)
    if (found === undefined) throw new Refusal(404, 'page not found')
    const bad = sabotage(method, path)
    if (bad !== undefined) throw new Refusal(bad.status, bad.message)
    const call: Call = { engine, params: found.params, query: url.searchParams, headers: request.headers, body }
    const reply = await found.route.handler(call)
    const status = reply.kind === 'json' || reply.kind === 'text' ? reply.status : 200
    if (status < 300 && found.route.effect === 'write') counters.writes++
    if (status < 300 && found.route.effect === 'exec') counters.execs++
    note(status)
    return reply
  } catch (problem) {
    const status = problem instanceof Refusal ? problem.status : 500
    note(status)
    const message = problem instanceof Error ? problem.message : String(problem)
    return { kind: 'json', status, body: { message } }
  }
}

const common = {
  'Api-Version': release.api,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `Docker/${release.version} (linux)`,
}

const rawStream = (tty: boolean): string =>
  tty ? 'application/vnd.docker.raw-stream' : 'application/vnd.docker.multiplexed-stream'

const send = async (reply: Reply, response: ServerResponse): Promise<void> => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  // A client that leaves in the middle of an answer is no fault of ours.
  response.on('error', () => gone.abort())
  switch (reply.kind) {
    case 'json': {
      const text = `${JSON.stringify(reply.body)}\n`
      response.writeHead(reply.status, {
        ...common,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      })
      response.end(text)
      return
    }
    case 'text':
      response.writeHead(reply.status, {
        ...common,
        ...(reply.body === '' ? {} : { 'Content-Type': 'text/plain; charset=utf-8' }),
        ...reply.headers,
      })
      response.end(reply.body)
      return
    case 'stream':
    case 'hijack': {
      const type = reply.kind === 'stream' ? reply.type : rawStream(reply.tty)
      response.writeHead(200, { ...common, 'Content-Type': type, ...(reply.kind === 'stream' ? reply.headers : {}) })
      response.flushHeaders()
      const write = (piece: string | Buffer): void => {
        if (!response.destroyed) response.write(piece)
      }
      await reply.run({ write, gone: gone.signal, stdin: async () => Buffer.alloc(0) })
      response.end()
      return
    }
    default: {
      const odd: never = reply
      throw new Error(String(odd))
    }
  }
}

/** The HTTP server in front of an engine. It listens nowhere yet. */
export const engineServer = (
  engine: Engine,
  routes: readonly Route[],
  counters: Counters,
  sabotage: Sabotage,
): { readonly server: Server; readonly dropAll: () => void } => {
  const connections = new Set<Duplex>()
  const server = createServer((request, response) => {
    settle(engine, routes, counters, sabotage, request, request)
      .then(async (reply) => {
        await send(reply, response)
        // A body nobody wanted is read, or the connection could not be used again.
        if (!request.readableEnded) await readAll(request).catch(() => undefined)
      })
      .catch(() => response.destroy())
  })
  server.on('connection', (socket: Duplex) => {
    connections.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => connections.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upgrade = openUpgrade(request, socket, head)
    settle(engine, routes, counters, sabotage, request, upgrade.body)
      .then((reply) => upgrade.send(reply, common))
      .catch(() => socket.destroy())
  })
  // Answers may take as long as a container runs.
  server.requestTimeout = 0
  server.headersTimeout = 0
  server.timeout = 0
  return {
    server,
    dropAll: () => {
      for (const socket of connections) socket.destroy()
    },
  }
}
