import { X509Certificate } from 'node:crypto'
import { type Diagnostic, problem } from '../task.ts'

/** PEM certificates as they stand in a text, and what is wrong with the text. */
export interface ReadCertificates {
  readonly certificates: readonly X509Certificate[]
  readonly findings: readonly Diagnostic[]
}

/** Reads every certificate of a PEM text; `called` is the text's name in messages: a path, or what it is. */
export function readCertificates(text: string, called: string): ReadCertificates {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g)]
  const certificates: X509Certificate[] = []
  const findings: Diagnostic[] = []
  for (const [index, [block, label = '']] of blocks.entries()) {
    if (!/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) continue
    try {
      certificates.push(new X509Certificate(block))
    } catch (error) {
      findings.push(
        problem('certificate-unreadable', `block ${index + 1} of ${called} is no certificate that can be read`, {
          detail: (error as Error).message,
          mend: `fetch it anew, it was damaged on its way; see it with: openssl x509 -in ${called} -noout -text`,
        }),
      )
    }
  }
  if (certificates.length === 0 && findings.length === 0) findings.push(nothingIn(text, called))
  return { certificates, findings }
}

function nothingIn(text: string, called: string): Diagnostic {
  const [why, mend] = /BEGIN (NEW )?CERTIFICATE REQUEST/.test(text)
    ? ['it is a request for one', 'send it to the authority, and give what the authority sends back']
    : /PRIVATE KEY-----/.test(text)
      ? ['it is a private key', 'give the certificate here, and the key where the key belongs']
      : /-----BEGIN CERTIFICATE-----/.test(text)
        ? ['its end is missing', 'copy the file anew, it was cut off']
        : [
            'it has no block that begins with -----BEGIN CERTIFICATE-----',
            `turn a binary one into PEM: openssl x509 -inform DER -in ${called} -out chain.pem`,
          ]
  return problem('certificate-missing', `there is no certificate in ${called}: ${why}`, { mend })
}

/** Short name of whom a certificate is for: its common name, or its organisation, or the first name it covers. */
export function subjectOf(certificate: X509Certificate): string {
  return shortName(certificate.subject) || namesOf(certificate)[0] || 'nobody named'
}

/** Short name of who issued it. */
export function issuerOf(certificate: X509Certificate): string {
  return shortName(certificate.issuer) || 'nobody named'
}

/** An absent name is undefined, whatever the types say. */
function shortName(lines: string | undefined): string | undefined {
  const parts = (lines ?? '').split('\n').map((line) => line.split('='))
  const part = (key: string) => parts.find(([name]) => name === key)?.[1]
  return part('CN') || part('OU') || part('O')
}

/** The names and addresses that a certificate covers, for the eye. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((one) => one !== '')
    .map((one) => one.replace(/^(DNS|IP Address):/, ''))
}

/**
 * Is the certificate for that host? Names by RFC 9525: a wildcard is a whole first label and stands for exactly one; the
 * common name counts for nothing. A wanted wildcard must stand in the certificate as it is.
 */
export function covers(certificate: X509Certificate, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name.startsWith('*.')) return namesOf(certificate).some((one) => one.toLowerCase() === name)
  if (isAddress(name)) return certificate.checkIP(name.replace(/^\[|\]$/g, '')) !== undefined
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined
}

export function isAddress(name: string): boolean {
  return /^\d+(\.\d+){3}$|:/.test(name)
}

/** When a certificate holds, in milliseconds since 1970. */
export function validity(certificate: X509Certificate): { readonly from: number; readonly until: number } {
  return { from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) }
}

/** Whole days from `now` (milliseconds since 1970) to the end; negative when it is over. */
export function daysUntilEnd(certificate: X509Certificate, now: number): number {
  return Math.floor((validity(certificate).until - now) / 86_400_000)
}
