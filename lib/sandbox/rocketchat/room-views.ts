import { pick } from './accounts.ts'
import type { Call } from './call.ts'
import { caller } from './call.ts'
import type { Doc, Room, User } from './documents.ts'
import { messagesIn, messageView } from './messages.ts'
import { conditions, meets, sorted, sorting } from './mongo-query.ts'
import { paged } from './pipeline.ts'
import { subscriptionOf, subscriptionsIn } from './rooms.ts'
import type { ServerState } from './server-state.ts'

/** A room as the room routes show it: without the lists that only the database needs. */
export function roomView(room: Room): Doc {
  const { joinCode, members, importIds, e2e, ...shown } = room
  return shown
}

const listed =
  '_id name fname t cl u lm _updatedAt default customFields lastMessage usersCount msgs ro sysMes ts usernames uids topic archived prid'.split(
    ' ',
  )

/** What `rooms.get` shows of a room. */
export function feedView(room: Room): Doc {
  return pick(room, listed)
}

const administered = '_id name fname t cl u usernames ts usersCount prid default topic msgs archived ro'.split(' ')

/** What `rooms.adminRooms` shows of a room. */
export function adminView(room: Room): Doc {
  return pick(room, administered)
}

/** One page of rooms, sorted by name unless the query says otherwise. */
export function pageOfRooms(
  call: Call,
  rooms: readonly Room[],
): { items: readonly Doc[]; count: number; offset: number; total: number } {
  const wanted = conditions(call)
  const { items, ...numbers } = paged(
    call,
    sorted(
      rooms.filter((room) => meets(room, wanted)),
      sorting(call) ?? { name: 1 },
    ),
  )
  return { items: items.map(roomView), ...numbers }
}

/** The rooms in which somebody has a place. */
export function joinedRooms(state: ServerState, user: User, t: Room['t']): readonly Room[] {
  return state.db.rooms.filter((room) => room.t === t && subscriptionOf(state, room._id, user._id))
}

/** One page of messages, newest first. */
export function pageOfMessages(call: Call, room: Room): Doc {
  const user = caller(call)
  const wanted = conditions(call)
  const { items, ...numbers } = paged(
    call,
    messagesIn(call.state, room).filter((each) => meets(each, wanted)),
  )
  return { messages: items.map((each) => messageView(each, user)), ...numbers }
}

/** The last messages, without numbers. */
export function history(call: Call, room: Room): Doc {
  const user = caller(call)
  const count = Number(call.query.get('count') ?? 20) || 20
  return {
    messages: messagesIn(call.state, room)
      .slice(0, count)
      .map((each) => messageView(each, user)),
  }
}

/** One page of the members, by user name. */
export function pageOfMembers(call: Call, room: Room): Doc {
  const ids = new Set(subscriptionsIn(call.state, room._id).map(({ u }) => u._id))
  const people = sorted(
    call.state.db.users.filter(({ _id, active }) => active && ids.has(_id)),
    { username: 1 },
  )
  const { items, ...numbers } = paged(call, people)
  const keys = '_id name username nickname status avatarETag statusText _updatedAt federated'.split(' ')
  return { members: items.map((each) => pick(each, keys)), ...numbers }
}
