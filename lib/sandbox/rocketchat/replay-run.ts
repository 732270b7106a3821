import type { Plain } from '../../core/plain.ts'
import { openSession, userByName } from './accounts.ts'
import { emptyDatabase } from './database.ts'
import type { User } from './documents.ts'
import { shortId } from './ids.ts'
import { storePassword } from './passwords.ts'
import { type Bindings, createBindings } from './replay-bindings.ts'
import { type Credential, resolveLabels } from './replay-labels.ts'
import type { World } from './replay-plan.ts'
import { fields, isExchange, pathOf } from './replay-recording.ts'
import type { Deviation, KnownStart } from './replay-result.ts'
import { insertRooms } from './replay-rooms.ts'
import { accountsBefore, environmentAdmin, type KnownAccount, settingsBefore, settingsProved } from './replay-start.ts'
import { joinDefaultChannels } from './rooms.ts'
import { routesOf } from './routes.ts'
import { type RocketChatDouble, startWithState } from './server.ts'
import type { ServerState } from './server-state.ts'

/** One replay of one server: the double and what is known so far. */
export interface Run {
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

/** The address the recorded server was known under. */
export const rootUrl = ({ rootUrl: url }: World) => ({ ...(url !== undefined && { ROOT_URL: url }) })

/** Starts the double for a server of the recordings, with all that its rows take for granted. */
export async function beginRun(world: World, version: string, starts: readonly KnownStart[]): Promise<Run> {
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

/** Ends the process and starts another one on the same database. */
export async function restart(run: Run, env: Readonly<Record<string, string>>): Promise<void> {
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
