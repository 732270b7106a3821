import type { Plain } from '../../core/plain.ts'
import { openSession, tokenHolder, userById, userByName } from './accounts.ts'
import { emptyDatabase } from './database.ts'
import type { User } from './documents.ts'
import { shortId } from './ids.ts'
import { storePassword } from './passwords.ts'
import { type Bindings, createBindings } from './replay-bindings.ts'
import { type ActualAnswer, compareAnswers, type Difference } from './replay-compare.ts'
import { type Credential, resolveLabels } from './replay-labels.ts'
import { handedOut, labelOf, type World } from './replay-plan.ts'
import { loginUser, processStarts, reconcile, socketLogins } from './replay-reconcile.ts'
import { type Exchange, fields, isExchange, pathOf } from './replay-recording.ts'
import { type Outgoing, send } from './replay-request.ts'
import type { Deviation, KnownStart } from './replay-result.ts'
import { insertRooms } from './replay-rooms.ts'
import { accountsBefore, environmentAdmin, type KnownAccount, settingsBefore, settingsProved } from './replay-start.ts'
import { joinDefaultChannels } from './rooms.ts'
import { routesOf } from './routes.ts'
import { type RocketChatDouble, startWithState } from './server.ts'
import type { ServerState } from './server-state.ts'

interface Run {
  readonly world: World
  readonly version: string
  readonly bindings: Bindings
  readonly credentials: ReadonlyMap<number, Credential>
  readonly accounts: readonly KnownAccount[]
  readonly assumptions: string[]
  readonly deviations: Deviation[]
  /** Tokens of the double, with the account they were handed out to. */
  readonly holders: Map<string, string>
  readonly earlier: Map<string, string>
  readonly contents: readonly string[]
  readonly lookUp: ReturnType<typeof routesOf>
  readonly clock: { now: number; pages: boolean }
  /** How the server was started is known from beside the recordings. */
  readonly told: boolean
  env: Readonly<Record<string, string>>
  double: RocketChatDouble
  state: ServerState
}

/** Replays all rows of one server in the order of time, on one database. */
export async function replayWorld(
  world: World,
  version: string,
  starts: readonly KnownStart[],
): Promise<{ readonly deviations: readonly Deviation[]; readonly assumptions: readonly string[] }> {
  const run = await begin(world, version, starts)
  const restarts = processStarts(world.rows).filter(({ at }) => at > (world.times[0] ?? 0))
  try {
    for (const [index, row] of world.rows.entries()) {
      const at = world.times[index] ?? run.clock.now
      while (restarts[0] !== undefined && restarts[0].at <= at && restarts[0].after < index) {
        run.clock.now = restarts.shift()?.at ?? at
        await restart(run, run.env)
      }
      run.clock.now = Math.max(run.clock.now, at)
      const known = starts.find((each) => each.file === row.file && each.row === row.row)
      if (known && index > 0) await restart(run, { ...rootUrl(world), ...known.again })
      if (isExchange(row)) await replayRow(run, index, row)
      else run.assumptions.push(...socketLogins(run.state, row, run.bindings))
    }
  } finally {
    await run.double.stop()
  }
  return run
}

const rootUrl = ({ rootUrl: url }: World) => ({ ...(url !== undefined && { ROOT_URL: url }) })

async function begin(world: World, version: string, starts: readonly KnownStart[]): Promise<Run> {
  const [first] = world.rows
  const accounts = accountsBefore(world.rows)
  const admin = environmentAdmin(accounts, world.rows)
  const known = starts.find((each) => each.file === first?.file && each.row === first.row)
  const registers = world.rows.some(
    (row) => isExchange(row) && row.response.status === 200 && pathOf(row).endsWith('/users.register'),
  )
  const administrator = known?.complete || (registers && !admin) ? {} : administratorEnv(admin)
  const env = { ...rootUrl(world), ...administrator, ...known?.env }
  const clock = { now: world.start, pages: true }
  const { double, state } = await startWithState({
    version,
    env,
    database: emptyDatabase(),
    now: () => Math.floor(clock.now),
    webClient: () => clock.pages,
  })
  const run: Run = {
    ...{ world, version, accounts, clock, env, double, state, told: known !== undefined || (registers && !admin) },
    bindings: createBindings(),
    lookUp: routesOf(state.version),
    credentials: resolveLabels(world.rows),
    assumptions: [],
    deviations: [],
    holders: new Map(),
    earlier: new Map(),
    contents: world.rows.flatMap((row) =>
      isExchange(row) && pathOf(row).startsWith('/file-upload/') && typeof row.response.body === 'string'
        ? [row.response.body]
        : [],
    ),
  }
  for (const account of accounts) insertAccount(run, account, account === admin)
  openEarlierSessions(run, admin)
  setEarlier(run, known?.settings ?? {})
  if (!world.fresh) run.assumptions.push(...insertRooms(state, world.rows, run.bindings, world.times[0] ?? 0))
  return run
}

function administratorEnv(admin: KnownAccount | undefined): Record<string, string> {
  const { name, emails } = admin?.view ?? {}
  const mail = Array.isArray(emails) ? fields(emails[0] as Plain) : {}
  const password = typeof admin?.password === 'string' ? admin.password : shortId()
  return {
    ADMIN_USERNAME: admin?.username ?? 'admin',
    ADMIN_PASS: password,
    ...(typeof name === 'string' && { ADMIN_NAME: name }),
    ...(typeof mail.address === 'string' && {
      ADMIN_EMAIL: mail.address,
      ADMIN_EMAIL_VERIFIED: String(mail.verified === true),
    }),
  }
}

/** Settings that differ from a first start: as a dump tells, or as they read before any row wrote them. */
function setEarlier(run: Run, dumped: Readonly<Record<string, Plain>>): void {
  const read = run.told || run.world.fresh ? {} : settingsBefore(run.world.rows)
  for (const [id, value] of Object.entries({ ...settingsProved(run.world.rows), ...read, ...dumped })) {
    const setting = run.state.db.settings[id]
    if (!setting || JSON.stringify(setting.value ?? null) === JSON.stringify(value)) continue
    setting.value = value
    run.assumptions.push(`the setting ${id} was ${JSON.stringify(value)}`)
  }
}

/** Puts an account into the database that the rows take for granted; the administrator is there already. */
function insertAccount(run: Run, account: KnownAccount, isAdmin: boolean): void {
  const { username, id, view, password, mailFactor } = account
  const { state, bindings } = run
  const there =
    userByName(state, username) ?? (isAdmin ? state.db.users.find(({ roles }) => roles.includes('admin')) : undefined)
  if (there) {
    if (id !== undefined) bindings.force(id, there._id)
    if (password !== undefined && typeof password !== 'string')
      there.services.password = { bcrypt: storePassword(password) }
    return
  }
  const at = new Date(run.clock.now).toISOString()
  const shown = Array.isArray(view.emails) ? view.emails.map((each) => fields(each as Plain)) : []
  const mails = shown.length === 0 && mailFactor ? [{ address: `${username}@example.com`, verified: true }] : shown
  const factor = fields(fields(view.services).email2fa).enabled
  const user: User = {
    ...{
      _id: shortId(),
      username,
      createdAt: typeof view.createdAt === 'string' ? view.createdAt : at,
      _updatedAt: at,
    },
    ...(typeof view.name === 'string' && { name: view.name }),
    ...(mails.length > 0 && {
      emails: mails.map(({ address, verified }) => ({ address: String(address), verified: verified === true })),
    }),
    ...{ type: 'user', status: 'offline', active: view.active !== false, settings: {} },
    roles: Array.isArray(view.roles) ? view.roles.map(String) : ['user'],
    services: {
      password: { bcrypt: storePassword(password ?? shortId()) },
      email2fa: { enabled: factor !== false, changedAt: at },
    },
  }
  state.db.users.push(user)
  joinDefaultChannels(state, user)
  if (id !== undefined) bindings.force(id, user._id)
  run.assumptions.push(`the account ${username} existed before`)
}

/** Sessions and tokens that labels stand for without a row that opened them; `pat` labels are tokens with the bypass. */
function openEarlierSessions(run: Run, admin: KnownAccount | undefined): void {
  const labels = [...run.credentials.values()].flatMap((each) => (each.kind === 'earlier' ? [each.label] : []))
  for (const label of new Set(labels)) {
    const user =
      userByName(run.state, label) ??
      userByName(run.state, admin?.username) ??
      run.state.db.users.find(({ roles }) => roles.includes('admin'))
    if (!user) continue
    const token = openSession(run.state, user)
    if (label.startsWith('pat'))
      Object.assign(user.services.resume?.loginTokens.at(-1) ?? {}, {
        type: 'personalAccessToken',
        name: label,
        createdAt: new Date(run.clock.now).toISOString(),
        lastTokenPart: token.slice(-6),
        bypassTwoFactor: true,
        when: undefined,
      })
    run.earlier.set(label, token)
    user.lastLogin = new Date(run.clock.now).toISOString()
    run.holders.set(token, user._id)
    run.assumptions.push(`${user.username} had credentials called ${label}`)
  }
}

async function restart(run: Run, env: Readonly<Record<string, string>>): Promise<void> {
  await run.double.stop()
  run.env = env
  const database = run.state.db
  const { clock } = run
  Object.assign(
    run,
    await startWithState({
      version: run.version,
      env,
      database,
      now: () => Math.floor(clock.now),
      webClient: () => clock.pages,
    }),
  )
}

async function replayRow(run: Run, index: number, row: Exchange): Promise<void> {
  await matchEnvironment(run, row)
  run.clock.pages = !(row.response.status === 404 && row.response.body === '404 Not Found')
  const credential = credentialsOf(run, index, row)
  const user = credential && userById(run.state, credential.userId)
  const { state, bindings } = run
  const told = reconcile({ state, row, bindings, caller: user })
  run.assumptions.push(...told.map((each) => `${row.file} row ${row.row}: ${each}`))
  alignWindow(run, row)
  const code = mailCode(run, row)
  const actual = await send(run.double.url, outgoing(run, row, credential, code), run.contents)
  learn(run, row, actual, code)
  const differences = compareAnswers(row.response, actual, bindings)
  const left = unseenCalls(run, row, actual, differences)
  if (left.length > 0) run.deviations.push({ file: row.file, row: row.row, note: row.note, differences: left })
}

/** The header tells when the limiter's window of a route began, be it by a call that was not recorded. */
function alignWindow(run: Run, row: Exchange): void {
  const { state } = run
  const end = row.response.headers?.['x-ratelimit-reset']
  if (end === undefined) return
  const began = Number(end) - 60_000
  const route = limitedRoute(run, row)
  if (Math.abs(state.limiter.since(route) - began) > 1000) state.limiter.open(route, began)
}

/** The name under which the limiter counts a request. */
function limitedRoute({ lookUp }: Run, row: Exchange): string {
  const match = lookUp(pathOf(row).slice('/api/v1/'.length))
  const route = match?.routes.get(row.request.method)
  return `${row.request.method} ${route?.path ?? pathOf(row)}`
}

/** `users.createToken` only answers with the variable that allows it: the process must have been restarted with it. */
async function matchEnvironment(run: Run, row: Exchange): Promise<void> {
  const path = pathOf(row)
  const needs =
    path.endsWith('/users.createToken') && row.response.status === 200 && !run.state.rules.createTokenWithSecret
  if (!needs || run.env.CREATE_TOKENS_FOR_USERS === 'true') return
  await restart(run, { ...run.env, CREATE_TOKENS_FOR_USERS: 'true' })
  run.assumptions.push(`${row.file} row ${row.row}: the server was started again with CREATE_TOKENS_FOR_USERS=true`)
}

interface Pair {
  readonly userId: string
  readonly token: string
}

function credentialsOf(run: Run, index: number, row: Exchange): Pair | undefined {
  const credential = run.credentials.get(index)
  if (credential?.kind === 'recorded' || credential?.kind === 'earlier') {
    const token =
      credential.kind === 'recorded' ? run.bindings.get(credential.token) : run.earlier.get(credential.label)
    return token === undefined ? undefined : { token, userId: run.holders.get(token) ?? '' }
  }
  if (credential) return { userId: 'nobody', token: 'invalid' }
  const [id, token] = [row.request.headers['x-user-id'], row.request.headers['x-auth-token']]
  return id !== undefined && token !== undefined
    ? { userId: run.bindings.forward(id), token: run.bindings.forward(token) }
    : undefined
}

/** A right mailed code is another one here: the recorded code stands for the pending one of the account. */
function mailCode(run: Run, row: Exchange): { recorded: string; actual: string } | undefined {
  const recorded = fields(row.request.body).code ?? row.request.headers['x-2fa-code']
  if (typeof recorded !== 'string' || !/^\d{6}$/.test(recorded)) return undefined
  const known = run.bindings.get(recorded)
  if (row.response.status !== 200) return known === undefined ? undefined : { recorded, actual: known }
  const label = labelOf(row.request.headers['x-auth-token'])
  const user = loginUser(run.state, row) ?? (label === undefined ? undefined : userByName(run.state, label))
  const actual = user?.services.emailCode?.code
  return actual === undefined ? undefined : { recorded, actual }
}

function outgoing(
  run: Run,
  row: Exchange,
  credential: Pair | undefined,
  code: { recorded: string; actual: string } | undefined,
): Outgoing {
  const { forward } = run.bindings
  const headers = Object.fromEntries(
    Object.entries(row.request.headers).map(([name, value]) => {
      if (name === 'x-user-id' && credential) return [name, credential.userId]
      if (name === 'x-auth-token' && credential) return [name, credential.token]
      return [name, value === code?.recorded ? code.actual : forward(value)]
    }),
  )
  const replaced = (value: Plain, key = ''): Plain => {
    if (typeof value === 'string') return key === 'code' && value === code?.recorded ? code.actual : forward(value)
    if (Array.isArray(value)) return value.map((each: Plain) => replaced(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replaced(each as Plain, name)]))
  }
  const { method, path, body } = row.request
  return { method, path: forward(path), headers, body: body === undefined ? undefined : replaced(body) }
}

/** Notes what the answer handed out. */
function learn(
  run: Run,
  row: Exchange,
  actual: ActualAnswer,
  code: { recorded: string; actual: string } | undefined,
): void {
  if (code) run.bindings.force(code.recorded, code.actual)
  const recorded = handedOut(row)
  if (!recorded || actual.status !== 200) return
  const given = handedOut({
    ...row,
    response: { status: 200, headers: {}, body: JSON.parse(Buffer.from(actual.bytes).toString()) as Plain },
  })
  if (!given) return
  run.bindings.force(recorded.token, given.token)
  const owner = tokenHolder(run.state, given.token)?.user
  if (owner) run.holders.set(given.token, owner._id)
}

/** A recorded count lower than ours: calls of the same address that the recording does not hold. */
function unseenCalls(
  run: Run,
  row: Exchange,
  actual: ActualAnswer,
  differences: readonly Difference[],
): readonly Difference[] {
  const [wanted, got] = [row.response.headers?.['x-ratelimit-remaining'], actual.headers['x-ratelimit-remaining']].map(
    Number,
  )
  const [one] = differences
  if (
    differences.length !== 1 ||
    one?.path !== 'x-ratelimit-remaining' ||
    wanted === undefined ||
    got === undefined ||
    !(wanted < got)
  )
    return differences
  const route = limitedRoute(run, row)
  const ip = row.request.headers['x-real-ip'] ?? '127.0.0.1'
  const limit = Number(actual.headers['x-ratelimit-limit'])
  run.state.limiter.call(route, ip, { calls: limit, ms: 60_000 }, got - wanted)
  run.assumptions.push(`${row.file} row ${row.row}: ${got - wanted} more calls of ${route} had come from ${ip}`)
  return []
}
