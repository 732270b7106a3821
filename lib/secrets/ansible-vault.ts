import { createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from '../core/secret.ts'

/** The first line of everything that `ansible-vault` encrypted. */
export const vaultHead = '$ANSIBLE_VAULT;'

/** An encrypted text taken apart; `id` is the vault id that format 1.2 names. */
export interface Envelope {
  readonly id: string | undefined
  readonly salt: Buffer
  readonly mac: Buffer
  readonly ciphertext: Buffer
}

/** What is wrong with a text that should be one: stable code and sentence. */
export type Unreadable =
  | { readonly fault: 'not-vault' }
  | { readonly fault: 'version'; readonly found: string }
  | { readonly fault: 'cipher'; readonly found: string }
  | { readonly fault: 'damaged' }

/**
 * Takes a text of Ansible's vault formats 1.1 and 1.2 apart: a header line, then lines of hexadecimal digits that spell
 * salt, HMAC and ciphertext, each again in hexadecimal, one a line (parsing/vault of ansible-core).
 */
export function readEnvelope(text: string): Envelope | Unreadable {
  const [header = '', ...body] = text.trim().split(/\r?\n/)
  if (!header.startsWith(vaultHead)) return { fault: 'not-vault' }
  const [, version = '', cipher = '', id] = header.trim().split(';')
  if (version !== '1.1' && version !== '1.2') return { fault: 'version', found: version }
  if (cipher !== 'AES256') return { fault: 'cipher', found: cipher }
  const outer = unhex(body.map((line) => line.trim()).join(''))
  const parts = outer?.toString('latin1').split('\n').map(unhex) ?? []
  const [salt, mac, ciphertext] = parts
  if (!salt || mac?.length !== 32 || !ciphertext?.length || parts.length !== 3) return { fault: 'damaged' }
  return { id: version === '1.2' ? id : undefined, salt, mac, ciphertext }
}

function unhex(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined
}

const derive = promisify(pbkdf2)

/** Rounds of PBKDF2 that ansible-core uses. */
const rounds = 10_000

/**
 * Opens a text with a password. Undefined when the HMAC differs, which a wrong password and a changed text both cause;
 * they cannot be told apart. `not-text` when what is inside is no UTF-8. `label` names the secret.
 */
export async function openEnvelope(
  envelope: Envelope,
  password: Secret,
  label: string,
): Promise<Secret | 'not-text' | undefined> {
  const derived = await derive(password.reveal(), envelope.salt, rounds, 80, 'sha256')
  const [key, macKey, iv] = [derived.subarray(0, 32), derived.subarray(32, 64), derived.subarray(64, 80)]
  const mac = createHmac('sha256', macKey).update(envelope.ciphertext).digest()
  if (!timingSafeEqual(mac, envelope.mac)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', key, iv)
  const padded = Buffer.concat([decipher.update(envelope.ciphertext), decipher.final()])
  const padding = padded.at(-1) ?? 0
  const plain = padded.subarray(0, padded.length - (padding <= 16 ? padding : 0))
  try {
    return new Secret(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain), label)
  } catch {
    return 'not-text'
  }
}
