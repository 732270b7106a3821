import { type Answer, json, Refusal, refuse, refusePlain, success, tooMany } from './answers.ts'
import type { Call, Route } from './call.ts'
import type { Doc } from './documents.ts'
import { isSet } from './env.ts'
import type { Verdict } from './limiter.ts'
import { checkShape, type Shape } from './schema.ts'
import { demandSecondFactor } from './second-factor.ts'
import { isOn, may, numberOf, type ServerState, settingValue } from './server-state.ts'

/**
 * Takes one call through its route. Up to 6.x: login, limiter, body shape, second factor, action; from 7.0 on: login,
 * declared permissions, shapes, limiter, second factor, action (rocketchat.md 19.1).
 */
export function runRoute(route: Route, call: Call): Answer {
  const { state } = call
  const headers: Record<string, string> = {}
  try {
    if ((route.login ?? 'required') === 'required' && !call.user) return notLoggedIn(state)
    if (!state.rules.declaredChecks) limit(route, call, headers)
    if (state.rules.declaredChecks) checkDeclared(route, call)
    const checked = checkShapes(route, call)
    if (state.rules.declaredChecks) limit(route, checked, headers)
    if (route.secondFactor) askSecondFactor(route.secondFactor, checked)
    return withHeaders(asAnswer(route.act(checked)), headers)
  } catch (error) {
    if (error instanceof Refusal) return withHeaders(error.answer, headers)
    if (error instanceof SyntaxError) return withHeaders(refusePlain(error.message).answer, headers)
    throw error
  }
}

/** 401 in the words of the release. */
export function notLoggedIn(state: ServerState): Answer {
  const message = 'You must be logged in to do this.'
  const body = { status: 'error', message }
  return json(401, state.rules.unauthorizedBody === 'message' ? body : { success: false, error: message, ...body })
}

function asAnswer(result: Doc | Answer): Answer {
  return 'status' in result && 'headers' in result && 'body' in result ? (result as Answer) : success(result as Doc)
}

function withHeaders(answer: Answer, headers: Record<string, string>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

function checkDeclared(route: Route, { state, user }: Call): void {
  if (route.permissions?.some((permission) => !may(state, user, permission)))
    throw refuse('error-unauthorized', 'User does not have the permissions required for this action')
}

function checkShapes(route: Route, call: Call): Call {
  const { state } = call
  const query = Object.fromEntries(call.query)
  const wrongQuery = route.queryShape?.(state)
  if (wrongQuery)
    refuseShape(wrongQuery, query, state, state.rules.declaredChecks ? 'error-invalid-params' : 'invalid-params')
  const shape = route.bodyShape?.(state)
  return shape ? { ...call, body: refuseShape(shape, call.body, state, 'invalid-params') } : call
}

function refuseShape(shape: Shape, given: Doc, state: ServerState, code: string): Doc {
  const checked = checkShape(shape, given, state.rules.coerce)
  if ('value' in checked) return checked.value
  if (state.rules.refusalText === 'code-in-brackets') throw refuse(code, checked.error)
  throw new Refusal(400, { success: false, errorType: code, error: checked.error }, { code, reason: checked.error })
}

function limit(route: Route, call: Call, headers: Record<string, string>): void {
  const { state, user, ip } = call
  if (route.allowance === false || !isOn(state, 'API_Enable_Rate_Limiter') || isSet(state.env, 'TEST_MODE')) return
  if ((route.login ?? 'required') !== 'none' && may(state, user, 'api-bypass-rate-limit')) return
  const allowance = route.allowance?.(state) ?? {
    calls: numberOf(state, 'API_Enable_Rate_Limiter_Limit_Calls_Default', 10),
    ms: numberOf(state, 'API_Enable_Rate_Limiter_Limit_Time_Default', 60_000),
  }
  const verdict = state.limiter.call(`${route.method} ${route.path}`, ip, allowance, route.weight)
  Object.assign(headers, limitHeaders(state, verdict))
  if (!verdict.allowed) throw tooMany(Math.ceil(verdict.resetIn / 1000), 'this endpoint again')
}

function limitHeaders(state: ServerState, { limit: most, remaining, resetIn }: Verdict): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(most),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(state.now() + resetIn),
  }
}

function askSecondFactor(kind: 'remembered' | 'never', call: Call): void {
  const { state, user, token, ip, headers } = call
  if (!user) return
  const one = (name: string) => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  demandSecondFactor(state, {
    user,
    token,
    kind,
    ip,
    code: one('x-2fa-code'),
    method: one('x-2fa-method'),
    agent: one('user-agent') ?? '',
  })
}

/** `query` and `fields` act in this release and environment. */
export function unsafeParameters(state: ServerState): boolean {
  return state.rules.queryParameter || isSet(state.env, 'ALLOW_UNSAFE_QUERY_AND_FIELDS_API_PARAMS')
}

/** Page of a list: `count` and `offset` as the real server bounds them (rocketchat.md 2.3). */
export function page({ state, query }: Call): { readonly count: number; readonly offset: number } {
  const most = numberOf(state, 'API_Upper_Count_Limit', 100)
  const usual = numberOf(state, 'API_Default_Count', 50)
  const wanted = query.get('count')
  const asked = wanted === null || wanted === '' ? usual : Number.parseInt(wanted, 10)
  const offset = Number.parseInt(query.get('offset') ?? '0', 10) || 0
  if (asked > most) return { count: most, offset }
  if (asked === 0 && settingValue(state, 'API_Allow_Infinite_Count') !== true) return { count: usual, offset }
  return { count: asked, offset }
}

/** One page of a list with the numbers that every list answer carries. */
export function paged<Item>(
  call: Call,
  all: readonly Item[],
): { items: readonly Item[]; count: number; offset: number; total: number } {
  const { count, offset } = page(call)
  const from = all.slice(offset)
  const items = count === 0 || Number.isNaN(count) ? from : from.slice(0, Math.abs(count))
  return { items, count: items.length, offset, total: all.length }
}
