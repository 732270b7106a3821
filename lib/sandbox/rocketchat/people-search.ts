import { pick } from './accounts.ts'
import type { Doc, Room, User } from './documents.ts'
import { canAccess } from './rooms.ts'
import { may, type ServerState } from './server-state.ts'

/** What a suggestion shows of a person who shares no conversation with the searcher. */
export function suggestion(user: User): Doc {
  return pick(user, ['_id', 'name', 'username', 'nickname', 'status', 'statusText', 'avatarETag'])
}

/** The people who share a direct conversation with somebody, the more conversations the higher the score. */
export function connected(state: ServerState, user: User, term: string): readonly Doc[] {
  const shared = state.db.subscriptions.filter(({ t, u }) => t === 'd' && u._id === user._id).map(({ rid }) => rid)
  const wanted = term.toLowerCase()
  return state.db.users
    .filter((each) => each !== user && each.active && fits(each, wanted))
    .map((each) => ({
      each,
      score: state.db.subscriptions.filter(({ rid, u }) => u._id === each._id && shared.includes(rid)).length,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ each, score }) => ({
      _id: each._id,
      score,
      name: each.name ?? null,
      username: each.username ?? null,
      nickname: each.nickname ?? null,
      status: each.status,
      statusText: each.statusText ?? null,
      avatarETag: each.avatarETag ?? null,
    }))
}

const fits = ({ username, name }: User, term: string) =>
  [username, name].some((text) => text?.toLowerCase().includes(term))

/** The search box: people after `@`, rooms after `#`, both otherwise. */
export function spotlight(
  state: ServerState,
  user: User,
  query: string,
): { users: readonly Doc[]; rooms: readonly Doc[] } {
  const term = query.replace(/^[@#]/, '').toLowerCase()
  const people = query.startsWith('#') ? [] : searchPeople(state, user, term)
  const rooms = query.startsWith('@') ? [] : searchRooms(state, user, term)
  return { users: people, rooms }
}

function searchPeople(state: ServerState, user: User, term: string): readonly Doc[] {
  const known = connected(state, user, term).map((each): Doc => ({ ...each, outside: true }))
  if (!may(state, user, 'view-outside-room')) return known
  const ids = new Set(known.map((each) => each._id))
  const others = state.db.users.filter((each) => each.active && !ids.has(each._id) && fits(each, term))
  return [...known, ...others.map((each) => ({ ...suggestion(each), outside: true }))]
}

function searchRooms(state: ServerState, user: User, term: string): readonly Doc[] {
  const hit = (room: Room) => room.t === 'c' && room.name?.toLowerCase().includes(term)
  if (!may(state, user, 'view-c-room')) return []
  return state.db.rooms
    .filter((room) => hit(room) && canAccess(state, room, user))
    .map((room) => pick(room, ['_id', 't', 'name', 'fname', 'lastMessage']))
}
