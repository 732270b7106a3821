import { createHash } from 'node:crypto'
import { reveal, type Text } from '../core/secret.ts'

/** Routes that demand a second factor on every version from 3.6 (rocketchat.md 5.3, 19.3); from 8.8 two more may. */
const marked = new Set([
  'settings',
  'settings.addCustomOAuth',
  'users.update',
  'users.generatePersonalAccessToken',
  'users.regeneratePersonalAccessToken',
  'users.removePersonalAccessToken',
  'users.2fa.disableEmail',
  'users.resetE2EKey',
  'users.resetTOTP',
  'users.create',
  'users.createToken',
])

/** True for a path such as `/api/v1/settings/Site_Url` whose POST may ask for a second factor. */
export function mayDemandSecondFactor(path: string): boolean {
  const route = path.replace(/^\/api\/v1\//, '').split('?')[0] ?? ''
  return marked.has(route) || route.startsWith('settings/') || route.startsWith('method.call/saveSetting')
}

/**
 * Headers of the password method: the code is the lower-case hex SHA-256 of the password. The server accepts it when the
 * account has no second factor of its own, and sending it when nothing is asked is harmless (rocketchat.md 5.2).
 */
export function passwordHeaders(password: Text): { readonly [name: string]: string } {
  return { 'x-2fa-method': 'password', 'x-2fa-code': createHash('sha256').update(reveal(password)).digest('hex') }
}
