import type { Plain } from '../../core/plain.ts'
import { tokenHolder, userById, userByName } from './accounts.ts'
import { type ActualAnswer, compareAnswers, type Difference } from './replay-compare.ts'
import { handedOut, labelOf, type World } from './replay-plan.ts'
import { loginUser, processStarts, reconcile, socketLogins } from './replay-reconcile.ts'
import { type Exchange, fields, isExchange, pathOf } from './replay-recording.ts'
import { type Outgoing, send } from './replay-request.ts'
import type { Deviation, KnownStart } from './replay-result.ts'
import { beginRun, type Run, restart, rootUrl } from './replay-run.ts'

/** Replays all rows of one server in the order of time, on one database. */
export async function replayWorld(
  world: World,
  version: string,
  starts: readonly KnownStart[],
): Promise<{ readonly deviations: readonly Deviation[]; readonly assumptions: readonly string[] }> {
  const run = await beginRun(world, version, starts)
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
