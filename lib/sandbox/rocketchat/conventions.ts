import { atLeast, type Version } from './version.ts'

/** How a release speaks HTTP: everything that differs between releases and is not a route of its own. */
export interface Conventions {
  /** Body of a call without a valid login: `status` and `message` alone, or `success` and `error` as well. */
  readonly unauthorizedBody: 'message' | 'message-and-success'
  /** Unknown address below /api: the web page (GET) and an empty 405, or a plain text 404 for every method. */
  readonly unknownApiPath: 'web-page' | 'text-404'
  /** Body that is not JSON: an HTML page with 400, or taken as an empty body. */
  readonly brokenBody: 'html-400' | 'empty'
  /** Login refusals: each reason by itself, or one word for wrong user, wrong password and no password. */
  readonly loginRefusal: 'detailed' | 'merged'
  /** The login answer carries `success`. */
  readonly loginSuccessFlag: boolean
  /** Permissions and body shapes are declared on the route and checked before the limiter and the second factor. */
  readonly declaredChecks: boolean
  /** Validators turn "true" into true and 5 into "5". */
  readonly coerce: boolean
  /** `query` and `fields` act without ALLOW_UNSAFE_QUERY_AND_FIELDS_API_PARAMS. */
  readonly queryParameter: boolean
  /** `settings.public?_id=a,b` filters. */
  readonly publicById: boolean
  /** Status of `method.call` when the method failed. */
  readonly failedMethodStatus: 200 | 400
  /** What Origin does: only the preflight, every request with an explicit list, or only the preflight with 403. */
  readonly cors: 'preflight' | 'every-request' | 'preflight-403'
  /** REST routes find the login token again, so the bypass flag, the grace period and remembering work. */
  readonly secondFactorSeesToken: boolean
  /** Grace period before the never-remembered rule, and only for accounts without a second factor of their own. */
  readonly graceOpensAll: boolean
  /** The memory of a second factor is bound to the user agent too. */
  readonly rememberUserAgent: boolean
  /** `regeneratePersonalAccessToken` keeps the bypass flag. */
  readonly regenerateKeepsBypass: boolean
  /** `users.createToken` wants `{userId, secret}`. */
  readonly createTokenWithSecret: boolean
  /** ... and, for somebody else, the permission `user-generate-access-token`. */
  readonly createTokenNeedsPermission: boolean
  /** Invitations by user name find people: in the recordings of 6.14 they find nobody. */
  readonly inviteByName: boolean
  /** /health answers JSON; before, text. */
  readonly healthJson: boolean
  /** /livez and /readyz exist. */
  readonly probes: boolean
  /** Integers and ranges outside their bounds are refused, and `POST settings` writes many. */
  readonly bulkSettings: boolean
  /** A workspace that never reported statistics cannot send messages. */
  readonly restrictsUnreported: boolean
  /** A mail address changes once a minute and account, even to itself. */
  readonly mailChangeLimited: boolean
  /** `roleName` in roles.addUserToRole and the old `rooms.upload` exist. */
  readonly legacyParameters: boolean
  /** `users.info?email=` is known. */
  readonly userByMail: boolean
  /** A schema refusal is the bare text, or ends with its code in brackets. */
  readonly refusalText: 'bare' | 'code-in-brackets'
}

const before7: Conventions = {
  unauthorizedBody: 'message',
  unknownApiPath: 'web-page',
  brokenBody: 'html-400',
  loginRefusal: 'detailed',
  loginSuccessFlag: false,
  declaredChecks: false,
  coerce: false,
  queryParameter: true,
  publicById: false,
  failedMethodStatus: 200,
  cors: 'preflight',
  secondFactorSeesToken: true,
  graceOpensAll: false,
  rememberUserAgent: true,
  regenerateKeepsBypass: false,
  createTokenWithSecret: false,
  createTokenNeedsPermission: true,
  inviteByName: false,
  healthJson: false,
  probes: false,
  bulkSettings: false,
  restrictsUnreported: false,
  mailChangeLimited: true,
  legacyParameters: true,
  userByMail: false,
  refusalText: 'code-in-brackets',
}

/**
 * What each release changed. The 8.x rows were read in the sources of 8.6.1 (first release in which each is certain);
 * a change that is only known to be in 8.6.1 is dated to 8.0.
 */
const changes: readonly (readonly [from: string, change: Partial<Conventions>])[] = [
  [
    '7.0',
    {
      unauthorizedBody: 'message-and-success',
      loginSuccessFlag: true,
      declaredChecks: true,
      queryParameter: false,
      inviteByName: true,
      publicById: true,
      cors: 'every-request',
      restrictsUnreported: true,
    },
  ],
  ['7.11', { healthJson: true, probes: true }],
  [
    '8.0',
    {
      unknownApiPath: 'text-404',
      brokenBody: 'empty',
      loginRefusal: 'merged',
      coerce: true,
      failedMethodStatus: 400,
      cors: 'preflight-403',
      graceOpensAll: true,
      rememberUserAgent: false,
      regenerateKeepsBypass: true,
      createTokenWithSecret: true,
      createTokenNeedsPermission: false,
      mailChangeLimited: false,
      legacyParameters: false,
      userByMail: true,
      refusalText: 'bare',
    },
  ],
  ['8.5', { secondFactorSeesToken: false }],
  ['8.6', { secondFactorSeesToken: true, bulkSettings: true }],
  ['8.6.1', { createTokenNeedsPermission: true }],
]

/** The conventions of one release: those before 7.0 with every later change applied. */
export function conventionsOf(version: Version): Conventions {
  return Object.assign({}, before7, ...changes.filter(([from]) => atLeast(version, from)).map(([, change]) => change))
}
