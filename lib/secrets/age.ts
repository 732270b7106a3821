import { Secret } from '../core/secret.ts'

/** What an attempt to open an encrypted text came to; the text itself is wrapped at once. */
export type Opened =
  | { readonly secret: Secret }
  | { readonly fault: 'truncated' | 'not-age' | 'tampered' | 'no-match' | 'wrong-passphrase' | 'not-text' }

/** The line that every armored text begins with. */
export const armorHead = '-----BEGIN AGE ENCRYPTED FILE-----'
const armorFoot = '-----END AGE ENCRYPTED FILE-----'

/** The library is large and most runs need none of it. */
const library = () => import('age-encryption')

/** Whether a text is an armored one, whole or not. */
export function isArmored(text: string): boolean {
  return text.trimStart().startsWith(armorHead)
}

/** Encrypts a text to each of the recipients (`age1…`), at least one; gives armored text that ends with a line break. */
export async function seal(plain: Secret, recipients: readonly string[]): Promise<string> {
  const { Encrypter, armor } = await library()
  if (recipients.length === 0) throw new TypeError('nobody to encrypt to')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(plain.reveal()))
}

/** Opens an armored text with the first of the identities (`AGE-SECRET-KEY-…`) that fits; `label` names the secret. */
export async function unseal(armored: string, identities: readonly Secret[], label: string): Promise<Opened> {
  const { Decrypter } = await library()
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity.reveal())
  return open(armored, decrypter, label)
}

/** Encrypts a text with a passphrase alone; `work` is the base-2 logarithm of the effort, 18 takes about a second. */
export async function lock(plain: Secret, passphrase: Secret, work: number): Promise<string> {
  const { Encrypter, armor } = await library()
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase.reveal())
  encrypter.setScryptWorkFactor(work)
  return armor.encode(await encrypter.encrypt(plain.reveal()))
}

/** Opens a text that was encrypted with a passphrase alone. */
export async function unlock(armored: string, passphrase: Secret, label: string): Promise<Opened> {
  const { Decrypter } = await library()
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase.reveal())
  const opened = await open(armored, decrypter, label)
  return 'fault' in opened && opened.fault === 'no-match' ? { fault: 'wrong-passphrase' } : opened
}

type Decrypting = { decrypt(file: Uint8Array): Promise<Uint8Array> }

async function open(armored: string, decrypter: Decrypting, label: string): Promise<Opened> {
  const { armor } = await library()
  const text = armored.trim()
  if (!text.startsWith(armorHead)) return { fault: 'not-age' }
  if (!text.endsWith(armorFoot)) return { fault: 'truncated' }
  let bytes: Uint8Array
  try {
    bytes = await decrypter.decrypt(armor.decode(text))
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    return { fault: message.startsWith('no identity matched') ? 'no-match' : 'tampered' }
  }
  try {
    return { secret: new Secret(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), label) }
  } catch {
    return { fault: 'not-text' }
  }
}

/** A new identity and its public half. */
export async function makeIdentity(): Promise<{ readonly identity: Secret; readonly recipient: string }> {
  const { generateX25519Identity } = await library()
  const identity = new Secret(await generateX25519Identity(), 'identity')
  return { identity, recipient: await recipientOf(identity) }
}

/** The public half of an identity. Throws a TypeError when the text is no identity. */
export async function recipientOf(identity: Secret): Promise<string> {
  const { identityToRecipient } = await library()
  try {
    return await identityToRecipient(identity.reveal())
  } catch {
    throw new TypeError('not an identity')
  }
}

/** Whether the library can encrypt to this recipient. */
export async function isRecipient(text: string): Promise<boolean> {
  const { Encrypter } = await library()
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/**
 * How a text is encrypted, one word for each recipient (`X25519`, `scrypt` …); whose keys they are cannot be told. Undefined
 * when it is no armored text.
 */
export function stanzasOf(armored: string): readonly string[] | undefined {
  const lines = armored.trim().split(/\r?\n/)
  if (lines[0] !== armorHead) return undefined
  const header = Buffer.from(lines.slice(1, -1).join(''), 'base64').toString('latin1')
  const end = header.indexOf('\n---')
  if (end === -1) return undefined
  return [...header.slice(0, end).matchAll(/^-> (\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((one) => !/-grease$/.test(one))
}
