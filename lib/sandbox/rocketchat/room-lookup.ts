import { refuse } from './answers.ts'
import { bodyText, type Call, caller } from './call.ts'
import type { Room } from './documents.ts'
import { roomById, roomByName, subscriptionOf } from './rooms.ts'

type Kind = 'channel' | 'group' | 'direct'

const types = { channel: 'c', group: 'p', direct: 'd' } as const

/** The room that `roomId` or `roomName` names, in the query or the body; a group only for its members. */
export function namedRoom(call: Call, kind: Kind, membersOnly = kind !== 'channel'): Room {
  const { state, query } = call
  const id = bodyText(call, 'roomId') ?? query.get('roomId') ?? ''
  const name = bodyText(call, 'roomName') ?? query.get('roomName') ?? ''
  if (id.trim() === '' && name.trim() === '')
    throw refuse('error-room-param-not-provided', 'The parameter "roomId" or "roomName" is required')
  const room = id !== '' ? roomById(state, id) : roomByName(state, name, [types[kind]])
  const known = room?.t === types[kind] && (!membersOnly || subscriptionOf(state, room._id, caller(call)._id))
  if (room && known) return room
  const what = kind === 'direct' ? 'direct message' : kind
  throw refuse('error-room-not-found', `The required "roomId" or "roomName" param provided does not match any ${what}`)
}

/** A group that its members still use: an archived one is refused. */
export function groupInUse(call: Call): Room {
  const room = namedRoom(call, 'group')
  if (room.archived) throw refuse('error-room-archived', `The private group, ${room.name}, is archived`)
  return room
}

/** The room that `roomId` or `roomName` names, of whatever kind, for anybody. */
export function anyRoom(call: Call): Room {
  const { state, query } = call
  const id = bodyText(call, 'roomId') ?? query.get('roomId') ?? ''
  const name = bodyText(call, 'roomName') ?? query.get('roomName') ?? ''
  if (id === '' && name === '')
    throw refuse('error-roomid-param-not-provided', 'The parameter "roomId" or "roomName" is required')
  const room = roomById(state, id) ?? state.db.rooms.find((each) => each.name === name)
  if (!room)
    throw refuse(
      'error-room-not-found',
      'The required "roomId" or "roomName" param provided does not match any channel',
    )
  return room
}
