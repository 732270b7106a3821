import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { saw, sawNothing } from './answers.ts'
import { trustedHere } from './authorities.ts'
import type { Observer } from './observe.ts'

/** Milliseconds for connection and handshake. */
const patience = 10_000

/** What `certificate` sees. Times are milliseconds since 1970. */
export interface SeenCertificate {
  readonly subject: string
  readonly issuer: string
  readonly from: number
  readonly until: number
  /** Why a browser would not trust it for this name; undefined when it would. */
  readonly distrust?: string
}

/**
 * The certificate that `host` shows at `port` (443 when left out), trusted or not, with `ca` as for `http`; not `ok` when there is no handshake. A
 * rehearsal has none.
 */
export const certificate: Observer = async ({ host, port, ca, timeout }, { rehearsal, signal }) => {
  if (rehearsal) return sawNothing('nothing outside of the rehearsal exists')
  const name = String(host)
  let trusted: string | undefined
  try {
    if (typeof ca === 'string' && ca !== '') trusted = await readFile(ca, 'utf8')
  } catch (error) {
    return sawNothing((error as Error).message)
  }
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connect({
    host: name,
    port: Number(port ?? 443),
    ...(isIP(name) === 0 && { servername: name }),
    ca: [...trustedHere(), ...(trusted === undefined ? [] : [trusted])],
    // An untrusted certificate is looked at all the same; nothing is sent to whoever shows it.
    rejectUnauthorized: false,
  })
  const stop = () => reject(new Error('the run was stopped'))
  const milliseconds = typeof timeout === 'number' ? timeout : patience
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds)
  signal.addEventListener('abort', stop, { once: true })
  socket.once('secureConnect', () => resolve(socket))
  socket.once('error', reject)
  try {
    const peer = (await promise).getPeerCertificate()
    const trouble = socket.authorizationError
    return saw(seen(peer, trouble === null || trouble === undefined ? undefined : String(trouble)))
  } catch (error) {
    return sawNothing((error as Error).message)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

function seen(peer: PeerCertificate, distrust: string | undefined): SeenCertificate {
  const nameOf = (one: PeerCertificate['subject'] | undefined): string | undefined => {
    const name = one?.CN ?? one?.O
    return name === undefined ? undefined : [name].flat().join(', ')
  }
  return {
    subject: nameOf(peer.subject) ?? /\bDNS:([^,\s]+)/.exec(peer.subjectaltname ?? '')?.[1] ?? 'nobody named',
    issuer: nameOf(peer.issuer) ?? 'nobody named',
    from: Date.parse(peer.valid_from),
    until: Date.parse(peer.valid_to),
    ...(distrust !== undefined && { distrust }),
  }
}
