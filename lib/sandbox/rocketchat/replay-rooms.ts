import type { Plain } from '../../core/plain.ts'
import { userById } from './accounts.ts'
import type { Message, Room, RoomType } from './documents.ts'
import { objectId, shortId } from './ids.ts'
import type { Bindings } from './replay-bindings.ts'
import { type Exchange, fields, isExchange, objectsIn, pathOf, type Row } from './replay-recording.ts'
import { roomById, subscribe, subscriptionOf } from './rooms.ts'
import type { ServerState } from './server-state.ts'

type View = { readonly [key: string]: Plain }

/** A room that the rows take for granted, as they first show it. */
interface KnownRoom {
  readonly id: string
  readonly view: View
  /** Recorded ids of accounts that act as members. */
  readonly members: readonly string[]
}

const isRoom = ({ _id, t, usersCount, msgs }: View) =>
  typeof _id === 'string' &&
  (t === 'c' || t === 'p' || t === 'd') &&
  typeof usersCount === 'number' &&
  typeof msgs === 'number'

const isMessage = ({ _id, rid, msg, ts, u }: View) =>
  typeof _id === 'string' &&
  typeof rid === 'string' &&
  typeof msg === 'string' &&
  typeof ts === 'string' &&
  fields(u).username !== undefined

/**
 * Puts the rooms, places and messages into the database that were there before the rows, as far as their answers show
 * them, and tells each room in a sentence. `start` is the moment before which all of it happened.
 */
export function insertRooms(
  state: ServerState,
  rows: readonly Row[],
  bindings: Bindings,
  start: number,
): readonly string[] {
  const exchanges = rows.filter(isExchange)
  const told = roomsBefore(exchanges, start).flatMap((room) => insertRoom(state, room, bindings))
  const messages = exchanges.flatMap((row) => objectsIn(row.response.body).filter(isMessage))
  for (const message of messages) if (Date.parse(String(message.ts)) < start) insertMessage(state, message, bindings)
  return told
}

function roomsBefore(rows: readonly Exchange[], start: number): readonly KnownRoom[] {
  const found = new Map<string, View>()
  for (const row of rows)
    for (const view of objectsIn(row.response.body).filter(isRoom)) {
      const old = Date.parse(String(view.ts)) < start
      if (old && !found.has(String(view._id))) found.set(String(view._id), view)
    }
  return [...found].map(([id, view]) => ({ id, view, members: membersOf(rows, id, view) }))
}

/** The creator, the listed, and whoever wrote into the room or read it as a member. */
function membersOf(rows: readonly Exchange[], id: string, view: View): readonly string[] {
  const creator = view.t === 'p' ? [fields(view.u)._id] : []
  const direct = Array.isArray(view.uids) ? view.uids : []
  const writers = rows
    .flatMap((row) =>
      objectsIn(row.response.body).filter((each) => isMessage(each) && each.rid === id && each.t === undefined),
    )
    .map(({ u }) => fields(u)._id)
  const listed = rows
    .filter((row) => /\.members$/.test(pathOf(row)) && row.request.path.includes(id))
    .flatMap((row) => objectsIn(row.response.body).map(({ _id }) => _id))
  return [
    ...new Set(
      [...creator, ...direct, ...listed, ...writers].filter((each): each is string => typeof each === 'string'),
    ),
  ]
}

function insertRoom(state: ServerState, { id, view, members }: KnownRoom, bindings: Bindings): readonly string[] {
  const { u, usersCount, msgs, lastMessage, uids, _updatedAt, ...rest } = view
  const known = roomById(state, id)
  const people = members.map((each) => userById(state, bindings.get(each) ?? each)).filter((each) => each !== undefined)
  const t = view.t as RoomType
  const room: Room = known ?? {
    ...rest,
    _id:
      t === 'd' && people.length <= 2
        ? people
            .map(({ _id }) => _id)
            .sort()
            .join('')
        : objectId(state.now()),
    ...{
      t,
      usersCount: 0,
      msgs: 0,
      default: view.default === true,
      ts: String(view.ts),
      _updatedAt: String(_updatedAt ?? view.ts),
    },
    ...(t !== 'd' && {
      u: {
        ...fields(u),
        _id: bindings.get(String(fields(u)._id)) ?? String(fields(u)._id),
        username: String(fields(u).username),
      },
    }),
    ...(t === 'd' && { uids: people.map(({ _id }) => _id).sort() }),
  }
  if (!known) {
    state.db.rooms.push(room)
    bindings.force(id, room._id)
  }
  for (const person of people)
    if (!subscriptionOf(state, room._id, person._id)) {
      const owner = t === 'p' && person._id === room.u?._id
      const others = people.filter((each) => each !== person)
      const names = {
        name: others.map(({ username }) => username).join(', '),
        fname: others.map(({ name, username }) => name ?? username).join(', '),
        id: shortId(),
      }
      subscribe(state, room, person, { ...(owner && { roles: ['owner'] }), ...(t === 'd' && names) })
    }
  room.usersCount = Number(usersCount)
  room.msgs = Number(msgs)
  return [`the room ${String(view.name ?? view.usernames)} had ${msgs} messages and ${usersCount} members`]
}

function insertMessage(state: ServerState, view: View, bindings: Bindings): void {
  const { _id, rid, u } = view
  const room = roomById(state, bindings.get(String(rid)) ?? rid)
  if (!room || state.db.messages.some((each) => each._id === (bindings.get(String(_id)) ?? _id))) return
  const writer = fields(u)
  const message: Message = {
    ...view,
    ...{
      _id: shortId(),
      rid: room._id,
      msg: String(view.msg),
      ts: String(view.ts),
      _updatedAt: String(view._updatedAt ?? view.ts),
    },
    u: { ...writer, _id: bindings.get(String(writer._id)) ?? String(writer._id), username: String(writer.username) },
  }
  state.db.messages.push(message)
  bindings.force(String(_id), message._id)
  if (message.t === undefined && (room.lm ?? '') <= message.ts)
    Object.assign(room, { lm: message.ts, lastMessage: message })
}
