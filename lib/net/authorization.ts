import { createHash, randomBytes } from 'node:crypto'
import type { HttpRequest } from '../core/http.ts'
import { revealAll } from '../core/text.ts'

/** The words of HTTP's plain kind of password. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/**
 * The answer to a server that asks for a password with `asked` (its `www-authenticate`), or the plain kind when it has not
 * asked yet. Undefined when it asks for something that we cannot give.
 */
export function authorization(request: HttpRequest, asked: string | undefined): string | undefined {
  if (request.login === undefined) return undefined
  const { user, password } = revealAll(request.login) as { readonly user: string; readonly password: string }
  if (asked === undefined) return basic(user, password)
  if (/\bdigest\s/i.test(asked)) return digest(request, asked, user, password)
  return /\bbasic\b/i.test(asked) ? basic(user, password) : undefined
}

/** RFC 7616 with MD5 or SHA-256, `qop=auth` or none. */
function digest(request: HttpRequest, asked: string, user: string, password: string): string | undefined {
  const words = new Map<string, string>()
  for (const [, name = '', quoted, bare] of asked
    .replace(/^.*?\bdigest\s+/i, '')
    .matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g))
    words.set(name.toLowerCase(), quoted ?? bare ?? '')
  const algorithm = words.get('algorithm') ?? 'MD5'
  const name = { md5: 'md5', 'sha-256': 'sha256' }[algorithm.toLowerCase()]
  const nonce = words.get('nonce')
  if (name === undefined || nonce === undefined) return undefined
  const hash = (text: string) => createHash(name).update(text).digest('hex')
  const { pathname, search } = new URL(request.url)
  const uri = `${pathname}${search}`
  const realm = words.get('realm') ?? ''
  const first = hash(`${user}:${realm}:${password}`)
  const second = hash(`${request.method}:${uri}`)
  const own = randomBytes(8).toString('hex')
  const qop =
    words
      .get('qop')
      ?.split(/\s*,\s*/)
      .includes('auth') === true
  const response = qop ? hash(`${first}:${nonce}:00000001:${own}:auth:${second}`) : hash(`${first}:${nonce}:${second}`)
  const opaque = words.get('opaque')
  return [
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(qop ? [`qop=auth, nc=00000001, cnonce="${own}"`] : []),
  ].join(', ')
}
