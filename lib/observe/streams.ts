import { readFile } from 'node:fs/promises'
import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { TaskError } from '../core/diagnostic.ts'
import { saw } from './answers.ts'
import { trustedHere } from './authorities.ts'
import type { Eyes, Input } from './observe.ts'

/** What kept something from being seen. */
export interface Trouble {
  /** Node's code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), `LATE`, `REHEARSAL`, or that of a stream that was refused. */
  readonly code: string
  readonly message: string
}

/** Where to look, as the inputs of the observers say it. */
export interface Place {
  readonly url: URL
  /** File with certificates to trust besides the usual; without `trust` none is asked for. */
  readonly ca: string | undefined
  readonly trust: boolean
}

/** `url`, `ca` and `trust` (default true) of an input. */
export function placeOf({ url, ca, trust }: Input): Place {
  return {
    url: new URL(String(url)),
    ca: typeof ca === 'string' && ca !== '' ? ca : undefined,
    trust: trust !== false,
  }
}

/**
 * Looks within `timeout` milliseconds; `look` gets the signal that ends it, and gives what is to be seen. What goes wrong is seen as
 * a `Trouble`, unless the link will not carry such a connection: then nothing is known, and that is thrown.
 */
export async function within(
  timeout: number,
  { signal }: Pick<Eyes, 'signal'>,
  look: (signal: AbortSignal) => Promise<unknown>,
) {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeout)
  try {
    return saw(await look(AbortSignal.any([signal, limit.signal])))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TaskError && error.code !== 'dial-refused') throw error
    return saw(limit.signal.aborted ? lateAfter(timeout) : troubleOf(error))
  } finally {
    clearTimeout(timer)
  }
}

export const rehearsed: Trouble = { code: 'REHEARSAL', message: 'nothing outside of the rehearsal exists' }

function lateAfter(timeout: number): Trouble {
  return { code: 'LATE', message: `no answer within ${timeout / 1000} s` }
}

/** A stream that could not be opened says in its detail what the host heard; several addresses fail with several errors. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof AggregateError) return troubleOf(error.errors[0])
  const { code = 'FAILED', message, reason } = error as Error & { code?: string; reason?: string }
  return {
    code,
    // OpenSSL tells its reason with file and line.
    message: error instanceof TaskError ? (error.diagnostics[0]?.detail ?? message) : (reason ?? message),
  }
}

/** Opens a stream to the host and port of `url`, from this machine or with the eyes of the host. */
export function streamTo(url: URL, { signal, dial }: Pick<Eyes, 'signal' | 'dial'>): Promise<Duplex> {
  if (dial) return untilAborted(dial(bare(url.hostname), portOf(url)), signal)
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const socket = connectTcp({ host: bare(url.hostname), port: portOf(url), noDelay: true })
  socket.once('connect', () => resolve(socket))
  socket.on('error', reject)
  return untilAborted(promise, signal, () => socket.destroy())
}

/** TLS over a stream; whoever answers is taken when nothing is to be trusted. `options` win over what is usual. */
export async function secure(
  stream: Duplex,
  { url, ca, trust }: Place,
  signal: AbortSignal,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const name = bare(url.hostname)
  const authorities = trust ? [...trustedHere(), ...(ca === undefined ? [] : [await readFile(ca, 'utf8')])] : undefined
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connectTls({
    socket: stream,
    ...(isIP(name) === 0 && { servername: name }),
    ...(authorities && { ca: authorities }),
    rejectUnauthorized: trust,
    ...options,
  })
  socket.once('secureConnect', () => resolve(socket))
  socket.on('error', reject)
  stream.once('close', () => reject(new Error('the connection was closed during the handshake')))
  return untilAborted(promise, signal, () => socket.destroy())
}

/** A stream for requests to `url`: encrypted when it says https. */
export async function requestStream(place: Place, eyes: Pick<Eyes, 'signal' | 'dial'>): Promise<Duplex> {
  const stream = await streamTo(place.url, eyes)
  if (place.url.protocol !== 'https:') return stream
  try {
    return await secure(stream, place, eyes.signal)
  } catch (error) {
    stream.destroy()
    throw error
  }
}

/** What comes too late is closed again. */
function untilAborted<T extends Duplex>(coming: Promise<T>, signal: AbortSignal, end?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => {
      coming.then((one) => one.destroy()).catch(() => undefined)
      end?.()
      reject(signal.reason)
    }
    if (signal.aborted) return give()
    signal.addEventListener('abort', give, { once: true })
    coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

/** An IPv6 address without the brackets of an URL. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}
