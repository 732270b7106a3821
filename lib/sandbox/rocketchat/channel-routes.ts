import { refuse, refusePlain, unauthorized } from './answers.ts'
import { asDoc, asTexts, bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Room } from './documents.ts'
import { namedRoom } from './room-lookup.ts'
import { history, joinedRooms, pageOfMembers, pageOfMessages, pageOfRooms, roomView } from './room-views.ts'
import { canAccess, createRoom, join, subscriptionOf } from './rooms.ts'
import { may } from './server-state.ts'
import { isRestricted } from './usage-report.ts'

/** Public channels, and the two creations that ordinary users are most often denied. */
export const channelRoutes: readonly Route[] = [
  { method: 'POST', path: 'channels.create', act: create },
  { method: 'POST', path: 'channels.join', act: enter },
  { method: 'GET', path: 'channels.list', act: list },
  { method: 'GET', path: 'channels.list.joined', act: listJoined },
  { method: 'GET', path: 'channels.info', act: (call) => ({ channel: roomView(namedRoom(call, 'channel')) }) },
  { method: 'GET', path: 'channels.members', act: (call) => pageOfMembers(call, namedRoom(call, 'channel')) },
  { method: 'GET', path: 'channels.messages', act: (call) => pageOfMessages(call, open(call)) },
  { method: 'GET', path: 'channels.history', act: (call) => history(call, open(call)) },
  { method: 'GET', path: 'channels.counters', act: counters },
  { method: 'POST', path: 'teams.create', act: createTeam },
  { method: 'POST', path: 'rooms.createDiscussion', act: createDiscussion },
]

/** A channel the caller may look into. */
function open(call: Call): Room {
  const room = namedRoom(call, 'channel')
  if (!canAccess(call.state, room, caller(call))) throw unauthorized()
  return room
}

function create(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  if (!may(state, user, 'create-c')) throw unauthorized()
  const name = bodyText(call, 'name')
  if (name === undefined || name === '') throw refusePlain('Param "name" is required')
  const room = createRoom(state, user, {
    t: 'c',
    name,
    members: asTexts(body.members),
    readOnly: body.readOnly === true,
    customFields: asDoc(body.customFields),
    extraData: asDoc(body.extraData),
    excludeSelf: body.excludeSelf === true,
  })
  return { channel: roomView(room) }
}

function enter(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const room = namedRoom(call, 'channel')
  if (!canAccess(state, room, user) || !may(state, user, 'view-c-room'))
    throw refuse('error-not-allowed', 'Not allowed', { method: 'joinRoom' })
  join(state, room, user)
  return { channel: roomView(room) }
}

function list(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const [all, joined] = [may(state, user, 'view-c-room'), may(state, user, 'view-joined-room')]
  if (!all && !joined) throw unauthorized()
  const rooms = state.db.rooms.filter(({ t, _id }) => t === 'c' && (all || subscriptionOf(state, _id, user._id)))
  const { items, ...numbers } = pageOfRooms(call, rooms)
  return { channels: items, ...numbers }
}

function listJoined(call: Call): Doc {
  const { items, ...numbers } = pageOfRooms(call, joinedRooms(call.state, caller(call), 'c'))
  return { channels: items, ...numbers }
}

function counters(call: Call): Doc {
  const { state } = call
  const room = open(call)
  const place = subscriptionOf(state, room._id, caller(call)._id)
  return {
    joined: place !== undefined,
    members: room.usersCount,
    unreads: place ? place.unread : null,
    unreadsFrom: place ? (place.ls ?? place.ts) : null,
    msgs: room.msgs,
    latest: room.lm ?? room.ts,
    userMentions: place ? place.userMentions : null,
  }
}

function createTeam(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  if (!may(state, user, 'create-team')) throw unauthorized()
  const name = bodyText(call, 'name') ?? ''
  const room = createRoom(state, user, {
    ...{ t: call.body.type === 0 ? 'c' : 'p', name, members: asTexts(call.body.members), readOnly: false },
    ...{ customFields: {}, extraData: { teamMain: true }, excludeSelf: false },
  })
  return {
    team: {
      _id: room._id,
      name,
      type: call.body.type ?? 1,
      roomId: room._id,
      createdBy: room.u,
      createdAt: room.ts,
    },
  }
}

function createDiscussion(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const denied = !may(state, user, 'start-discussion') && !may(state, user, 'start-discussion-other-user')
  if (denied)
    throw refuse('error-action-not-allowed', 'You are not allowed to create a discussion', {
      method: 'createDiscussion',
    })
  if (isRestricted(state)) throw refusePlain('restricted-workspace')
  const parent = state.db.rooms.find(({ _id }) => _id === call.body.prid)
  const name = bodyText(call, 't_name')
  if (!parent) throw refuse('error-invalid-room', 'Invalid room', { method: 'DiscussionCreation' })
  if (name === undefined || name === '') throw refusePlain('Body parameter "t_name" is required.')
  const room = createRoom(state, user, {
    ...{
      t: parent.t === 'c' ? 'c' : 'p',
      name: parent._id + state.now(),
      members: asTexts(call.body.users),
      readOnly: false,
    },
    ...{ customFields: {}, extraData: { prid: parent._id }, excludeSelf: false },
  })
  room.fname = name
  return { discussion: { ...roomView(room), rid: room._id } }
}
