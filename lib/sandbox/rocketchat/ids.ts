import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'

const unmistakable = '23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz'

/** A 17 character id as Meteor draws them: users made over REST, messages, avatar tags. */
export function shortId(): string {
  return Array.from({ length: 17 }, () => unmistakable[randomInt(unmistakable.length)]).join('')
}

/** A 24 digit id as MongoDB draws them (seconds, then chance): rooms, uploads, the administrator of the environment. */
export function objectId(now: number): string {
  return Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0')
    .concat(randomBytes(8).toString('hex'))
}

/** A login or personal access token: 43 characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the database keeps of a token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}

/** A UUID, as for the workspace and its processes. */
export const uuid = randomUUID

/** Lower-case hex SHA-256 of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
