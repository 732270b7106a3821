import type { DetailedPeerCertificate, SecureVersion, TLSSocket } from 'node:tls'
import type { Eyes, Observer } from './observe.ts'
import { type Place, placeOf, rehearsed, secure, streamTo, type Trouble, troubleOf, within } from './streams.ts'

/** Milliseconds for all handshakes together, unless `timeout` says otherwise. */
const patience = 15_000

export const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[]

/** What `tls` sees of a server. */
export interface SeenTls {
  /** The certificates in PEM, from that of the server upwards; the last may be one that this machine added. */
  readonly chain: readonly string[]
  /** Why OpenSSL would not trust it for this name (`CERT_HAS_EXPIRED`); absent when it would. */
  readonly distrust?: string
  /** What came of an offer of each version alone: `accepted`, `refused`, or what else happened. */
  readonly versions: { readonly [version in (typeof versions)[number]]: string }
}

/** Looks at whoever ends TLS at `url`, trusted or not, with `ca` as for `http`; sends nothing beyond the handshakes. */
export const tls: Observer = async (input, eyes) => {
  const place = { ...placeOf(input), trust: true }
  return within(typeof input.timeout === 'number' ? input.timeout : patience, eyes, async (signal) => {
    if (eyes.rehearsal && !eyes.dial) return rehearsed
    const own = { ...eyes, signal }
    const seen = look(place, own, { rejectUnauthorized: false }, (socket) => ({
      chain: chainOf(socket.getPeerCertificate(true)),
      distrust: socket.authorizationError,
    }))
    const attempts = versions.map(async (one) => [one, await tryVersion({ ...place, trust: false }, own, one)] as const)
    const [{ chain, distrust }, tried] = await Promise.all([seen, Promise.all(attempts)])
    return {
      chain,
      // Whatever the types say, Node gives the bare code of OpenSSL here.
      ...(distrust && { distrust: String((distrust as { code?: string }).code ?? distrust) }),
      versions: Object.fromEntries(tried) as SeenTls['versions'],
    } satisfies SeenTls
  })
}

async function look<T>(
  place: Place,
  eyes: Pick<Eyes, 'signal' | 'dial'>,
  options: Parameters<typeof secure>[3],
  see: (socket: TLSSocket) => T,
): Promise<T> {
  const stream = await streamTo(place.url, eyes)
  try {
    const socket = await secure(stream, place, eyes.signal, options)
    return see(socket)
  } finally {
    stream.destroy()
  }
}

async function tryVersion(place: Place, eyes: Pick<Eyes, 'signal' | 'dial'>, version: SecureVersion): Promise<string> {
  try {
    // The old versions need what OpenSSL does not offer by itself any more.
    const offer = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
    await look(place, eyes, offer, () => undefined)
    return 'accepted'
  } catch (error) {
    eyes.signal.throwIfAborted()
    const { code, message }: Trouble = troubleOf(error)
    return /ALERT|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|ECONNRESET|during the handshake/.test(`${code} ${message}`)
      ? 'refused'
      : message
  }
}

/** From the certificate of the server to the last one known; a root is its own issuer. */
function chainOf(peer: DetailedPeerCertificate): readonly string[] {
  const chain: string[] = []
  const seen = new Set<string>()
  for (let one: DetailedPeerCertificate | undefined = peer; one?.raw !== undefined && !seen.has(one.fingerprint256); ) {
    seen.add(one.fingerprint256)
    const lines = one.raw.toString('base64').match(/.{1,64}/g) ?? []
    chain.push(`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`)
    one = one.issuerCertificate
  }
  return chain
}
