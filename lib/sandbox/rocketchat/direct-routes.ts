import { pick, userByName } from './accounts.ts'
import { refuse, refusePlain, unauthorized } from './answers.ts'
import { asTexts, type Call, caller, type Route } from './call.ts'
import type { Doc, Room, Subscription, User } from './documents.ts'
import { markRead } from './messages.ts'
import { sorted, sorting } from './mongo-query.ts'
import { sinceOf } from './permission-routes.ts'
import { paged } from './pipeline.ts'
import { namedRoom } from './room-lookup.ts'
import { adminView, feedView, history, joinedRooms, pageOfMessages, pageOfRooms } from './room-views.ts'
import { directRoom, subscriptionOf } from './rooms.ts'
import { may, stamp } from './server-state.ts'

/** Direct conversations; each route has two names, so a call counts twice. */
const direct: readonly Omit<Route, 'weight'>[] = [
  { method: 'POST', path: 'create', act: create },
  { method: 'POST', path: 'close', act: close },
  { method: 'GET', path: 'list', act: list },
  { method: 'GET', path: 'list.everyone', act: listEveryone },
  { method: 'GET', path: 'messages', act: (call) => pageOfMessages(call, namedRoom(call, 'direct')) },
  { method: 'GET', path: 'history', act: (call) => history(call, namedRoom(call, 'direct')) },
]

/** Conversations, places in rooms, and the lists of rooms. */
export const directRoutes: readonly Route[] = [
  ...direct.flatMap((route) =>
    ['im', 'dm'].map((name): Route => ({ ...route, path: `${name}.${route.path}`, weight: 2 })),
  ),
  { method: 'GET', path: 'subscriptions.get', act: places },
  { method: 'GET', path: 'subscriptions.getOne', act: place },
  { method: 'POST', path: 'subscriptions.read', act: read },
  { method: 'GET', path: 'rooms.get', act: rooms },
  { method: 'GET', path: 'rooms.adminRooms', act: adminRooms },
]

function create(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const invalid = refuse('error-invalid-user', 'Invalid user', { method: 'createDirectMessage' })
  const names =
    typeof body.usernames === 'string' ? body.usernames.split(',').map((name) => name.trim()) : [body.username]
  if (names.every((name) => typeof name !== 'string' || name === ''))
    throw refuse('error-room-param-not-provided', 'The required "username" or "usernames" param was not provided')
  const found = names.map((name) => userByName(state, name))
  const people = found.filter((each): each is User => each !== undefined)
  if (people.length !== names.length) throw invalid
  const members = body.excludeSelf === true ? people : [user, ...people]
  if (!may(state, user, 'create-d')) throw refuse('error-not-allowed', 'Not allowed', { method: 'createDirectMessage' })
  const room = directRoom(state, user, members)
  const mine = subscriptionOf(state, room._id, user._id)
  if (mine) mine.open = true
  return { room: { t: 'd', rid: room._id, usernames: room.usernames, _id: room._id } }
}

function close(call: Call): Doc {
  const { state } = call
  const room = namedRoom(call, 'direct')
  const mine = subscriptionOf(state, room._id, caller(call)._id)
  if (!mine) throw refusePlain('The user is not in this room')
  mine.open = false
  mine._updatedAt = stamp(state)
  return {}
}

function list(call: Call): Doc {
  const { items, offset, count, total } = pageOfRooms(call, joinedRooms(call.state, caller(call), 'd'))
  return { ims: items, offset, count, total }
}

function listEveryone(call: Call): Doc {
  if (!may(call.state, caller(call), 'view-room-administration')) throw unauthorized()
  const { items, offset, count, total } = pageOfRooms(
    call,
    call.state.db.rooms.filter(({ t }) => t === 'd'),
  )
  return { ims: items, offset, count, total }
}

function placeView(own: Subscription): Doc {
  return pick(
    own,
    '_id t ts ls lr name fname rid u open alert roles unread userMentions groupMentions archived _updatedAt'.split(' '),
  )
}

function places(call: Call): Doc {
  const { state, query } = call
  const since = sinceOf(query.get('updatedSince'))
  const own = state.db.subscriptions.filter(({ u }) => u._id === caller(call)._id)
  const fresh = own.filter(
    ({ _updatedAt }) =>
      since === Number.NEGATIVE_INFINITY || (_updatedAt !== undefined && Date.parse(_updatedAt) > since),
  )
  return { update: fresh.map(placeView), remove: [] }
}

function place(call: Call): Doc {
  const rid = call.query.get('roomId')
  if (rid === null || rid === '') throw refusePlain("The 'roomId' param is required")
  const own = subscriptionOf(call.state, rid, caller(call)._id)
  return { subscription: own ? placeView(own) : null }
}

function read(call: Call): Doc {
  const { state, body } = call
  const own = subscriptionOf(state, String(body.rid ?? body.roomId), caller(call)._id)
  if (!own) throw refuse('error-invalid-subscription', 'Invalid subscription')
  markRead(state, own)
  return {}
}

function rooms(call: Call): Doc {
  const { state, query } = call
  const since = sinceOf(query.get('updatedSince'))
  const user = caller(call)
  const inside = state.db.rooms.filter(
    ({ _id, _updatedAt }) => subscriptionOf(state, _id, user._id) && Date.parse(_updatedAt) > since,
  )
  return { update: inside.map(feedView), remove: [] }
}

function adminRooms(call: Call): Doc {
  const { state, query } = call
  if (!may(state, caller(call), 'view-room-administration')) throw refuse('error-not-authorized', 'Not Authorized')
  const types = asTexts(query.getAll('types[]').concat(query.getAll('types')))
  const text = (query.get('filter') ?? '').toLowerCase()
  const hit = (room: Room) => (room.name ?? (room.usernames ?? []).join(' ')).toLowerCase().includes(text)
  const found = state.db.rooms.filter((room) => (types.length === 0 || types.includes(room.t)) && hit(room))
  const { items, ...numbers } = paged(call, sorted(found, sorting(call) ?? { default: -1, name: 1 }))
  return { rooms: items.map(adminView), ...numbers }
}
