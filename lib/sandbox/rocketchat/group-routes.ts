import { userById, userByName } from './accounts.ts'
import { refuse, refusePlain, unauthorized } from './answers.ts'
import { asDoc, asTexts, bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Room, User } from './documents.ts'
import { anyRoom, groupInUse, namedRoom } from './room-lookup.ts'
import { history, joinedRooms, pageOfMembers, pageOfMessages, pageOfRooms, roomView } from './room-views.ts'
import { canAccess, createRoom, depart, subscribe, subscriptionOf, subscriptionsIn, systemMessage } from './rooms.ts'
import { may, type ServerState, stamp } from './server-state.ts'
import { userFromBody } from './token-routes.ts'

/** Private groups: who is in them, and as what (rocketchat.md 18.22 and 19.7). */
export const groupRoutes: readonly Route[] = [
  { method: 'POST', path: 'groups.create', act: create },
  { method: 'POST', path: 'groups.invite', act: invite },
  { method: 'POST', path: 'groups.kick', act: kick },
  { method: 'POST', path: 'groups.leave', act: (call) => leave(call, namedRoom(call, 'group')) },
  { method: 'POST', path: 'groups.addOwner', act: (call) => setRole(call, 'owner', true) },
  { method: 'POST', path: 'groups.removeOwner', act: (call) => setRole(call, 'owner', false) },
  { method: 'POST', path: 'groups.addModerator', act: (call) => setRole(call, 'moderator', true) },
  { method: 'POST', path: 'groups.removeModerator', act: (call) => setRole(call, 'moderator', false) },
  { method: 'GET', path: 'groups.list', act: list },
  { method: 'GET', path: 'groups.listAll', act: listAll },
  { method: 'GET', path: 'groups.info', act: (call) => ({ group: roomView(namedRoom(call, 'group')) }) },
  { method: 'GET', path: 'groups.members', act: (call) => pageOfMembers(call, groupInUse(call)) },
  { method: 'GET', path: 'groups.messages', act: (call) => pageOfMessages(call, namedRoom(call, 'group')) },
  { method: 'GET', path: 'groups.history', act: (call) => history(call, namedRoom(call, 'group')) },
  { method: 'GET', path: 'groups.roles', act: roles },
  { method: 'GET', path: 'rooms.info', act: info },
  { method: 'POST', path: 'rooms.leave', act: (call) => leave(call, anyRoom(call)) },
]

function create(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const name = bodyText(call, 'name')
  if (name === undefined || name === '') throw refusePlain('Body param "name" is required')
  if (!may(state, user, 'create-p')) throw refuse('error-not-allowed', 'Not allowed', { method: 'createPrivateGroup' })
  const room = createRoom(state, user, {
    t: 'p',
    name,
    members: asTexts(body.members),
    readOnly: body.readOnly === true,
    customFields: asDoc(body.customFields),
    extraData: asDoc(body.extraData),
    excludeSelf: body.excludeSelf === true,
  })
  return { group: roomView(room) }
}

function invite(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const room = namedRoom(call, 'group', false)
  const people = invited(call)
  if (people.length === 0) throw refuse('error-empty-invite-list', 'Cannot invite if no valid users are provided')
  const member = subscriptionOf(state, room._id, user._id) !== undefined
  const allowed =
    (member && may(state, user, 'add-user-to-joined-room', room._id)) || may(state, user, 'add-user-to-any-p-room')
  if (!allowed) throw refuse('error-not-allowed', 'Not allowed', { method: 'addUsersToRoom' })
  for (const person of people) {
    if (subscriptionOf(state, room._id, person._id)) continue
    subscribe(state, room, person, { alert: true, withName: true })
    systemMessage(state, room, 'au', person.username ?? '', user)
  }
  return { group: roomView(room) }
}

/** Whom an invitation names; in the recordings of 6.14 a look-up by user name finds nobody, ids do. */
function invited({ state, body }: Call): readonly User[] {
  const one = body.userId ?? body.username ?? body.user
  const many = body.userIds ?? body.usernames
  const list = [
    ...new Set([...(Array.isArray(many) ? many : []), one].filter((each) => typeof each === 'string' && each !== '')),
  ]
  if (list.length === 0)
    throw refuse(
      'error-users-params-not-provided',
      'Please provide "userId" or "username", or "userIds" or "usernames" as array',
    )
  const byId = body.userId !== undefined || body.userIds !== undefined
  const find = (each: unknown) =>
    byId ? userById(state, each) : state.rules.inviteByName ? userByName(state, each, true) : undefined
  return list.map(find).filter((each) => each !== undefined)
}

function kick(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const target = userFromBody(call)
  const room = namedRoom(call, 'group', !may(state, user, 'kick-user-from-any-p-room'))
  const denied = () => refuse('error-not-allowed', 'Not allowed', { method: 'removeUserFromRoom' })
  if (!may(state, user, 'remove-user', room._id) && !may(state, user, 'kick-user-from-any-p-room')) throw denied()
  const place = subscriptionOf(state, room._id, target._id)
  if (!place) throw refuse('error-user-not-in-room', 'User is not in this room', { method: 'removeUserFromRoom' })
  if (isLastOwner(state, room, target)) throw lastOwner('removeUserFromRoom')
  depart(state, room, target, 'ru', user)
  return {}
}

function isLastOwner(state: ServerState, room: Room, user: User): boolean {
  const owners = subscriptionsIn(state, room._id).filter(({ roles: held }) => held?.includes('owner'))
  return owners.length === 1 && owners[0]?.u._id === user._id
}

function lastOwner(method: string) {
  return refuse('error-you-are-last-owner', 'You are the last owner. Please set new owner before leaving the room.', {
    method,
  })
}

function leave(call: Call, room: Room): Doc {
  const { state } = call
  const user = caller(call)
  const permission = room.t === 'c' ? 'leave-c' : 'leave-p'
  if (room.t === 'd' || !may(state, user, permission))
    throw refuse('error-not-allowed', 'Not allowed', { method: 'leaveRoom' })
  if (!subscriptionOf(state, room._id, user._id))
    throw refuse('error-user-not-in-room', 'You are not in this room', { method: 'leaveRoom' })
  if (isLastOwner(state, room, user)) throw lastOwner('leaveRoom')
  depart(state, room, user, 'ul')
  return {}
}

function setRole(call: Call, role: string, wanted: boolean): Doc {
  const { state } = call
  const user = caller(call)
  const room = namedRoom(call, 'group')
  const target = userFromBody(call)
  const place = subscriptionOf(state, room._id, target._id)
  const method = `${wanted ? 'add' : 'remove'}Room${role === 'owner' ? 'Owner' : 'Moderator'}`
  if (!may(state, user, `set-${role}`, room._id)) throw refuse('error-not-allowed', 'Not allowed', { method })
  if (!place) throw refuse('error-user-not-in-room', 'User is not in this room', { method })
  const held = place.roles ?? []
  if (wanted && held.includes(role))
    throw refuse(`error-user-already-${role}`, `User is already an ${role}`, { method })
  if (!wanted && !held.includes(role)) throw refuse(`error-user-not-${role}`, `User is not an ${role}`, { method })
  if (!wanted && role === 'owner' && isLastOwner(state, room, target))
    throw refuse(
      'error-remove-last-owner',
      'This is the last owner. Please set a new owner before removing this one.',
      { method },
    )
  place.roles = wanted ? [...held, role] : held.filter((each) => each !== role)
  place._updatedAt = stamp(state)
  systemMessage(
    state,
    room,
    wanted ? 'subscription-role-added' : 'subscription-role-removed',
    target.username ?? '',
    user,
    { role },
  )
  return {}
}

function list(call: Call): Doc {
  const { items, offset, count, total } = pageOfRooms(call, joinedRooms(call.state, caller(call), 'p'))
  return { groups: items, offset, count, total }
}

function listAll(call: Call): Doc {
  if (!may(call.state, caller(call), 'view-room-administration')) throw unauthorized()
  const { items, offset, count, total } = pageOfRooms(
    call,
    call.state.db.rooms.filter(({ t }) => t === 'p'),
  )
  return { groups: items, offset, count, total }
}

function roles(call: Call): Doc {
  const room = namedRoom(call, 'group')
  const held = subscriptionsIn(call.state, room._id).filter((place) => (place.roles?.length ?? 0) > 0)
  return { roles: held.map(({ _id, rid, u, roles: names }) => ({ _id, rid, u, roles: names })) }
}

function info(call: Call): Doc {
  const room = anyRoom(call)
  if (!canAccess(call.state, room, caller(call))) throw refuse('not-allowed', 'Not Allowed')
  return { room: roomView(room) }
}
