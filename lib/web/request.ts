import { textOf } from '../posix/json-text.ts'
import {
  type Context,
  type Finding,
  type HttpRequest,
  masked,
  problem,
  Secret,
  type Source,
  s,
  type Text,
  type Value,
} from '../task.ts'
import { proxyFor } from './proxy.ts'

/** Arguments that all tasks share which ask a web server for something. */
export const webArgs = () => ({
  url: s.string('Address, with http:// or https://; a password does not belong into it.'),
  headers: s.map(s.any('Its value.'), 'More headers of the request. They may be secrets.').default({}),
  url_username: s.text('Account, where the server asks for one.', { aliases: ['username', 'user'] }).optional(),
  url_password: s.secret('Its password.', { aliases: ['password'] }).optional(),
  force_basic_auth: s.boolean('Send account and password at once, not only when asked.').default(false),
  validate_certs: s
    .boolean('Believe only a server whose certificate is trusted. The authorities are those of this machine.')
    .default(true),
  ca_path: s.file('File with certificates to trust besides, on this machine.').optional(),
  client_cert: s.file('Certificate to show, with or without its key, on this machine.').optional(),
  client_key: s.file('Key of that certificate, on this machine.').optional(),
  use_proxy: s.boolean('Go by the proxy that "environment" names (http_proxy, https_proxy, no_proxy).').default(true),
  http_agent: s.string('What the request says of the program that makes it.').default('ansible-httpget'),
  unredirected_headers: s.words('Headers that are not sent to where a redirect leads.').default([]),
  decompress: s.boolean('Undo a compression that the server uses for the way.').default(true),
})

export interface WebWish {
  readonly url: string
  readonly headers: { readonly [name: string]: Value }
  readonly url_username?: Text | undefined
  readonly url_password?: Secret | undefined
  readonly force_basic_auth: boolean
  readonly validate_certs: boolean
  readonly ca_path?: Source | undefined
  readonly client_cert?: Source | undefined
  readonly client_key?: Source | undefined
  readonly use_proxy: boolean
  readonly http_agent: string
  readonly unredirected_headers: readonly string[]
  readonly decompress: boolean
  /** Seconds. */
  readonly timeout: number
}

/** What is wrong with an address, or with a password in it that everybody would see. */
export function checkUrl(url: string, name = 'url'): readonly Finding[] {
  const refuse = (message: string, mend: string): readonly Finding[] => [
    { path: [name], diagnostic: problem('bad-url', message, { mend }) },
  ]
  const parsed = URL.parse(url)
  if (parsed === null) return refuse(`${url} is no address`, 'write it as https://www.example.org/path')
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    return refuse(`${parsed.protocol} is not spoken here`, 'use http or https')
  if (parsed.password !== '')
    return refuse('a password stands in the address', 'give it in url_password, where it is kept from sight')
  return []
}

/** The request that arguments describe; `context` knows the environment of the task. */
export function requestOf(
  wish: WebWish,
  context: Pick<Context, 'environment'>,
  more: Partial<HttpRequest> = {},
): HttpRequest {
  const url = new URL(wish.url)
  const user = wish.url_username ?? (url.username === '' ? undefined : decodeURIComponent(url.username))
  url.username = ''
  url.hash = ''
  const headers = Object.entries(wish.headers).map(([name, value]) => [name.toLowerCase(), headerText(value)] as const)
  return {
    url: url.href,
    method: 'GET',
    redirects: 'urllib2',
    timeout: wish.timeout * 1000,
    unredirected: wish.unredirected_headers,
    decompress: wish.decompress,
    login: user === undefined ? undefined : { user, password: wish.url_password ?? '', atOnce: wish.force_basic_auth },
    tls: {
      verify: wish.validate_certs,
      ca: wish.ca_path?.text,
      certificate: wish.client_cert?.text,
      key: wish.client_key?.text,
    },
    proxy: wish.use_proxy ? proxyFor(url, context) : undefined,
    ...more,
    headers: { 'user-agent': wish.http_agent, ...more.headers, ...Object.fromEntries(headers) },
  }
}

/** The headers as they may be shown: none that carries a password. */
export function shownHeaders(headers: HttpRequest['headers']): { readonly [name: string]: string } {
  const hidden = /^(authorization|proxy-authorization|cookie|x-auth-token)$/
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== 'user-agent')
      .map(([name, value]) => [name, hidden.test(name) && !(value instanceof Secret) ? '(hidden)' : masked(value)]),
  )
}

function headerText(value: Value): Text {
  return typeof value === 'boolean' ? String(value) : value === null ? '' : textOf(value)
}
