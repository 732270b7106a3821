import { touch, userById, userByName } from './accounts.ts'
import { refuse } from './answers.ts'
import type { Author, Doc, Message, Room, RoomType, Subscription, User } from './documents.ts'
import { objectId, shortId } from './ids.ts'
import { may, type ServerState, stamp, textOf } from './server-state.ts'

/** The room with this id. */
export function roomById(state: ServerState, id: unknown): Room | undefined {
  return state.db.rooms.find(({ _id }) => _id === id)
}

/** The room of this name, of one of the types. */
export function roomByName(state: ServerState, name: unknown, types: readonly RoomType[]): Room | undefined {
  return state.db.rooms.find((room) => room.name === name && types.includes(room.t))
}

/** Somebody's place in a room. */
export function subscriptionOf(state: ServerState, rid: string, userId: string): Subscription | undefined {
  return state.db.subscriptions.find((each) => each.rid === rid && each.u._id === userId)
}

/** All places in a room. */
export function subscriptionsIn(state: ServerState, rid: string): readonly Subscription[] {
  return state.db.subscriptions.filter((each) => each.rid === rid)
}

/** How a user is named inside messages and rooms. */
export function author(user: User): Author {
  return { _id: user._id, username: user.username ?? '', ...(user.name !== undefined && { name: user.name }) }
}

/** True when a user may look into a room: as a member, or into a public one with `view-c-room`. */
export function canAccess(state: ServerState, room: Room, user: User): boolean {
  const member = subscriptionOf(state, room._id, user._id) !== undefined
  if (room.t === 'c' && may(state, user, 'view-c-room')) return true
  if (!member) return false
  if (room.t === 'd') return may(state, user, 'view-d-room') || may(state, user, 'view-joined-room')
  return may(state, user, room.t === 'c' ? 'view-joined-room' : 'view-p-room') || may(state, user, 'view-joined-room')
}

/** What becomes of a new place in a room. */
interface Place {
  readonly roles?: readonly string[]
  readonly open?: boolean
  readonly alert?: boolean
  readonly unread?: number
  readonly userMentions?: number
  readonly name?: string
  readonly fname?: string
  readonly id?: string
  readonly withName?: boolean
  /** Made together with the room: such places carry no date of change until something changes them. */
  readonly founding?: boolean
}

/** Puts somebody into a room, without a message about it. */
export function subscribe(state: ServerState, room: Room, user: User, place: Place = {}): Subscription {
  const { _id, username, name } = author(user)
  const subscription: Subscription = {
    _id: place.id ?? objectId(state.now()),
    open: place.open ?? true,
    alert: place.alert ?? false,
    unread: place.unread ?? 0,
    userMentions: place.userMentions ?? 0,
    groupMentions: 0,
    ts: stamp(state),
    rid: room._id,
    name: place.name ?? room.name ?? '',
    ...((place.fname ?? room.fname) !== undefined && { fname: place.fname ?? String(room.fname) }),
    t: room.t,
    u: { _id, username, ...(place.withName && name !== undefined && { name }) },
    ...(place.roles && { roles: [...place.roles] }),
    ...(!place.founding && { _updatedAt: stamp(state) }),
  }
  state.db.subscriptions.push(subscription)
  if (room.t !== 'd') {
    user.__rooms = [...(user.__rooms ?? []), room._id]
    room.usersCount += 1
  }
  touch(state, user)
  return subscription
}

/** Writes a message of the system itself, such as "joined": it counts, but is no last message. */
export function systemMessage(
  state: ServerState,
  room: Room,
  t: string,
  msg: string,
  user: User,
  more: Doc = {},
): Message {
  const at = stamp(state)
  const message: Message = {
    _id: objectId(state.now()),
    t,
    rid: room._id,
    ts: at,
    msg,
    u: author(user),
    groupable: false,
    _updatedAt: at,
    ...more,
  }
  state.db.messages.push(message)
  room.msgs += 1
  room._updatedAt = at
  return message
}

/** Joins a public channel: place, message, counts. */
export function join(state: ServerState, room: Room, user: User, place: Place = {}): void {
  if (subscriptionOf(state, room._id, user._id)) return
  subscribe(state, room, user, { withName: true, ...place })
  systemMessage(state, room, 'uj', user.username ?? '', user)
}

/** The default channels that new accounts enter; that happens before their name is set, so the message lacks it. */
export function joinDefaultChannels(state: ServerState, user: User): void {
  for (const room of state.db.rooms.filter((each) => each.default && each.t === 'c')) {
    if (subscriptionOf(state, room._id, user._id)) continue
    subscribe(state, room, user, { alert: true, unread: 1, userMentions: 1 })
    const { name, ...nameless } = author(user)
    systemMessage(state, room, 'uj', user.username ?? '', user, { u: nameless })
  }
}

/** Takes somebody out of a room, with a message of the given kind (`ul` left, `ru` removed, none for deletions). */
export function depart(state: ServerState, room: Room, user: User, kind?: 'ul' | 'ru', by: User = user): void {
  const place = subscriptionOf(state, room._id, user._id)
  if (!place) return
  if (kind) systemMessage(state, room, kind, user.username ?? '', by)
  state.db.subscriptions = state.db.subscriptions.filter((each) => each !== place)
  user.__rooms = (user.__rooms ?? []).filter((rid) => rid !== room._id)
  room.usersCount -= 1
  room._updatedAt = stamp(state)
  touch(state, user)
}

/** A room name that is free and well formed. Throws `error-invalid-room-name` or `error-duplicate-channel-name`. */
export function checkRoomName(state: ServerState, name: string, except?: string): void {
  const details = { function: 'RocketChat.getValidRoomName', channel_name: name }
  const allowed = new RegExp(`^${textOf(state, 'UTF8_Channel_Names_Validation') || '[0-9a-zA-Z-_.]+'}$`)
  if (!allowed.test(name)) throw refuse('error-invalid-room-name', `${name} is not a valid room name.`, details)
  const taken = state.db.rooms.some((room) => room.name === name && room._id !== except)
  if (taken) throw refuse('error-duplicate-channel-name', `A channel with name '${name}' exists`, details)
}

/** What a new channel or group is to be. */
export interface NewRoom {
  readonly t: 'c' | 'p'
  readonly name: string
  readonly members: readonly string[]
  readonly readOnly: boolean
  readonly customFields: Doc
  readonly extraData: Doc
  readonly excludeSelf: boolean
}

/** Makes a channel or group with its first members; names nobody has are dropped. */
export function createRoom(state: ServerState, creator: User, wanted: NewRoom): Room {
  checkRoomName(state, wanted.name)
  const at = stamp(state)
  const room: Room = {
    _id: objectId(state.now()),
    fname: wanted.name,
    _updatedAt: at,
    customFields: wanted.customFields,
    ...wanted.extraData,
    name: wanted.name,
    t: wanted.t,
    msgs: 0,
    usersCount: 0,
    u: author(creator),
    ts: at,
    ro: wanted.readOnly,
    default: false,
    sysMes: true,
  }
  state.db.rooms.push(room)
  const members = wanted.members.map((name) => userByName(state, name)).filter((each) => each !== undefined)
  if (!wanted.excludeSelf) subscribe(state, room, creator, { roles: ['owner'], founding: true })
  for (const member of members)
    if (!subscriptionOf(state, room._id, member._id)) subscribe(state, room, member, { founding: true })
  return room
}

/** The conversation of exactly these people; it is made when it does not exist. */
export function directRoom(state: ServerState, opener: User, members: readonly User[]): Room {
  const people = [...new Set(members)].sort((a, b) => ((a.username ?? '') < (b.username ?? '') ? -1 : 1))
  const ids = people.map(({ _id }) => _id).sort()
  const pair = ids.length <= 2
  const same = (room: Room) => room.t === 'd' && JSON.stringify([...(room.uids ?? [])].sort()) === JSON.stringify(ids)
  const known = state.db.rooms.find(same)
  if (known) return known
  const at = stamp(state)
  const names = people.map(({ username }) => username ?? '')
  const room: Room = {
    _id: pair ? ids.join('') : objectId(state.now()),
    t: 'd',
    usernames: names,
    _USERNAMES: names,
    usersCount: people.length,
    msgs: 0,
    ts: at,
    uids: pair ? ids : people.map(({ _id }) => _id),
    default: false,
    ro: false,
    sysMes: true,
    _updatedAt: at,
  }
  state.db.rooms.push(room)
  for (const person of people) {
    const others = people.filter((each) => each !== person)
    subscribe(state, room, person, {
      id: shortId(),
      open: person === opener,
      name: others.map(({ username }) => username).join(', '),
      fname: others.map(({ name, username }) => name ?? username).join(', '),
    })
  }
  return room
}

/** Ends a room: its messages, files and places go with it. */
export function deleteRoom(state: ServerState, room: Room): void {
  state.db.rooms = state.db.rooms.filter((each) => each !== room)
  state.db.messages = state.db.messages.filter(({ rid }) => rid !== room._id)
  state.db.uploads = state.db.uploads.filter(({ rid }) => rid !== room._id)
  for (const { u } of subscriptionsIn(state, room._id)) {
    const member = userById(state, u._id)
    if (member?.__rooms) member.__rooms = member.__rooms.filter((rid) => rid !== room._id)
  }
  state.db.subscriptions = state.db.subscriptions.filter(({ rid }) => rid !== room._id)
}

/** The rooms that hold a person back: those that would end, and those that would need another owner. */
export function lastOwnerOf(
  state: ServerState,
  user: User,
): { shouldBeRemoved: string[]; shouldChangeOwner: string[] } {
  const held = { shouldBeRemoved: [] as string[], shouldChangeOwner: [] as string[] }
  for (const place of state.db.subscriptions.filter(({ u, t }) => u._id === user._id && t !== 'd')) {
    const inside = subscriptionsIn(state, place.rid)
    const owners = inside.filter(({ roles }) => roles?.includes('owner'))
    if (inside.length <= 1) held.shouldBeRemoved.push(place.fname ?? place.name)
    else if (owners.length === 1 && owners[0] === place) held.shouldChangeOwner.push(place.fname ?? place.name)
  }
  return held
}
