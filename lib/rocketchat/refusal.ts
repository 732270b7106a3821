import { ApiError, type Diagnostic, problem } from '../core/diagnostic.ts'
import { shortened } from '../core/text.ts'

/** An HTTP answer as it came. */
export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly location: string | undefined
  readonly text: string
  readonly json: unknown
  /** Epoch milliseconds at which the limiter lets calls through again, where the server says so. */
  readonly resetAt: number | undefined
  readonly remaining: number | undefined
}

interface Body {
  readonly success?: boolean
  readonly status?: string
  readonly error?: unknown
  readonly errorType?: string
  readonly message?: unknown
  readonly details?: { readonly method?: string }
}

const mends: { readonly [code: string]: string } = {
  'totp-required':
    'the account has a second factor of its own: switch it off for this account, or use a token that bypasses it',
  'totp-invalid':
    'the account has a second factor of its own: switch it off for this account, or use a token that bypasses it',
  'totp-max-attempts': 'wait some minutes: too many wrong codes were sent for this account',
  'error-login-blocked-for-user':
    'wait five minutes (the server blocks after ten wrong passwords), then check the password in the inventory',
  'error-login-blocked-for-ip':
    'wait five minutes (the server blocks after fifty wrong passwords from one address); behind a proxy check HTTP_FORWARDED_COUNT',
  'error-user-is-not-activated': 'activate the account',
  'error-invalid-permission': 'a permission of the list does not exist on this version, or is named twice',
  'error-invalid-role': 'a role of the list does not exist on this server',
  'error-token-already-exists': 'remove the token of that name first; its value cannot be read again',
  'error-invalid-setting-value': 'the value lies outside the bounds of the setting',
  'restricted-workspace':
    'the workspace is read-only: let the server reach collector.rocket.chat over https, or give it a licence',
}

/** True when the answer is one of the API and says that all is well. */
export function isSuccess(reply: Reply): boolean {
  if (reply.status < 200 || reply.status > 299) return false
  const body = bodyOf(reply)
  return body !== undefined && body.success !== false && body.status !== 'error' && methodError(reply) === undefined
}

interface MethodError {
  readonly error?: unknown
  readonly reason?: unknown
  readonly message?: unknown
  readonly details?: { readonly timeToReset?: unknown }
}

/**
 * What a method called over REST says went wrong: it stands in the text `message`, with status 200 up to 8.5 and 400 from
 * 8.6 on (rocketchat.md 7.4, 19.1).
 */
function methodError(reply: Reply): MethodError | undefined {
  const message = bodyOf(reply)?.message
  if (typeof message !== 'string' || !message.startsWith('{"msg":"result"')) return undefined
  try {
    return (JSON.parse(message) as { error?: MethodError }).error
  } catch {
    return undefined
  }
}

/** The server's own code of a refusal: `errorType`, or the word in brackets at the end of the text. */
export function codeOf(reply: Reply): string | undefined {
  const body = bodyOf(reply)
  if (body?.errorType !== undefined) return body.errorType
  const method = methodError(reply)?.error
  if (typeof method === 'string') return method
  const text = typeof body?.error === 'string' ? body.error : ''
  return /\[([\w-]+)\]\s*$/.exec(text)?.[1] ?? (/^[a-z]+(-[a-z]+)+$/.test(text) ? text : undefined)
}

/** True when the password is asked for as second factor; with `email` each try would send a mail (rocketchat.md 5.2). */
export function demandsPassword(reply: Reply): boolean {
  return codeOf(reply) === 'totp-required' && bodyOf(reply)?.details?.method === 'password'
}

/** Seconds after which a refused call may be tried again, when the limiter was what refused it. */
export function limitedFor(reply: Reply, now: number): number | undefined {
  const { error, details } = methodError(reply) ?? {}
  if (error === 'too-many-requests') return Math.ceil(Number(details?.timeToReset ?? 10_000) / 1000)
  if (reply.status !== 429) return undefined
  const said = /wait (\d+) seconds/.exec(reply.text)?.[1]
  if (said !== undefined) return Number(said) + 1
  return reply.resetAt === undefined ? 60 : Math.max(1, Math.ceil((reply.resetAt - now) / 1000))
}

/** The error of a refused call. `what` says what was tried: `POST /api/v1/settings/Site_Url`. */
export function refusal(what: string, reply: Reply): ApiError {
  const code = codeOf(reply)
  return new ApiError(diagnosticOf(what, reply, code), reply.status, code)
}

function diagnosticOf(what: string, reply: Reply, code: string | undefined): Diagnostic {
  if (reply.status >= 300 && reply.status < 400) {
    return problem(
      'api-redirected',
      `${what}: the server sends us elsewhere (${reply.status} to ${reply.location ?? 'an unnamed place'})`,
      {
        mend: 'rocketchat_url should be the address that the redirect names, scheme included',
      },
    )
  }
  const body = bodyOf(reply)
  if (body === undefined) {
    const kind = reply.contentType.split(';')[0] || 'no content type'
    return problem(
      'not-the-api',
      `${what}: the answer (${reply.status}, ${kind}) does not come from the Rocket.Chat API`,
      {
        detail: shortened(reply.text, 300),
        mend: 'check that rocketchat_url is the chat itself and not another site or an error page of a proxy; a path that this version lacks answers like this too',
      },
    )
  }
  if (reply.status === 401) {
    return problem('api-unauthorized', `${what}: the server does not accept these credentials${sentence(body)}`, {
      mend: mends[code ?? ''] ?? 'check rocketchat_admin_username and rocketchat_admin_password of this host',
    })
  }
  if (reply.status === 403) {
    return problem('api-forbidden', `${what}: the account may not do this${sentence(body)}`, {
      mend: 'the account needs the role admin',
    })
  }
  const method = methodError(reply)
  const said = method === undefined ? sentence(body) : `: ${String(method.message ?? method.reason ?? method.error)}`
  return problem('api-refused', `${what}: refused (${reply.status})${said}`, {
    mend: code === undefined ? undefined : mends[code],
  })
}

function sentence(body: Body): string {
  const said = [body.error, body.message].find((one) => typeof one === 'string' && one !== '')
  return said === undefined ? '' : `: ${String(said)}`
}

function bodyOf(reply: Reply): Body | undefined {
  return typeof reply.json === 'object' && reply.json !== null && !Array.isArray(reply.json)
    ? (reply.json as Body)
    : undefined
}
