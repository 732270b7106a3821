import type { X509Certificate } from 'node:crypto'
import { type Diagnostic, problem } from '../task.ts'
import { subjectOf } from './certificates.ts'
import { isSelfSigned, type Path } from './path.ts'
import { warn } from './warn.ts'

/** Signatures that no browser accepts any more, by their object identifiers. */
const brokenSignatures: { readonly [oid: string]: string } = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.10040.4.3': 'SHA-1',
}

/** The curves that browsers accept in certificates. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1']

const serverAuth = '1.3.6.1.5.5.7.3.1'
const anyPurpose = '2.5.29.37.0'

/** Keys and signatures of a chain that browsers refuse, and a certificate that is not for servers. */
export function weaknesses({ leaf, links, trustedAt }: Path, called: string): readonly Diagnostic[] {
  const counted = trustedAt === undefined ? links : links.slice(0, trustedAt + 1)
  const see = `see it with: openssl x509 -in ${called} -noout -text`
  const purposes: readonly string[] | undefined = leaf.keyUsage
  return [
    ...counted.flatMap((one) =>
      [weakKey(one), weakSignature(one)].flatMap((why) =>
        why === undefined
          ? []
          : [
              problem('certificate-weak', `the certificate of ${subjectOf(one)} is too weak: ${why}`, {
                mend: `let it be issued anew with SHA-256 for an RSA key of 2048 bits or more, or an EC key on P-256; ${see}`,
              }),
            ],
      ),
    ),
    ...(purposes !== undefined && !purposes.includes(serverAuth) && !purposes.includes(anyPurpose)
      ? [
          problem('certificate-purpose', `the certificate of ${subjectOf(leaf)} is not for servers`, {
            detail: 'its extended key usage lacks serverAuth',
            mend: `let it be issued anew with the purpose TLS Web Server Authentication; ${see}`,
          }),
        ]
      : []),
    ...(leaf.publicKey.asymmetricKeyType?.startsWith('ed')
      ? [
          warn(
            'key-unusual',
            `the certificate of ${subjectOf(leaf)} has an Ed25519 or Ed448 key, which many browsers do not accept`,
            {
              mend: 'use an EC key on P-256, unless you know all who will connect',
            },
          ),
        ]
      : []),
  ]
}

function weakKey({ publicKey }: X509Certificate): string | undefined {
  const { modulusLength = 0, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {}
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return modulusLength < 2048 ? `its RSA key has ${modulusLength} bits` : undefined
    case 'ec':
      return curves.includes(namedCurve) ? undefined : `its key is on the curve ${namedCurve}`
    case 'ed25519':
    case 'ed448':
      return undefined
    default:
      return `its key is of the kind ${publicKey.asymmetricKeyType ?? 'unknown'}`
  }
}

/** The signature of a root says nothing: it is trusted as it is. */
function weakSignature(certificate: X509Certificate): string | undefined {
  const hash = brokenSignatures[signatureOid(certificate.raw)]
  return hash === undefined || isSelfSigned(certificate) ? undefined : `it is signed with ${hash}`
}

/**
 * The object identifier of the outer signature algorithm: Certificate ::= SEQUENCE { tbs, SEQUENCE { OID … }, … } (RFC 5280
 * 4.1). Node tells it by itself from 24.9 on only.
 */
function signatureOid(der: Buffer): string {
  const inside = content(der, 0)
  const algorithm = content(der, content(der, inside.start).end)
  const { start, end } = content(der, algorithm.start)
  const [first = 0, ...rest] = der.subarray(start, end)
  const parts = [Math.floor(first / 40), first % 40]
  let value = 0
  for (const byte of rest) {
    value = value * 128 + (byte % 128)
    if (byte >= 128) continue
    parts.push(value)
    value = 0
  }
  return parts.join('.')
}

/** Where the content of the element at `at` begins and ends. */
function content(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const size = der[at + 1] ?? 0
  if (size < 0x80) return { start: at + 2, end: at + 2 + size }
  const count = size - 0x80
  const start = at + 2 + count
  return { start, end: start + (count === 0 ? 0 : der.readUIntBE(at + 2, Math.min(count, 6))) }
}
