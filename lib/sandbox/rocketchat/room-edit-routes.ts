import { refuse, refusePlain } from './answers.ts'
import { bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Room } from './documents.ts'
import { anyRoom, groupInUse, namedRoom } from './room-lookup.ts'
import { roomView } from './room-views.ts'
import { checkRoomName, deleteRoom, subscriptionsIn, systemMessage } from './rooms.ts'
import { may } from './server-state.ts'

/** Changing groups themselves, and ending rooms. */
export const roomEditRoutes: readonly Route[] = [
  { method: 'POST', path: 'groups.rename', act: rename },
  { method: 'POST', path: 'groups.setTopic', act: setTopic },
  { method: 'POST', path: 'groups.archive', act: (call) => archive(call, true) },
  { method: 'POST', path: 'groups.unarchive', act: (call) => archive(call, false) },
  { method: 'POST', path: 'groups.delete', act: (call) => remove(call, namedRoom(call, 'group')) },
  { method: 'POST', path: 'rooms.delete', act: (call) => remove(call, anyRoom(call)) },
]

function mayEdit(call: Call, room: Room): void {
  if (may(call.state, caller(call), 'edit-room', room._id)) return
  throw refuse('error-action-not-allowed', 'Editing room is not allowed', {
    method: 'saveRoomSettings',
    action: 'Editing_room',
  })
}

function rename(call: Call): Doc {
  const { state } = call
  const name = bodyText(call, 'name')
  if (name === undefined || name.trim() === '') throw refusePlain('The bodyParam "name" is required')
  const room = groupInUse(call)
  mayEdit(call, room)
  if (name !== room.name) {
    checkRoomName(state, name, room._id)
    room.name = name
    room.fname = name
    for (const place of subscriptionsIn(state, room._id)) Object.assign(place, { name, fname: name })
    systemMessage(state, room, 'r', name, caller(call))
  }
  return { group: roomView(room) }
}

function setTopic(call: Call): Doc {
  const room = namedRoom(call, 'group')
  mayEdit(call, room)
  const topic = bodyText(call, 'topic') ?? ''
  if (room.topic !== topic) {
    room.topic = topic
    systemMessage(call.state, room, 'room_changed_topic', topic, caller(call))
  }
  return { topic }
}

function archive(call: Call, wanted: boolean): Doc {
  const { state } = call
  const room = namedRoom(call, 'group')
  const method = wanted ? 'archiveRoom' : 'unarchiveRoom'
  if (!may(state, caller(call), wanted ? 'archive-room' : 'unarchive-room', room._id))
    throw refuse('error-not-authorized', 'Not authorized', { method })
  room.archived = wanted
  for (const place of subscriptionsIn(state, room._id)) Object.assign(place, { archived: wanted, open: !wanted })
  systemMessage(state, room, wanted ? 'room-archived' : 'room-unarchived', '', caller(call))
  return {}
}

function remove(call: Call, room: Room): Doc {
  const { state } = call
  const permission = room.t === 'c' ? 'delete-c' : room.t === 'p' ? 'delete-p' : 'delete-d'
  if (!may(state, caller(call), permission, room._id))
    throw refuse('error-not-allowed', 'Not allowed', { method: 'eraseRoom' })
  deleteRoom(state, room)
  return {}
}
