import { type Answer, json, Refusal, refuse, refusePlain, tooMany } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc } from './documents.ts'
import { type Method, methods } from './methods.ts'
import { demandSecondFactor } from './second-factor.ts'

/** DDP methods over REST (rocketchat.md 7.4, 18.27 and 19.1). */
export const methodRoutes: readonly Route[] = [
  { method: 'POST', path: 'method.call/:method', allowance: false, act: callMethod },
  { method: 'POST', path: 'method.callAnon/:method', login: 'none', allowance: false, act: callMethod },
]

interface Invocation {
  readonly method: string
  readonly id: unknown
  readonly params: readonly unknown[]
}

function callMethod(call: Call): Answer {
  const { state } = call
  const invocation = parse(call)
  const { id } = invocation
  try {
    const result = run(call, invocation)
    const answer = mount({ msg: 'result', id, ...(result !== undefined && { result }) }, 200)
    return methods[invocation.method]?.reads ? { ...answer, unchanged: true } : answer
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ...mount({ msg: 'result', id, error: exception(error) }, state.rules.failedMethodStatus), unchanged: true }
  }
}

function mount(message: Doc, status: number): Answer {
  return json(status, { message: JSON.stringify(message), success: status === 200 })
}

/** An exception as EJSON prints it. */
function exception({ code, reason, details }: Refusal): Doc {
  if (reason.startsWith('Match error'))
    return {
      message: reason,
      path: '',
      sanitizedError: {
        isClientSafe: true,
        error: 400,
        reason: 'Match failed',
        message: 'Match failed [400]',
        errorType: 'Meteor.Error',
      },
      errorType: 'Match.Error',
    }
  if (code === undefined) return { message: reason, errorType: 'Error' }
  return {
    isClientSafe: true,
    error: code,
    ...(reason !== '' && { reason }),
    ...(details && { details }),
    message: reason === '' ? `[${code}]` : `${reason} [${code}]`,
    errorType: 'Meteor.Error',
  }
}

function parse({ body }: Call): Invocation {
  const text = body.message
  if (typeof text !== 'string') throw refusePlain("Match error: Missing key 'message'")
  try {
    const { method, id, params } = JSON.parse(text) as Doc
    if (typeof method === 'string' && Array.isArray(params)) return { method, id, params }
  } catch {}
  throw refusePlain('Invalid method call')
}

function run(call: Call, { method, params }: Invocation): unknown {
  limit(call, method)
  const known: Method | undefined = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (!known) throw refuse(404, `Method '${method}' not found`)
  if (known.secondFactor) return known.run(call, afterSecondFactor(call, known.secondFactor, params))
  return known.run(call, params)
}

/** Calls per ten seconds and token: five of `saveSettings`, ten of any other method, whoever calls. */
function limit(call: Call, method: string): void {
  const { state, token, ip } = call
  const allowance = { calls: method === 'saveSettings' ? 5 : 10, ms: 10_000 }
  const verdict = state.limiter.call(`method ${method}`, token?.hashedToken ?? ip, allowance)
  if (verdict.allowed) return
  const wait = tooMany(Math.ceil(verdict.resetIn / 1000), 'again')
  throw refuse('too-many-requests', wait.reason, { timeToReset: verdict.resetIn })
}

/** Methods take the code from their last argument or from both headers; one header alone is ignored. */
function afterSecondFactor(call: Call, kind: 'remembered' | 'never', params: readonly unknown[]): readonly unknown[] {
  const { state, token, ip, headers } = call
  const last = params.at(-1) as Doc | undefined
  const given = typeof last?.twoFactorCode === 'string' && typeof last.twoFactorMethod === 'string' ? last : undefined
  const [code, method] = ['x-2fa-code', 'x-2fa-method'].map((name) =>
    typeof headers[name] === 'string' ? headers[name] : undefined,
  )
  const both = code !== undefined && method !== undefined
  demandSecondFactor(state, {
    ...{ user: caller(call), token, kind, ip, agent: String(headers['user-agent'] ?? '') },
    code: given ? String(given.twoFactorCode) : both ? code : undefined,
    method: given ? String(given.twoFactorMethod) : both ? method : undefined,
  })
  return given ? params.slice(0, -1) : params
}
