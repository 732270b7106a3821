import { createPrivateKey, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { type Diagnostic, problem, type Secret } from '../task.ts'
import { subjectOf } from './certificates.ts'
import { warn } from './warn.ts'

/** A private key as the host shows it: never the key itself. */
export interface KeyOnHost {
  readonly path: string
  readonly encrypted: boolean
  /** Permission bits and who has the file. */
  readonly mode: number
  readonly owner: string
  readonly group: string
  /** PEM of the public half, as openssl on the host says it; undefined when there is no openssl, empty when it reads no key. */
  readonly publicKey: string | undefined
}

/** What is wrong with a key that came as text; nothing of it is shown. */
export function keyFindings(key: Secret, certificates: readonly X509Certificate[]): readonly Diagnostic[] {
  if (key.matches((text) => /ENCRYPTED/.test(text.slice(0, 4096)))) return [encrypted('the key', 'key.pem')]
  if (!key.matches((text) => privateKeyOf(text) !== undefined))
    return [
      problem('key-unreadable', 'the key is no private key that can be read', {
        detail: key.matches((text) => /BEGIN CERTIFICATE/.test(text))
          ? 'it holds a certificate'
          : key.matches((text) => /PRIVATE KEY-----/.test(text))
            ? 'it looks like one, but is damaged or of an unknown kind'
            : 'it has no block that begins with -----BEGIN PRIVATE KEY-----',
        mend: 'give the key in PEM; see whether it is one with: openssl pkey -in key.pem -noout -check',
      }),
    ]
  return fitFindings(certificates, 'the key', 'key.pem', (one) =>
    key.matches((text) => {
      const own = privateKeyOf(text)
      return own !== undefined && one.checkPrivateKey(own)
    }),
  )
}

/** What is wrong with a key that is on the host; `readers` may read it besides root: accounts and groups. */
export function hostKeyFindings(
  key: KeyOnHost,
  certificates: readonly X509Certificate[],
  readers: readonly string[],
): readonly Diagnostic[] {
  return [...exposure(key, readers), ...hostFit(key, certificates)]
}

function hostFit(
  { path, encrypted: locked, publicKey }: KeyOnHost,
  certificates: readonly X509Certificate[],
): readonly Diagnostic[] {
  if (locked) return [encrypted(path, path)]
  if (publicKey === undefined)
    return [
      warn('key-unseen', `whether ${path} fits the certificate could not be seen: the host has no openssl`, {
        mend: 'install the package openssl on the host; the key itself is never fetched',
      }),
    ]
  const own = publicKeyOf(publicKey)
  if (own === undefined)
    return [
      problem('key-unreadable', `${path} is no private key that openssl on the host can read`, {
        mend: `put the key there in PEM; see whether it is one with: openssl pkey -in ${path} -noout -check`,
      }),
    ]
  return fitFindings(certificates, path, path, (one) => one.publicKey.equals(own))
}

function fitFindings(
  certificates: readonly X509Certificate[],
  called: string,
  file: string,
  fits: (certificate: X509Certificate) => boolean,
): readonly Diagnostic[] {
  const [leaf] = certificates
  if (leaf === undefined || fits(leaf)) return []
  const other = certificates.find(fits)
  return [
    problem('key-mismatch', `${called} does not belong to the certificate of ${subjectOf(leaf)}`, {
      detail: other ? `it belongs to that of ${subjectOf(other)}, which is not the first in the chain` : undefined,
      mend: `give the key that the certificate was requested with; both must say the same: openssl x509 -in chain.pem -noout -pubkey, and openssl pkey -in ${file} -pubout`,
    }),
  ]
}

function exposure({ path, mode, owner, group }: KeyOnHost, readers: readonly string[]): readonly Diagnostic[] {
  const may = ['root', ...readers]
  const who = [
    ...(may.includes(owner) ? [] : [`its owner ${owner}`]),
    ...((mode & 0o070) === 0 || may.includes(group) ? [] : [`the group ${group}`]),
    ...((mode & 0o007) === 0 ? [] : ['everybody']),
  ]
  if (who.length === 0) return []
  return [
    problem('key-exposed', `${path} can be read or changed by ${who.join(', ')}`, {
      detail: `mode ${mode.toString(8).padStart(4, '0')}, owner ${owner}, group ${group}`,
      mend: `chown root:root ${path} && chmod 600 ${path}; or name who may read it in readers; when it was readable by strangers, have key and certificate made anew`,
    }),
  ]
}

function encrypted(called: string, file: string): Diagnostic {
  return problem(
    'key-encrypted',
    `${called} is locked with a passphrase, which nobody could enter when the proxy starts`,
    {
      mend: `take the passphrase off: openssl pkey -in ${file} -out key-open.pem, keep the result readable by you alone, or in the vault`,
    },
  )
}

function privateKeyOf(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

function publicKeyOf(text: string): KeyObject | undefined {
  try {
    return createPublicKey(text)
  } catch {
    return undefined
  }
}
