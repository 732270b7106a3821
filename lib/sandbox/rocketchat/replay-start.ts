import type { Plain } from '../../core/plain.ts'
import type { Password } from './passwords.ts'
import { type Exchange, fields, isExchange, objectsIn, pathOf, type Row } from './replay-recording.ts'

/** What the rows show of an account that was there before them. */
export interface KnownAccount {
  readonly username: string
  readonly id: string | undefined
  readonly view: { readonly [key: string]: Plain }
  readonly password: Password | undefined
  /** A login asked for a mailed code: the account has a verified address. */
  readonly mailFactor: boolean
  /** Index of the first row that knows it. */
  readonly first: number
}

/** The accounts that exist without a row having made them. */
export function accountsBefore(rows: readonly Row[]): readonly KnownAccount[] {
  const exchanges = rows
    .map((row, index) => ({ row, index }))
    .filter((each): each is { row: Exchange; index: number } => isExchange(each.row))
  const made = new Set(exchanges.flatMap(({ row }) => madeIn(row)))
  const madeNames = new Map(
    exchanges.flatMap(({ row, index }) =>
      madeIn(row).length > 0 ? [[String(fields(row.request.body).username), index] as const] : [],
    ),
  )
  const renamed = new Set(
    exchanges
      .flatMap(({ row }) => objectsIn(row.response.body))
      .flatMap(({ _id, username }) => (made.has(String(_id)) ? [String(username)] : [])),
  )
  const found = new Map<string, { id: string | undefined; first: number; views: { readonly [key: string]: Plain }[] }>()
  const note = (username: string, index: number, id?: string, view?: { readonly [key: string]: Plain }) => {
    const known = found.get(username) ?? { id: undefined, first: index, views: [] }
    found.set(username, { ...known, id: known.id ?? id, views: view ? [...known.views, view] : known.views })
  }
  for (const { row, index } of exchanges) {
    for (const each of objectsIn(row.response.body)) {
      const { _id, username } = each
      if (
        typeof _id !== 'string' ||
        typeof username !== 'string' ||
        username === 'rocket.cat' ||
        made.has(_id) ||
        _id === username
      )
        continue
      note(username, index, _id, each)
    }
    const tried = loginName(row)
    if (tried === undefined || tried.includes('@') || !accountExists(row) || renamed.has(tried)) continue
    if ((madeNames.get(tried) ?? index + 1) > index) note(tried, index)
  }
  return [...found]
    .filter(([name, { first }]) => known(name, first, madeNames, found))
    .map(([username, { id, first, views }]) => ({
      ...{ username, id, first },
      mailFactor: exchanges.some(
        ({ row }) => loginName(row) === username && fields(fields(row.response.body).details).method === 'email',
      ),
      view: Object.assign({}, ...views.toReversed(), views.find((each) => 'roles' in each) ?? {}) as {
        readonly [key: string]: Plain
      },
      password: passwordOf(
        exchanges.map(({ row }) => row),
        username,
        id,
        views,
      ),
    }))
}

/** A name that differs from another one only by its case is the same account. */
function known(
  name: string,
  first: number,
  made: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, { readonly id: string | undefined }>,
): boolean {
  if ((made.get(name) ?? Number.POSITIVE_INFINITY) < first) return false
  const twin = [...found.keys()].find((other) => other !== name && other.toLowerCase() === name.toLowerCase())
  return twin === undefined || found.get(name)?.id !== undefined
}

function madeIn(row: Exchange): readonly string[] {
  if (!/users\.(create|register)$/.test(pathOf(row)) || row.response.status !== 200) return []
  const id = fields(fields(row.response.body).user)._id
  return typeof id === 'string' ? [id] : []
}

function loginName(row: Exchange): string | undefined {
  if (!pathOf(row).endsWith('/login')) return undefined
  const { user, username, email } = fields(row.request.body)
  const name = user ?? username ?? email
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** The answer to a login tells that there is such an account. */
function accountExists({ response }: Exchange): boolean {
  const { error, message } = fields(response.body)
  return (
    response.status === 200 ||
    (typeof error === 'string' && /^(totp|error-login-blocked-for-user|error-user-is)/.test(error)) ||
    message === 'Incorrect password'
  )
}

/** The password that a login or a second factor proved, the earliest of them. */
function passwordOf(
  rows: readonly Exchange[],
  username: string,
  id: string | undefined,
  views: readonly { readonly [key: string]: Plain }[],
): Password | undefined {
  const mails = views.flatMap(({ emails }) =>
    Array.isArray(emails) ? emails.map((mail) => fields(mail as Plain).address) : [],
  )
  for (const row of rows) {
    const name = loginName(row)
    const mine =
      name?.toLowerCase() === username.toLowerCase() ||
      mails.includes(name ?? '-') ||
      (id !== undefined && fields(fields(row.response.body).data).userId === id)
    const { password } = fields(row.request.body)
    const right = row.response.status === 200 || /^(totp|error-user-is)/.test(String(fields(row.response.body).error))
    if (mine && right && typeof password === 'string') return password
  }
  for (const { request, response } of rows) {
    const code = request.headers['x-2fa-code']
    const label = /^<token:([^>]+)>$/.exec(request.headers['x-auth-token'] ?? '')?.[1]
    const owner =
      label === username ||
      (/^(admin|pat)/.test(label ?? '') && views.some(({ roles }) => Array.isArray(roles) && roles.includes('admin')))
    if (
      owner &&
      response.status === 200 &&
      request.headers['x-2fa-method'] === 'password' &&
      /^[0-9a-f]{64}$/i.test(code ?? '')
    )
      return { digest: code ?? '', algorithm: 'sha-256' }
  }
  return undefined
}

/** The administrator that the environment made, as far as the rows know one: by its role, or by what it made. */
export function environmentAdmin(accounts: readonly KnownAccount[], rows: readonly Row[]): KnownAccount | undefined {
  const admins = accounts.filter(({ view }) => Array.isArray(view.roles) && view.roles.includes('admin'))
  const first = admins.find(({ view }) => view.avatarOrigin === 'none' || view.statusDefault === 'online') ?? admins[0]
  return first ?? accounts.find(({ username }) => username === makerOf(rows))
}

/** Who made the first room or message that somebody called admin or pat asked for. */
function makerOf(rows: readonly Row[]): Plain | undefined {
  for (const row of rows.filter(isExchange)) {
    if (row.request.method !== 'POST' || !/^<token:(admin|pat)/.test(row.request.headers['x-auth-token'] ?? ''))
      continue
    const { group, channel, message } = fields(row.response.body)
    const made = [group, channel, message]
      .map((each) => fields(fields(each).u).username)
      .find((name) => name !== undefined)
    if (made !== undefined) return made
  }
  return undefined
}

/**
 * Settings that the rows prove without reading them: a first answer without a frame rule, and a login without a code of
 * an account that was made with a verified address.
 */
export function settingsProved(rows: readonly Row[]): Readonly<Record<string, Plain>> {
  const exchanges = rows.filter(isExchange)
  const headers = exchanges.find((row) => pathOf(row).startsWith('/api/'))?.response.headers
  const frame =
    headers !== undefined && headers['x-frame-options'] === undefined ? { Iframe_Restrict_Access: false } : {}
  const factor = 'Accounts_TwoFactorAuthentication_Enabled'
  const verified = new Set<Plain>()
  for (const row of exchanges) {
    const body = fields(row.request.body)
    if (/settings\/Accounts_TwoFactor|users\.(2fa|update)/.test(pathOf(row)) && row.request.method === 'POST') break
    if (madeIn(row).length > 0 && body.verified === true && body.username !== undefined) verified.add(body.username)
    const entered = pathOf(row).endsWith('/login') && row.response.status === 200 && body.code === undefined
    if (entered && body.user !== undefined && verified.has(body.user)) return { ...frame, [factor]: false }
  }
  return frame
}

/**
 * Settings as they read before any row wrote them; what every server draws or computes for itself is left out.
 */
export function settingsBefore(rows: readonly Row[]): Readonly<Record<string, Plain>> {
  const found = new Map<string, Plain>()
  const written = new Set<string>()
  for (const row of rows.filter(isExchange)) {
    const id = /^\/api\/v1\/settings\/(.+)$/.exec(pathOf(row))?.[1]
    const { body, status } = row.response
    if (id === undefined) continue
    const name = decodeURIComponent(id)
    if (row.request.method === 'POST') written.add(name)
    else if (status === 200 && 'value' in fields(body) && !written.has(name) && !found.has(name) && !isDrawn(name))
      found.set(name, fields(body).value ?? null)
  }
  return Object.fromEntries(found)
}

const isDrawn = (id: string) => /^(uniqueID|Site_Url|Deployment_FingerPrint_Hash|Federation_Matrix_.*)$/.test(id)
