import { userByName } from './accounts.ts'
import { failure, refuse, refusePlain } from './answers.ts'
import { asDoc, bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Message, Room, User } from './documents.ts'
import { enterToWrite, markdown, messageView, write } from './messages.ts'
import { author, canAccess, directRoom, roomById, roomByName, subscriptionOf } from './rooms.ts'
import type { Shape } from './schema.ts'
import { may, type ServerState, stamp } from './server-state.ts'
import { isRestricted } from './usage-report.ts'

/** Messages: sending, changing, reading one. */
export const chatRoutes: readonly Route[] = [
  { method: 'POST', path: 'chat.postMessage', bodyShape: postShape, act: post },
  { method: 'POST', path: 'chat.sendMessage', act: send },
  { method: 'POST', path: 'chat.update', act: update },
  { method: 'POST', path: 'chat.delete', act: remove },
  { method: 'POST', path: 'chat.react', act: react },
  { method: 'POST', path: 'chat.starMessage', act: (call) => star(call, true) },
  { method: 'POST', path: 'chat.unStarMessage', act: (call) => star(call, false) },
  { method: 'POST', path: 'chat.pinMessage', act: pin },
  { method: 'GET', path: 'chat.getMessage', act: read },
  { method: 'GET', path: 'chat.search', act: search },
]

/** From 8.0 on, other keys than these are refused. */
function postShape(state: ServerState): Shape | undefined {
  if (!state.rules.coerce) return undefined
  const names = 'roomId channel text alias emoji avatar attachments tmid parseUrls customFields'.split(' ')
  return { fields: Object.fromEntries(names.map((name) => [name, {}])) }
}

function post(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const rooms = roomsNamed(state, user, body.roomId ?? body.channel)
  const wanted = body.channel ?? body.roomId
  const disguised = body.alias !== undefined || body.avatar !== undefined
  for (const room of rooms) enterToWrite(state, room, user)
  if (disguised && !may(state, user, 'message-impersonate')) throw refusePlain('Not enough permission')
  const [room] = rooms
  if (!room) throw refuse('invalid-channel')
  const message = write(state, room, user, {
    alias: bodyText(call, 'alias') ?? '',
    msg: bodyText(call, 'text') ?? '',
    attachments: Array.isArray(body.attachments) ? body.attachments : [],
    parseUrls: body.parseUrls ?? true,
    groupable: false,
    ...(typeof body.tmid === 'string' && { tmid: body.tmid }),
  })
  return { ts: state.now(), channel: wanted, message }
}

/** The room that `roomId` or `channel` names: an id, `#channel`, `@user`. */
function roomsNamed(state: ServerState, user: User, wanted: unknown): readonly Room[] {
  if (typeof wanted !== 'string') throw refuse('invalid-channel')
  const partner = wanted.startsWith('@') ? userByName(state, wanted.slice(1), true) : undefined
  if (partner) return [directRoom(state, user, [user, partner])]
  const room = roomById(state, wanted) ?? roomByName(state, wanted.replace(/^#/, ''), ['c', 'p'])
  if (!room) throw refuse('invalid-channel')
  return [room]
}

function send(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const given = asDoc(call.body.message)
  if (typeof given.rid !== 'string') throw refuse('error-invalid-params', 'The "message" parameter must be provided.')
  const room = roomById(state, given.rid)
  if (!room) throw refusePlain('error-invalid-room')
  enterToWrite(state, room, user)
  if (state.db.messages.some(({ _id }) => _id === given._id))
    throw refusePlain("Cannot read property 'starred' of undefined")
  return { message: write(state, room, user, { ...given, msg: String(given.msg ?? '') }) }
}

function messageOf(call: Call, id: unknown): { message: Message; room: Room } {
  const message = call.state.db.messages.find(({ _id }) => _id === id)
  const room = message && roomById(call.state, message.rid)
  if (!message || !room) throw refusePlain(`No message found with the id of "${String(id)}".`)
  return { message, room }
}

function update(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const { message, room } = messageOf(call, body.msgId)
  if (body.roomId !== room._id) throw refusePlain('The room id provided does not match where the message is from.')
  if (isRestricted(state)) throw refusePlain('restricted-workspace')
  const own = message.u._id === user._id && state.db.settings.Message_AllowEditing?.value === true
  if (!own && !may(state, user, 'edit-message', room._id))
    throw refuse('error-action-not-allowed', 'Message editing not allowed', {
      method: 'updateMessage',
      action: 'Message_editing',
    })
  const { _id, username } = author(user)
  message.msg = bodyText(call, 'text') ?? ''
  message.md = markdown(message.msg)
  message.editedAt = stamp(state)
  message.editedBy = { _id, username }
  message._updatedAt = stamp(state)
  return { message: messageView(message, user) }
}

function remove(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const { message, room } = messageOf(call, body.msgId)
  if (body.roomId !== room._id) throw refusePlain('The room id provided does not match where the message is from.')
  const mine = message.u._id === user._id && may(state, user, 'delete-own-message', room._id)
  if (!mine && !may(state, user, 'delete-message', room._id) && !may(state, user, 'force-delete-message', room._id))
    throw refuse('error-action-not-allowed', 'Not allowed')
  state.db.messages = state.db.messages.filter((each) => each !== message)
  room.msgs -= 1
  if (room.lastMessage?._id === message._id) {
    const last = state.db.messages.findLast(({ rid, t }) => rid === room._id && t === undefined)
    if (last) room.lastMessage = last
    else delete room.lastMessage
  }
  const { _id, u, rid } = message
  return { _id, ts: String(state.now()), message: { _id, u, rid } }
}

function react(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const { message } = messageOf(call, body.messageId)
  const name = String(body.emoji ?? body.reaction ?? '')
  if (name === '') throw refuse('error-emoji-param-not-provided', 'The required "emoji" param is missing.')
  const emoji = `:${name.replaceAll(':', '')}:`
  const reactions = { ...(message.reactions as Record<string, { usernames: string[] }> | undefined) }
  const names = reactions[emoji]?.usernames ?? []
  const wanted = typeof body.shouldReact === 'boolean' ? body.shouldReact : !names.includes(user.username ?? '')
  const others = names.filter((each) => each !== user.username)
  reactions[emoji] = { usernames: wanted ? [...others, user.username ?? ''] : others }
  if (reactions[emoji].usernames.length === 0) delete reactions[emoji]
  message.reactions = reactions
  message._updatedAt = stamp(state)
  return {}
}

function star(call: Call, wanted: boolean): Doc {
  const user = caller(call)
  const { message } = messageOf(call, call.body.messageId)
  const others = ((message.starred as { _id: string }[] | undefined) ?? []).filter(({ _id }) => _id !== user._id)
  message.starred = wanted ? [...others, { _id: user._id }] : others
  return {}
}

function pin(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const { message, room } = messageOf(call, call.body.messageId)
  if (!may(state, user, 'pin-message', room._id))
    throw refuse('not-authorized', 'Not Authorized', { method: 'pinMessage' })
  message.pinned = true
  message.pinnedAt = stamp(state)
  message.pinnedBy = { _id: user._id, username: user.username }
  message._updatedAt = stamp(state)
  return { message: messageView(message, user) }
}

function read(call: Call): Doc {
  const { state, query } = call
  const id = query.get('msgId')
  if (id === null || id === '') throw refuse('error-message-id-required', 'The required "msgId" param is missing.')
  const message = state.db.messages.find(({ _id }) => _id === id)
  const room = message && roomById(state, message.rid)
  const user = caller(call)
  if (!message || !room || !canAccess(state, room, user)) throw failure()
  return { message: messageView(message, user) }
}

/** The text search of the database is not part of the double, nor of the database the recordings were made on. */
function search(call: Call): Doc {
  const { state, query } = call
  const room = roomById(state, query.get('roomId'))
  if (query.get('roomId') === null)
    throw refuse('error-roomId-param-not-provided', 'The required "roomId" query param is missing.')
  if (!query.get('searchText'))
    throw refuse('error-searchText-param-not-provided', 'The required "searchText" query param is missing.')
  if (!room || !subscriptionOf(state, room._id, caller(call)._id)) throw refuse('error-not-allowed', 'Not allowed')
  throw refusePlain('unknown operator: $search')
}
