import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Connection, Content } from '../core/connection.ts'
import { ConnectError, problem, TaskError, ToolError } from '../core/diagnostic.ts'
import type { DockerIo } from '../core/module.ts'
import { sh } from '../core/script.ts'
import { reveal } from '../core/secret.ts'
import type { Slots } from '../core/slots.ts'
import { revealAll } from '../core/text.ts'
import { seconds, stopped } from './trouble.ts'

type Request = NonNullable<Parameters<DockerIo['request']>[2]>

/** Time for a request that says nothing about itself, and for one that streams (pull, load, upload), in milliseconds. */
const usual = 120_000
const streaming = 3_600_000

/** How long the host may take to show that it is still there, in milliseconds. */
const linkPatience = 5_000

/** dockerode's transport, as far as it is used here. */
export interface Modem {
  dial(options: object, done: (error: Error | null, response: IncomingMessage & Duplex) => void): void
  demuxStream(stream: NodeJS.ReadableStream, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): void
}

export interface Ask extends Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** The answer is a stream in both directions. */
  readonly hijack?: boolean
}

export interface Reply {
  readonly response: IncomingMessage & Duplex
  /** Aborted when the time is up or the run is stopped. */
  readonly signal: AbortSignal
  /** After a failure: throws what aborted the signal, or ConnectError when it was the link that broke. */
  check(): Promise<void>
  /** Must be called once the answer has been read, or given up. */
  end(): void
}

/** Sends a request and gives the response as soon as it begins. Throws what broke it, as it is. */
export type Send = (ask: Ask) => Promise<Reply>

/** Makes the way to send requests; each one waits for a place among `places`, has a deadline and stops with the run. */
export function sender(modem: Modem, connection: Connection, places: Slots, run: AbortSignal | undefined): Send {
  return async (ask) => {
    const leave = await places.take(run).catch(() => {
      throw stopped(run)
    })
    return send(modem, connection, run, ask, leave)
  }
}

async function send(
  modem: Modem,
  connection: Connection,
  run: AbortSignal | undefined,
  ask: Ask,
  leave: () => void,
): Promise<Reply> {
  const ms = ask.timeout ?? (ask.onProgress || ask.upload ? streaming : usual)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), ms)
  const signal = run === undefined ? late.signal : AbortSignal.any([run, late.signal])
  const check = async () => {
    if (run?.aborted) throw stopped(run)
    if (late.signal.aborted) throw tooLate(ask, ms)
    await demandLink(connection)
  }
  connection.traffic.docker++
  const body = ask.upload === undefined ? jsonBody(ask.body) : uploadBody(ask.upload)
  const options = {
    method: ask.method,
    // The library appends a query of its own, or cuts one character off a path that has a query already.
    path: ask.path.includes('?') ? `${ask.path}&` : ask.path,
    headers: { Host: 'docker', ...contentHeaders(ask), ...ask.headers },
    file: body,
    hijack: ask.hijack === true,
    isStream: true,
    statusCodes: anyStatus,
    abortSignal: signal,
  }
  const end = () => {
    clearTimeout(timer)
    leave()
  }
  try {
    const response = await new Promise<Reply['response']>((resolve, reject) => {
      modem.dial(options, (error, res) => (error ? reject(error) : resolve(res)))
    })
    return { response, signal, check, end }
  } catch (error) {
    end()
    if (!(error instanceof ToolError)) await check()
    throw error
  }
}

/** HTTP tells a broken link and a broken engine in the same words; a command tells them apart. */
async function demandLink(connection: Connection): Promise<void> {
  try {
    await connection.exec(sh`:`, { timeout: linkPatience, what: 'a request to the Docker engine' })
  } catch (error) {
    if (error instanceof ConnectError) throw error
  }
}

/** For the library a status is either expected or an error; to us every one is an answer. */
const anyStatus = new Proxy({}, { get: () => true })

function jsonBody(body: unknown): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(JSON.stringify(revealAll(body)))
}

function uploadBody(content: Content): Buffer | Readable {
  if (typeof content === 'function') return content()
  return Buffer.isBuffer(content) ? content : Buffer.from(reveal(content))
}

function contentHeaders({ body, upload }: Ask): Record<string, string> {
  if (upload !== undefined) return { 'Content-Type': 'application/x-tar' }
  return body === undefined ? {} : { 'Content-Type': 'application/json' }
}

function tooLate({ method, path }: Ask, ms: number): TaskError {
  return new TaskError(
    problem('docker-timeout', `the Docker engine gave no full answer within ${seconds(ms)}: ${method} ${path}`, {
      mend: 'look at the load of the host and at `journalctl -u docker`; give it more time if it is merely slow',
    }),
  )
}
