import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { TaskError } from '../core/diagnostic.ts'
import { saw, sawNothing } from './answers.ts'
import type { Observer } from './observe.ts'

/** Milliseconds for connection and handshake, unless `timeout` says otherwise. */
const patience = 5000

/** What `handshake` sees of who answers, trusted or not. */
export interface SeenHandshake {
  /** SHA-256 of the certificate, in lower-case hexadecimal digits. */
  readonly fingerprint: string
  readonly serial: string
  readonly issuer: string
  /** Names it is for, as browsers compare them. */
  readonly names: readonly string[]
  /** Milliseconds since 1970. */
  readonly until: number
  /** Such as `TLSv1.3`. */
  readonly protocol: string
}

/**
 * The certificate that whoever listens at `host` and `port` shows to those who ask for `name`; nothing is sent after the
 * handshake. Not `ok`, with the reason, when there is none. In a rehearsal only its own machines can be looked at.
 */
export const handshake: Observer = async ({ host, port, name, timeout }, { dial, rehearsal, signal }) => {
  if (rehearsal && dial === undefined) return sawNothing('nothing outside of the rehearsal exists')
  const limit = AbortSignal.timeout(typeof timeout === 'number' ? timeout : patience)
  const ended = AbortSignal.any([signal, limit])
  let stream: Duplex | undefined
  try {
    stream = await before(ended, dial ? dial(String(host), Number(port)) : opened(String(host), Number(port)))
    return saw(seen(await before(ended, secured(stream, String(name)))))
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return sawNothing('no answer in time')
    if (error instanceof TaskError && error.code !== 'dial-refused') throw error
    return sawNothing(error instanceof TaskError ? (error.diagnostics[0]?.detail ?? error.message) : sentence(error))
  } finally {
    stream?.destroy()
  }
}

function opened(host: string, port: number): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const socket = connectTcp({ host, port })
  socket.once('connect', () => resolve(socket))
  socket.once('error', reject)
  return promise
}

function secured(stream: Duplex, name: string): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connect({
    socket: stream,
    ...(isIP(name) === 0 && { servername: name }),
    // Whoever answers is looked at; nothing is sent to them.
    rejectUnauthorized: false,
  })
  socket.once('secureConnect', () => resolve(socket))
  socket.on('error', reject)
  stream.once('close', () => reject(new Error('the connection was closed during the handshake')))
  return promise
}

/** What comes too late is closed again. */
function before<T extends Duplex>(signal: AbortSignal, coming: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => {
      reject(signal.reason)
      coming.then((one) => one.destroy()).catch(() => undefined)
    }
    if (signal.aborted) return give()
    signal.addEventListener('abort', give, { once: true })
    coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

function seen(socket: TLSSocket): SeenHandshake {
  const peer = socket.getPeerCertificate()
  const issuer = peer.issuer as { readonly CN?: string; readonly O?: string } | undefined
  return {
    fingerprint: (peer.fingerprint256 ?? '').replaceAll(':', '').toLowerCase(),
    serial: peer.serialNumber ?? '',
    issuer: issuer?.CN ?? issuer?.O ?? 'nobody named',
    names: (peer.subjectaltname ?? '').split(', ').map((one) => one.replace(/^(DNS|IP Address):/, '')),
    until: Date.parse(peer.valid_to),
    protocol: socket.getProtocol() ?? 'unknown',
  }
}

/** An alert of the far side in a few words; OpenSSL tells it with file and line. */
function sentence(error: unknown): string {
  const { message, reason } = error as Error & { readonly reason?: string }
  return reason ?? message
}
