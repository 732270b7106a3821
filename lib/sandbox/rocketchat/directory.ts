import { pick } from './accounts.ts'
import { refusePlain } from './answers.ts'
import { type Call, caller } from './call.ts'
import type { Doc, User } from './documents.ts'
import { sorted, sorting } from './mongo-query.ts'
import { page, unsafeParameters } from './pipeline.ts'
import { subscriptionOf } from './rooms.ts'
import { may } from './server-state.ts'

/**
 * `GET directory`: channels unless `type` says otherwise, sorted downwards unless `sort` says otherwise. Up to 6.x the
 * type is only read from `query`; a caller without the permission is told that the parameters are wrong.
 */
export function sendDirectory(call: Call): Doc {
  const { state } = call
  const user = caller(call)
  const wanted = parameters(call)
  const [key, direction] = Object.entries(sorting(call) ?? {})[0] ?? [undefined, -1]
  const text = String(wanted.text ?? '').toLowerCase()
  const people = wanted.type === 'users'
  if (!may(state, user, people ? 'view-outside-room' : 'view-c-room')) throw refusePlain('Please verify the parameters')
  if (people && !may(state, user, 'view-d-room')) throw refusePlain('Please verify the parameters')
  const found = people ? peopleOf(call, user, text) : roomsOf(call, user, text)
  const all = sorted(found, { [key ?? (people ? 'username' : 'name')]: direction === 1 ? 1 : -1 })
  const { count, offset } = page(call)
  const result = count === 0 ? all.slice(offset) : all.slice(offset, offset + count)
  return { result, count: result.length, offset, total: all.length }
}

function parameters({ state, query }: Call): Doc {
  const text = query.get('query')
  if (text !== null && unsafeParameters({ ...state })) {
    try {
      return JSON.parse(text) as Doc
    } catch {
      throw refusePlain('Please verify the parameters')
    }
  }
  if (state.rules.queryParameter) return {}
  return { type: query.get('type') ?? undefined, text: query.get('text') ?? '' }
}

function peopleOf({ state }: Call, viewer: User, text: string): readonly Doc[] {
  const keys = ['_id', 'username', 'name', 'nickname', 'createdAt', 'avatarETag']
  const more = may(state, viewer, 'view-full-other-user-info') ? ['emails'] : []
  const hit = ({ username, name }: User) => [username, name].some((each) => each?.toLowerCase().includes(text))
  return state.db.users.filter((user) => user.active && hit(user)).map((user) => pick(user, [...keys, ...more]))
}

function roomsOf({ state }: Call, viewer: User, text: string): readonly Doc[] {
  const keys = '_id t name fname lastMessage ts default usersCount topic archived'.split(' ')
  const open = may(state, viewer, 'view-c-room')
  return state.db.rooms
    .filter(({ t, _id }) => (t === 'c' && open) || (t !== 'd' && subscriptionOf(state, _id, viewer._id)))
    .filter(({ name }) => name?.toLowerCase().includes(text))
    .map((room) => pick(room, keys))
}
