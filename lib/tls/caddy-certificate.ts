import { createHash } from 'node:crypto'

/** What Caddy's own authority is called in the certificates that it signs. */
const ownAuthority = /^Caddy Local Authority/

export interface Expected {
  readonly source: 'acme' | 'files' | 'internal' | 'none'
  readonly name: string
  readonly chain: string
}

/** What is looked at of a certificate that is shown. */
export interface Shown {
  readonly fingerprint: string
  readonly issuer: string
  readonly names: readonly string[]
}

/** SHA-256 of the first certificate of a chain, in lower-case hexadecimal digits; undefined when there is none. */
export function fingerprintOf(chain: string): string | undefined {
  const [, body] = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(chain) ?? []
  return body === undefined ? undefined : createHash('sha256').update(Buffer.from(body, 'base64')).digest('hex')
}

/** Why a certificate that is shown is not yet the one that the configuration asks for; undefined when it is. */
export function difference(shown: Shown, { source, name, chain }: Expected): string | undefined {
  if (source === 'files') {
    const wanted = fingerprintOf(chain)
    return wanted === undefined || wanted === shown.fingerprint ? undefined : 'another certificate is still shown'
  }
  if (!covers(shown.names, name)) return `the certificate shown is for ${shown.names.join(', ')}`
  if (source === 'internal' && !ownAuthority.test(shown.issuer))
    return `the certificate of ${shown.issuer} is still shown`
  if (source === 'acme' && ownAuthority.test(shown.issuer)) return "a certificate of Caddy's own authority is shown"
  return undefined
}

/** A wildcard stands for one label (RFC 6125). */
function covers(names: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase()
  return names.some((one) => {
    const given = one.toLowerCase()
    return given === wanted || (given.startsWith('*.') && given.slice(1) === wanted.slice(wanted.indexOf('.')))
  })
}
