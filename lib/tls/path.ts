import type { X509Certificate } from 'node:crypto'

/** How the certificates of a chain belong together. */
export interface Path {
  /** The server's own certificate. */
  readonly leaf: X509Certificate
  /** The leaf, who issued it, who issued that, as far as it goes. */
  readonly links: readonly X509Certificate[]
  /** What stands in the chain beside that: strangers and repetitions. */
  readonly surplus: readonly X509Certificate[]
  /** Index of the first link that a trusted authority has issued, or is; undefined when there is none. */
  readonly trustedAt: number | undefined
  /** The trusted authority itself. */
  readonly root: X509Certificate | undefined
}

/** Puts a chain in order, from the server's certificate upwards; undefined for an empty one. */
export function pathOf(certificates: readonly X509Certificate[], roots: readonly X509Certificate[]): Path | undefined {
  const distinct = certificates.filter((one, index) => certificates.findIndex((other) => equal(one, other)) === index)
  const leaf = distinct.find((one) => !distinct.some((other) => other !== one && isIssuedBy(other, one))) ?? distinct[0]
  if (leaf === undefined) return undefined
  const links = [leaf]
  for (let last: X509Certificate | undefined = leaf; last !== undefined; ) {
    const current: X509Certificate = last
    last = isSelfSigned(current) ? undefined : distinct.find((one) => !links.includes(one) && isIssuedBy(current, one))
    if (last) links.push(last)
  }
  const surplus = certificates.filter((one) => !links.includes(one))
  for (const [index, link] of links.entries()) {
    const root = roots.find((one) => equal(one, link) || isIssuedBy(link, one))
    if (root) return { leaf, links, surplus, trustedAt: index, root }
  }
  return { leaf, links, surplus, trustedAt: undefined, root: undefined }
}

/** Was the certificate issued with the key of that one? Names, key identifiers and the signature itself must fit. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate)
}

export function equal(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw)
}
