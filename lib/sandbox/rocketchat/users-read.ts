import { avatarUrl, infoView, ownServices, ownView, pick, userById, userByMail, userByName } from './accounts.ts'
import { type Answer, json, refuse, refusePlain } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, User } from './documents.ts'
import { conditions, meets, sorted, sorting } from './mongo-query.ts'
import { connected, suggestion } from './people-search.ts'
import { paged } from './pipeline.ts'
import type { Shape } from './schema.ts'
import { isOn, may, type ServerState } from './server-state.ts'

/** Reading accounts (rocketchat.md 4.3 and 19.7). */
export const userReadingRoutes: readonly Route[] = [
  { method: 'GET', path: 'me', act: me },
  { method: 'GET', path: 'users.info', queryShape: infoShape, act: info },
  { method: 'GET', path: 'users.list', act: list },
  { method: 'GET', path: 'users.listByStatus', act: listByStatus },
  { method: 'GET', path: 'users.presence', act: presence },
  { method: 'GET', path: 'users.getStatus', act: status },
  { method: 'GET', path: 'users.autocomplete', act: autocomplete },
  { method: 'GET', path: 'users.getAvatar', login: 'none', act: picture },
  { method: 'GET', path: 'users.getAvatarSuggestion', act: () => ({ suggestions: {} }) },
  { method: 'GET', path: 'users.getPreferences', act: preferences },
]

function me(call: Call): Doc {
  const user = caller(call)
  return { ...ownView(call.state, user, ownServices(user)), isOAuthUser: false }
}

function infoShape(state: ServerState): Shape {
  const names = ['userId', 'username', 'importId', ...(state.rules.userByMail ? ['email', 'freeSwitchExtension'] : [])]
  const fields = Object.fromEntries(
    [...names, 'fields', 'includeUserRooms'].map((name) => [name, { type: 'string' } as const]),
  )
  return {
    fields,
    oneOf: names,
    single: state.rules.userByMail,
    ...(state.rules.queryParameter && { open: true as const }),
  }
}

function info(call: Call): Doc {
  const { state, query } = call
  const viewer = caller(call)
  const name = query.get('username')
  const mail = query.get('email')
  const byMail = state.rules.userByMail && mail !== null && may(state, viewer, 'view-full-other-user-info')
  const user =
    userById(state, query.get('userId')) ??
    (name === null ? undefined : (userByName(state, name) ?? (byMail ? undefined : byIdAsName(state, name)))) ??
    (byMail ? userByMail(state, mail) : undefined)
  if (!user) throw refusePlain('User not found.')
  return { user: infoView(state, viewer, user) }
}

/** Later releases also match an id that is given as the name. */
function byIdAsName(state: ServerState, name: string): User | undefined {
  return state.rules.userByMail ? userById(state, name) : undefined
}

function list(call: Call): Doc {
  const { state } = call
  const viewer = caller(call)
  const restricted = isOn(state, 'API_Apply_permission_view-outside-room_on_users-list')
  if (!may(state, viewer, 'view-d-room') || (restricted && !may(state, viewer, 'view-outside-room')))
    throw refuse('error-unauthorized', 'User does not have the permissions required for this action')
  const full = may(state, viewer, 'view-full-other-user-info')
  const keys = '_id name username status active avatarETag type nickname statusText'.split(' ')
  const more = full ? ['emails', 'roles', 'lastLogin', 'phone', 'reason'] : []
  const mail = state.rules.userByMail ? call.query.get('email') : null
  const wanted = { ...conditions(call), ...(mail !== null && { 'emails.address': mail }) }
  const found = sorted(
    state.db.users.filter((each) => meets(each, wanted)),
    sorting(call) ?? { username: 1 },
  )
  const { items, ...numbers } = paged(call, found)
  const users = items.map((each) => ({
    ...pick(each, [...keys, ...more]),
    nameInsensitive: (each.name ?? '').toLowerCase(),
  }))
  return { users, ...numbers }
}

function listByStatus(call: Call): Doc {
  const { state, query } = call
  const viewer = caller(call)
  if (!may(state, viewer, 'view-d-room') || !may(state, viewer, 'view-outside-room'))
    throw refuse('error-unauthorized', 'User does not have the permissions required for this action')
  const term = (query.get('searchTerm') ?? '').toLowerCase()
  const hits = (user: User) =>
    [user.username, user.name, ...(user.emails ?? []).map(({ address }) => address)].some((text) =>
      text?.toLowerCase().includes(term),
    )
  const { items, ...numbers } = paged(call, sorted(state.db.users.filter(hits), { username: 1 }))
  const keys = '_id name username emails roles status active avatarETag lastLogin type reason federated'.split(' ')
  return { users: items.map((each) => pick(each, keys)), ...numbers }
}

function presence({ state }: Call): Doc {
  const keys = '_id username name status utcOffset statusText avatarETag'.split(' ')
  const users = state.db.users.filter((user) => user.status !== 'offline').map((user) => pick(user, keys))
  return { users, full: true }
}

function status(call: Call): Doc {
  const { state, query } = call
  const named = query.get('userId') ?? query.get('username')
  const user =
    named === null ? caller(call) : (userById(state, query.get('userId')) ?? userByName(state, query.get('username')))
  if (!user)
    throw refuse('error-invalid-user', 'The required "userId" or "username" param provided does not match any users')
  return {
    _id: user._id,
    ...(user.statusConnection && { connectionStatus: user.statusConnection }),
    status: user.status,
  }
}

function autocomplete(call: Call): Doc {
  const { state, query } = call
  const selector = JSON.parse(query.get('selector') ?? '{}') as { term?: string }
  const viewer = caller(call)
  const known = connected(state, viewer, selector.term ?? '')
  if (!may(state, viewer, 'view-outside-room')) return { items: known }
  const ids = new Set(known.map(({ _id }) => _id))
  const term = (selector.term ?? '').toLowerCase()
  const others = state.db.users.filter(
    (user) =>
      user.active &&
      !ids.has(user._id) &&
      [user.username, user.name].some((text) => text?.toLowerCase().includes(term)),
  )
  return { items: [...known, ...others.map(suggestion)] }
}

function picture({ state, query }: Call): Answer {
  const user = userById(state, query.get('userId')) ?? userByName(state, query.get('username'))
  if (!user)
    throw refuse('error-invalid-user', 'The required "userId" or "username" param provided does not match any users')
  const url = avatarUrl(state, user.username ?? '')
  return { status: 307, headers: { ...json(307, {}).headers, Location: url }, body: url }
}

function preferences(call: Call): Doc {
  const user = caller(call)
  if (user.settings) return { preferences: user.settings.preferences ?? {} }
  throw refusePlain("FAILED TO RETRIEVE USER PREFERENCES BECAUSE THEY HAVEN'T BEEN SET UP BY THE USER YET")
}
