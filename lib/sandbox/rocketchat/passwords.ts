import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { sha256 } from './ids.ts'

/** A password as a login sends it: the text, or its SHA-256 digest. */
export type Password = string | { readonly digest: string; readonly algorithm: string }

const cost = { N: 256, r: 8, p: 1 }

/**
 * Stores a password in the shape of the real field (`$2b$10$` and 53 characters). Like the real server it hashes the
 * SHA-256 of the text, so that both forms of login fit; the function is scrypt with a small cost, this is a rehearsal.
 */
export function storePassword(password: Password): string {
  return derive(digestOf(password), randomBytes(16).toString('hex').slice(0, 22))
}

/** True when the password, in either form, is the one that was stored. */
export function passwordFits(password: Password, stored: string | undefined): boolean {
  if (stored === undefined) return false
  const again = derive(digestOf(password), stored.slice(7, 29))
  return again.length === stored.length && timingSafeEqual(Buffer.from(again), Buffer.from(stored))
}

function digestOf(password: Password): string {
  return typeof password === 'string' ? sha256(password) : password.digest.toLowerCase()
}

function derive(digest: string, salt: string): string {
  const key = scryptSync(digest, salt, 24, cost).toString('base64url').slice(0, 31)
  return `$2b$10$${salt}${key.replaceAll('-', '.').replaceAll('_', '/')}`
}
