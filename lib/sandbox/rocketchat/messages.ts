import { userByName } from './accounts.ts'
import { refusePlain } from './answers.ts'
import type { Doc, Message, Room, User } from './documents.ts'
import { shortId } from './ids.ts'
import { author, canAccess, join, subscriptionOf, subscriptionsIn } from './rooms.ts'
import { may, type ServerState, settingValue, stamp } from './server-state.ts'
import { isRestricted } from './usage-report.ts'

/** Throws when somebody may not write into a room; a public channel is joined on the way. */
export function enterToWrite(state: ServerState, room: Room, user: User): void {
  if (isRestricted(state)) throw refusePlain('restricted-workspace')
  if (!canAccess(state, room, user)) throw refusePlain('error-not-allowed')
  const place = subscriptionOf(state, room._id, user._id)
  if (!place && room.t !== 'c') throw refusePlain('error-not-allowed')
  const speaks = !room.ro || may(state, user, 'post-readonly', room._id) || place?.roles?.includes('owner')
  if (!speaks) throw refusePlain("You can't send messages because the room is readonly.")
  if (room.archived) throw refusePlain('room_is_archived')
  if (!place) join(state, room, user)
}

/** Writes a message: counts, last message, unread marks of the others, the reply's parent. */
export function write(
  state: ServerState,
  room: Room,
  user: User,
  given: Doc & { msg: string },
  now = stamp(state),
): Message {
  const found = mentions(state, given.msg)
  const md = markdown(given.msg)
  const message: Message = {
    ...given,
    ts: now,
    u: author(user),
    rid: room._id,
    _id: typeof given._id === 'string' ? given._id : shortId(),
    _updatedAt: stamp(state),
    urls: [],
    mentions: found,
    channels: [],
    ...(md.length > 0 && { md }),
  }
  state.db.messages.push(message)
  room.msgs += 1
  room.lm = message.ts
  room.lastMessage = message
  room._updatedAt = stamp(state)
  notify(state, room, user, found)
  if (message.tmid !== undefined) reply(state, message.tmid, message, user)
  return message
}

function notify(state: ServerState, room: Room, sender: User, found: readonly Doc[]): void {
  const names = found.map((each) => String(each.username))
  const all = names.includes('all') || names.includes('here')
  const key = room.t === 'd' ? 'Unread_Count_DM' : 'Unread_Count'
  for (const place of subscriptionsIn(state, room._id)) {
    if (place.u._id === sender._id) {
      markRead(state, place)
      continue
    }
    const named = names.includes(place.u.username)
    if (named) place.userMentions += 1
    if (all) place.groupMentions += 1
    if (settingValue(state, key) === 'all_messages' || named || all) place.unread += 1
    place.alert = true
    place.open = true
    place._updatedAt = stamp(state)
  }
}

/** Nothing is unread any more at this place. */
export function markRead(state: ServerState, place: Doc | object): void {
  Object.assign(place, {
    alert: false,
    unread: 0,
    userMentions: 0,
    groupMentions: 0,
    ls: stamp(state),
    _updatedAt: stamp(state),
  })
}

function reply(state: ServerState, tmid: string, message: Message, user: User): void {
  const parent = state.db.messages.find(({ _id }) => _id === tmid)
  if (!parent) return
  parent.replies = [...new Set([...((parent.replies as string[] | undefined) ?? []), parent.u._id, user._id])]
  parent.tlm = message.ts
  parent.tcount = Number(parent.tcount ?? 0) + 1
  parent._updatedAt = stamp(state)
  const place = subscriptionOf(state, message.rid, user._id)
  if (place) place.lr = stamp(state)
}

/** Whom a text names with @: people, and the two words for everybody. */
function mentions(state: ServerState, text: string): readonly Doc[] {
  const names = [...text.matchAll(/(?:^|\s)@([0-9a-zA-Z-_.]+)/g)].map((match) => match[1] ?? '')
  return [...new Set(names)].flatMap((name): Doc[] => {
    if (name === 'all' || name === 'here') return [{ _id: name, username: name }]
    const user = userByName(state, name)
    return user ? [{ _id: user._id, name: user.name, username: user.username, type: 'user' }] : []
  })
}

/** The parsed form of a text: paragraphs of plain text and names. */
export function markdown(text: string): readonly Doc[] {
  if (text === '') return []
  return text
    .split('\n')
    .map((line) => ({ type: line === '' ? 'LINE_BREAK' : 'PARAGRAPH', value: line === '' ? undefined : inline(line) }))
}

function inline(line: string): readonly Doc[] {
  const plain = (value: string) => ({ type: 'PLAIN_TEXT', value })
  const pieces = line.split(/((?:^|(?<=\s))@[0-9a-zA-Z-_.]+)/).filter((piece) => piece !== '')
  return pieces.map((piece) =>
    piece.startsWith('@') && piece.length > 1 ? { type: 'MENTION_USER', value: plain(piece.slice(1)) } : plain(piece),
  )
}

/** How a message looks to somebody: only their own star is shown. */
export function messageView(message: Message, viewer: User): Doc {
  const starred = message.starred as readonly { _id: string }[] | undefined
  return { ...message, ...(starred && { starred: starred.filter(({ _id }) => _id === viewer._id) }) }
}

/** The messages of a room, the newest first. */
export function messagesIn(state: ServerState, room: Room): readonly Message[] {
  const inside = state.db.messages.filter((message) => message.rid === room._id)
  return inside
    .map((message, index) => ({ message, index }))
    .sort((a, b) => Date.parse(b.message.ts) - Date.parse(a.message.ts) || b.index - a.index)
    .map(({ message }) => message)
}
