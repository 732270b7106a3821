import type { Diagnostic } from '../core/diagnostic.ts'
import { problem } from '../core/diagnostic.ts'
import { fingerprint, type KnownKey, keysAbout, knownHostsLine, knownName } from './known-hosts.ts'
import { keyType } from './wire.ts'

/** Everything that decides about a host's key. */
export interface Trust {
  /** Name to look up: the host name, or HostKeyAlias. */
  readonly host: string
  readonly port: number
  readonly policy: 'strict' | 'accept-new'
  /** Keys from the inventory; when one of them is about the host, the files are not asked. */
  readonly inventory: readonly KnownKey[]
  readonly files: readonly KnownKey[]
  /** Where a new key is recorded, and where the operator is told to add one. */
  readonly record: string | undefined
  /** The host's key according to a certificate of an authority that the lists name. */
  readonly certified?: Buffer | undefined
  /** Why a certificate was of no use, for the error. */
  readonly note?: string | undefined
}

export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'new'; readonly line: string }
  | { readonly kind: 'refused'; readonly diagnostic: Diagnostic }

/** Keys known for the host by name and port; the inventory's, or else those of the files. */
export function knownKeys({ host, port, inventory, files }: Trust): KnownKey[] {
  const plain = (list: readonly KnownKey[]) =>
    keysAbout(list, knownName(host, port)).filter(({ marker }) => marker === undefined)
  return plain(inventory).length > 0 ? plain(inventory) : plain(files)
}

/** Authorities that may certify the host's key. */
export function authorities(trust: Trust): KnownKey[] {
  return marked(trust, 'cert-authority')
}

/** Keys that must not be accepted for the host, be it as its own or as an authority's. */
export function revokedKeys(trust: Trust): KnownKey[] {
  return marked(trust, 'revoked')
}

function marked({ host, port, inventory, files }: Trust, marker: KnownKey['marker']): KnownKey[] {
  const name = knownName(host, port)
  return [...keysAbout(inventory, name), ...keysAbout(files, name)].filter((one) => one.marker === marker)
}

/**
 * Host key algorithms in the order to offer: those of keys that are known come first, so that a host is not judged by a
 * key of another type that it also has. A certified key is the only one that counts.
 */
export function hostKeyAlgorithms(trust: Trust): string[] {
  if (trust.certified !== undefined) return algorithmsOf(keyType(trust.certified))
  const fallback = plainPortKeys(trust)
  const known = (knownKeys(trust).length > 0 ? knownKeys(trust) : fallback).flatMap(({ type }) => algorithmsOf(type))
  return [...new Set([...known, ...allAlgorithms])]
}

const allAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
]

/** RSA keys sign with SHA-2 (RFC 8332); the SHA-1 form is the last resort for servers that know nothing else. */
function algorithmsOf(type: string): string[] {
  if (type === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']
  return allAlgorithms.includes(type) ? [type] : []
}

/** Lines about the host without its port: OpenSSH takes them as a match, but not as a contradiction. */
function plainPortKeys(trust: Trust): KnownKey[] {
  return trust.port === 22 ? [] : knownKeys({ ...trust, port: 22 })
}

/** Decides about the key that a host presented. */
export function judge(key: Buffer, trust: Trust): Verdict {
  const revoked = revokedKeys(trust).find((one) => one.key.equals(key))
  if (revoked !== undefined) return { kind: 'refused', diagnostic: isRevoked(key, trust, revoked) }
  if (trust.certified?.equals(key)) return { kind: 'known' }
  const known = knownKeys(trust)
  if (known.some((one) => one.key.equals(key))) return { kind: 'known' }
  if (known.length > 0) return { kind: 'refused', diagnostic: hasChanged(key, trust, known) }
  if (plainPortKeys(trust).some((one) => one.key.equals(key))) return { kind: 'known' }
  const line = knownHostsLine(knownName(trust.host, trust.port), key)
  if (trust.policy === 'accept-new') return { kind: 'new', line }
  return { kind: 'refused', diagnostic: isUnknown(key, trust, line) }
}

const shown = (key: Buffer) => `${fingerprint(key)} (${keyType(key)})`

const howToCompare = (key: Buffer) => {
  const name = keyType(key) === 'ssh-rsa' ? 'rsa' : keyType(key) === 'ssh-ed25519' ? 'ed25519' : 'ecdsa'
  return `on the host itself, \`ssh-keygen -lf /etc/ssh/ssh_host_${name}_key.pub\` must show that fingerprint`
}

function isUnknown(key: Buffer, { host, port, record, note }: Trust, line: string): Diagnostic {
  const place = record === undefined ? "to the inventory's known hosts" : `to ${record}`
  return problem('host-key-unknown', `the key of ${host} port ${port} is not known`, {
    detail: [`it presents: ${shown(key)}`, note].filter((one) => one !== undefined).join('\n'),
    mend: `compare: ${howToCompare(key)}; then add this line ${place}:\n${line}\nor accept keys of hosts never seen before with \`ansible_ssh_host_key_policy: accept-new\``,
  })
}

function hasChanged(key: Buffer, { host, port, note }: Trust, known: readonly KnownKey[]): Diagnostic {
  const sameType = known.filter(({ type }) => type === keyType(key))
  const old = sameType.length > 0 ? sameType : known
  const line = knownHostsLine(knownName(host, port), key)
  const [first] = old
  return problem('host-key-changed', `${host} port ${port} presents another key than the one that is known`, {
    detail: [
      ...old.map((one) => `known: ${shown(one.key)}, ${one.file}:${one.line}`),
      `it presents: ${shown(key)}`,
      note,
    ]
      .filter((one) => one !== undefined)
      .join('\n'),
    mend: `do not go on unless the host was set up anew: ${howToCompare(key)}; then replace line ${first?.line} of ${first?.file} by:\n${line}`,
  })
}

function isRevoked(key: Buffer, { host, port }: Trust, { file, line }: KnownKey): Diagnostic {
  return problem('host-key-revoked', `${host} port ${port} presents a key that is marked as revoked`, {
    detail: `it presents: ${shown(key)}\nrevoked by: ${file}:${line}`,
    mend: 'do not connect: someone may have stolen that key; have the host given a new one (ssh-keygen -A after removing the old files)',
  })
}
