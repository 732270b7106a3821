import { createPublicKey, type JsonWebKeyInput, verify } from 'node:crypto'
import { patternMatches } from './pattern.ts'
import { keyType, type WireReader, wireReader, wireString } from './wire.ts'

/** A host certificate of OpenSSH, taken apart (PROTOCOL.certkeys in its sources). */
export interface HostCertificate {
  /** The plain public key that is certified. */
  readonly key: Buffer
  readonly kind: 'user' | 'host' | 'unknown'
  readonly id: string
  readonly principals: readonly string[]
  /** Seconds since 1970. */
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly criticalOptions: boolean
  readonly authority: Buffer
  readonly signature: Buffer
  /** What the authority signed. */
  readonly signed: Buffer
}

const suffix = '-cert-v01@openssh.com'

/** Parts of a public key, besides its type, by type. */
const fieldsOf: { readonly [type: string]: number } = {
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'ssh-rsa': 2,
}

/** Reads a certificate. Throws RangeError when it is not one, or of a kind that is not known. */
export function readHostCertificate(blob: Buffer): HostCertificate {
  const reader = wireReader(blob)
  const type = reader.text()
  const plain = type.endsWith(suffix) ? type.slice(0, -suffix.length) : ''
  const fields = fieldsOf[plain]
  if (fields === undefined) throw new RangeError(`not a certificate of a known kind: ${type}`)
  reader.string()
  const key = Buffer.concat([wireString(plain), ...Array.from({ length: fields }, () => wireString(reader.string()))])
  reader.uint64()
  const kinds = ['unknown', 'user', 'host'] as const
  const kind = kinds[reader.uint32()] ?? 'unknown'
  const id = reader.text()
  const principals = strings(reader.string())
  const validAfter = reader.uint64()
  const validBefore = reader.uint64()
  const criticalOptions = reader.string().length > 0
  reader.string()
  reader.string()
  const authority = reader.string()
  const signed = blob.subarray(0, reader.offset)
  const signature = reader.string()
  return {
    key,
    kind,
    id,
    principals,
    validAfter,
    validBefore,
    criticalOptions,
    authority,
    signature,
    signed,
  }
}

function strings(data: Buffer): string[] {
  const reader = wireReader(data)
  const all: string[] = []
  while (reader.rest.length > 0) all.push(reader.text())
  return all
}

/**
 * Why a certificate does not prove the host's key, or undefined when it does. `authorities` are the keys that may sign
 * for this host, `revoked` those that may not be used; `now` is in milliseconds since 1970.
 */
export function certificateFault(
  certificate: HostCertificate,
  expected: {
    readonly host: string
    readonly authorities: readonly Buffer[]
    readonly revoked: readonly Buffer[]
    readonly now: number
  },
): string | undefined {
  const { authority, key, principals, validAfter, validBefore } = certificate
  const among = (list: readonly Buffer[], one: Buffer) => list.some((other) => other.equals(one))
  const seconds = BigInt(Math.floor(expected.now / 1000))
  if (certificate.kind !== 'host') return 'it is not a host certificate'
  if (among(expected.revoked, authority)) return 'its authority is revoked'
  if (among(expected.revoked, key)) return 'the key it certifies is revoked'
  if (!among(expected.authorities, authority)) return 'it is signed by an authority that is not known for this host'
  if (!principals.some((one) => patternMatches(one, expected.host))) {
    return `it is for ${principals.length === 0 ? 'no host' : principals.join(', ')}, not for ${expected.host}`
  }
  if (seconds < validAfter) return `it is not valid before ${day(validAfter)}`
  if (seconds >= validBefore) return `it expired on ${day(validBefore)}`
  if (certificate.criticalOptions) return 'it has options that are not known'
  if (!signatureHolds(certificate)) return 'its signature is wrong'
  return undefined
}

const day = (seconds: bigint) => {
  const date = new Date(Number(seconds) * 1000)
  return Number.isNaN(date.getTime()) ? 'a day beyond reckoning' : date.toISOString()
}

/** Hash by signature type; SHA-1 signatures of RSA authorities are not taken, as in OpenSSH since 8.2. */
const hashes: { readonly [type: string]: string | null } = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
}

function signatureHolds({ authority, signature, signed }: HostCertificate): boolean {
  try {
    const reader = wireReader(signature)
    const type = reader.text()
    const bytes = reader.string()
    const hash = hashes[type]
    const keyOf = type.startsWith('rsa-sha2-') ? 'ssh-rsa' : type
    if (hash === undefined || keyOf !== keyType(authority)) return false
    const key = createPublicKey(jwk(authority))
    if (!type.startsWith('ecdsa')) return verify(hash, signed, key, bytes)
    return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, flat(bytes, type))
  } catch {
    return false
  }
}

const curves: { readonly [name: string]: readonly [string, number] } = {
  nistp256: ['P-256', 32],
  nistp384: ['P-384', 48],
  nistp521: ['P-521', 66],
}

function jwk(blob: Buffer): JsonWebKeyInput {
  const reader = wireReader(blob)
  const type = reader.text()
  const url = (bytes: Buffer) => bytes.toString('base64url')
  if (type === 'ssh-ed25519') return { format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: url(reader.string()) } }
  if (type === 'ssh-rsa') {
    const e = integer(reader)
    return { format: 'jwk', key: { kty: 'RSA', e: url(e), n: url(integer(reader)) } }
  }
  const [crv = '', size = 0] = curves[reader.text()] ?? []
  const point = reader.string()
  const x = point.subarray(1, 1 + size)
  return { format: 'jwk', key: { kty: 'EC', crv, x: url(x), y: url(point.subarray(1 + size)) } }
}

/** A positive integer without the zero byte that keeps its sign. */
function integer(reader: WireReader): Buffer {
  const bytes = reader.string()
  return bytes[0] === 0 ? bytes.subarray(1) : bytes
}

/** The two integers of an ECDSA signature, each at the length of the curve. */
function flat(bytes: Buffer, type: string): Buffer {
  const [, size = 0] = curves[type.slice('ecdsa-sha2-'.length)] ?? []
  const reader = wireReader(bytes)
  const part = () => {
    const one = integer(reader)
    return Buffer.concat([Buffer.alloc(Math.max(0, size - one.length)), one])
  }
  return Buffer.concat([part(), part()])
}
