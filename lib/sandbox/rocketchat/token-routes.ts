import { addToken, dropTokens, openSession, tokensOf, touch, userById, userByName } from './accounts.ts'
import { refuse, refusePlain } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, LoginToken, User } from './documents.ts'
import { isSet } from './env.ts'
import { hashToken, newToken } from './ids.ts'
import type { Shape } from './schema.ts'
import { may, type ServerState, stamp } from './server-state.ts'

/** Personal access tokens and tokens for others (rocketchat.md step 2, 4.4 and 19.2). */
export const tokenRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'users.generatePersonalAccessToken',
    secondFactor: 'remembered',
    bodyShape: named({ bypassTwoFactor: { type: 'boolean' } }),
    act: generate,
  },
  {
    method: 'POST',
    path: 'users.regeneratePersonalAccessToken',
    secondFactor: 'remembered',
    bodyShape: named({}),
    act: regenerate,
  },
  {
    method: 'POST',
    path: 'users.removePersonalAccessToken',
    secondFactor: 'remembered',
    bodyShape: named({}),
    act: remove,
  },
  {
    method: 'GET',
    path: 'users.getPersonalAccessTokens',
    permissions: ['create-personal-access-tokens'],
    act: list,
  },
  {
    method: 'POST',
    path: 'users.createToken',
    bodyShape: (state) =>
      state.rules.createTokenWithSecret
        ? { fields: { userId: { type: 'string', required: true }, secret: { type: 'string', required: true } } }
        : undefined,
    act: createToken,
  },
]

function named(more: Shape['fields']): (state: ServerState) => Shape | undefined {
  const shape: Shape = { fields: { tokenName: { type: 'string', required: true }, ...more } }
  return (state) => (state.rules.coerce ? shape : undefined)
}

const personal = ({ type }: LoginToken) => type === 'personalAccessToken'

function nameOf({ body }: Call): unknown {
  const name = body.tokenName
  if (!name) throw refusePlain("The 'tokenName' param is required")
  return name
}

function allowed(call: Call, method: string): User {
  const user = caller(call)
  if (!may(call.state, user, 'create-personal-access-tokens'))
    throw refuse('not-authorized', 'Not Authorized', { method: `personalAccessTokens:${method}` })
  return user
}

function find(user: User, name: unknown, method: string): LoginToken {
  const found = tokensOf(user).find((each) => personal(each) && each.name === name)
  if (found) return found
  throw refuse('error-token-does-not-exists', 'Token does not exist', { method: `personalAccessTokens:${method}` })
}

function issue(state: ServerState, user: User, name: unknown, bypassTwoFactor: unknown): string {
  const token = newToken()
  addToken(user, {
    hashedToken: hashToken(token),
    type: 'personalAccessToken',
    createdAt: stamp(state),
    lastTokenPart: token.slice(-6),
    name,
    ...(bypassTwoFactor !== undefined && { bypassTwoFactor }),
  })
  touch(state, user)
  return token
}

function generate(call: Call): Doc {
  return { token: generateToken(call, nameOf(call), call.body.bypassTwoFactor) }
}

/** Issues a token for the caller; the answer is the token itself. Throws when the name is taken. */
export function generateToken(call: Call, name: unknown, bypassTwoFactor: unknown): string {
  const user = allowed(call, 'generateToken')
  if (tokensOf(user).some((each) => personal(each) && each.name === name))
    throw refuse('error-token-already-exists', 'A token with this name already exists', {
      method: 'personalAccessTokens:generateToken',
    })
  return issue(call.state, user, name, bypassTwoFactor)
}

function regenerate(call: Call): Doc {
  return { token: regenerateToken(call, nameOf(call)) }
}

/** Replaces a token of the caller by a new one, which loses the bypass flag up to 7.x. */
export function regenerateToken(call: Call, name: unknown): string {
  const user = allowed(call, 'regenerateToken')
  const old = find(user, name, 'regenerateToken')
  dropTokens(user, (each) => each === old)
  return issue(call.state, user, name, call.state.rules.regenerateKeepsBypass ? old.bypassTwoFactor : undefined)
}

function remove(call: Call): Doc {
  removeToken(call, nameOf(call))
  return {}
}

/** Takes a token of the caller away. */
export function removeToken(call: Call, name: unknown): undefined {
  const user = allowed(call, 'removeToken')
  const old = find(user, name, 'removeToken')
  dropTokens(user, (each) => each === old)
  touch(call.state, user)
  return undefined
}

function list(call: Call): Doc {
  const user = caller(call)
  if (!may(call.state, user, 'create-personal-access-tokens')) throw refuse('not-authorized', 'Not Authorized')
  const tokens = tokensOf(user)
    .filter(personal)
    .map(({ name, createdAt, lastTokenPart, bypassTwoFactor }) => ({
      name,
      createdAt,
      lastTokenPart,
      bypassTwoFactor: Boolean(bypassTwoFactor),
    }))
  return { tokens }
}

function createToken(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const wanted = userFromBody(call)
  const denied = refuse('error-not-authorized', 'Not authorized', { method: 'createToken' })
  if (state.rules.createTokenWithSecret) {
    const secret = state.env.CREATE_TOKENS_FOR_USERS_SECRET
    if (secret === undefined || secret === '' || body.secret !== secret) throw denied
  } else if (!isSet(state.env, 'CREATE_TOKENS_FOR_USERS')) {
    throw denied
  }
  const needs = state.rules.createTokenNeedsPermission && wanted._id !== user._id
  if (needs && !may(state, user, 'user-generate-access-token')) throw denied
  return { data: { userId: wanted._id, authToken: openSession(state, wanted) } }
}

/** The account that `userId` or `username` of the body names. Throws as the real helper does. */
export function userFromBody(call: Call): User {
  const { state, body } = call
  const [id, name] = [body.userId || undefined, body.username || body.user || undefined]
  if (id === undefined && name === undefined)
    throw refuse('error-user-param-not-provided', 'The required "userId" or "username" param was not provided')
  const found = id !== undefined ? userById(state, id) : userByName(state, name, true)
  if (!found)
    throw refuse('error-invalid-user', 'The required "userId" or "username" param provided does not match any users')
  return found
}
