import { dropTokens, touch, userById } from './accounts.ts'
import { refuse, refusePlain, unauthorized } from './answers.ts'
import { bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, User } from './documents.ts'
import { passwordFits } from './passwords.ts'
import { deleteRoom, depart, lastOwnerOf, roomById, subscriptionsIn } from './rooms.ts'
import { isOn, may, type ServerState } from './server-state.ts'
import { userFromBody } from './token-routes.ts'

/** Accounts as an administrator handles them: active or not, deleted. */
export const userManagementRoutes: readonly Route[] = [
  { method: 'POST', path: 'users.setActiveStatus', act: setActive },
  { method: 'POST', path: 'users.deactivateIdle', act: deactivateIdle },
  { method: 'POST', path: 'users.delete', act: remove },
  { method: 'POST', path: 'users.deleteOwnAccount', act: removeSelf },
]

function setActive(call: Call): Doc {
  const { state, body } = call
  const editor = caller(call)
  const [all, own] = [
    may(state, editor, 'edit-other-user-active-status'),
    may(state, editor, 'manage-moderation-actions'),
  ]
  if (!all && !own) throw unauthorized()
  const user = userById(state, body.userId)
  if (!user) throw refuse('error-invalid-user', 'Invalid user', { method: 'setUserActiveStatus' })
  const active = body.activeStatus === true
  if (!active) {
    holdBack(state, user, body.confirmRelinquish === true)
    const others = state.db.users.some((each) => each !== user && each.active && each.roles.includes('admin'))
    if (user.roles.includes('admin') && !others) throw lastAdmin('removeUserFromRole')
    dropTokens(user, () => true)
  }
  user.active = active
  touch(state, user)
  return { user: { _id: user._id, active } }
}

function lastAdmin(method: string) {
  return refuse('error-action-not-allowed', 'Leaving the app without admins is not allowed', {
    method,
    action: 'Remove_last_admin',
  })
}

/** Throws while rooms depend on the account, unless the caller gives them up. */
function holdBack(state: ServerState, user: User, confirmed: boolean): void {
  const held = lastOwnerOf(state, user)
  if (held.shouldBeRemoved.length + held.shouldChangeOwner.length === 0) return
  if (!confirmed) throw refuse('user-last-owner', '', { ...held })
  leaveAllRooms(state, user)
}

function leaveAllRooms(state: ServerState, user: User): void {
  for (const place of state.db.subscriptions.filter(({ u }) => u._id === user._id)) {
    const room = roomById(state, place.rid)
    if (!room) continue
    const others = subscriptionsIn(state, room._id).filter((each) => each !== place)
    if (room.t === 'd' || others.length === 0) {
      if (!room.default) deleteRoom(state, room)
      else depart(state, room, user)
      continue
    }
    const heir = others[0]
    if (place.roles?.includes('owner') && heir && !others.some(({ roles }) => roles?.includes('owner')))
      heir.roles = [...(heir.roles ?? []), 'owner']
    depart(state, room, user)
  }
}

function deactivateIdle(call: Call): Doc {
  const { state, body } = call
  if (!may(state, caller(call), 'edit-other-user-active-status')) throw unauthorized()
  const before = state.now() - Number(body.daysIdle) * 86_400_000
  const role = bodyText(call, 'role') ?? 'user'
  const idle = state.db.users.filter(
    ({ lastLogin, active, roles }) =>
      active && roles.includes(role) && lastLogin !== undefined && Date.parse(lastLogin) < before,
  )
  for (const user of idle) user.active = false
  return { count: idle.length }
}

function remove(call: Call): Doc {
  const { state, body } = call
  if (!may(state, caller(call), 'delete-user')) throw unauthorized()
  deleteAccount(state, userFromBody(call), body.confirmRelinquish === true)
  return {}
}

function deleteAccount(state: ServerState, user: User, confirmed: boolean): void {
  const admins = state.db.users.filter(({ roles }) => roles.includes('admin'))
  if (admins.length === 1 && admins[0] === user) throw lastAdmin('deleteUser')
  holdBack(state, user, confirmed)
  leaveAllRooms(state, user)
  delete state.db.avatars[user.username ?? '']
  state.db.messages = state.db.messages.filter(({ u }) => u._id !== user._id)
  state.db.users = state.db.users.filter((each) => each !== user)
}

function removeSelf(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  if (!body.password) throw refusePlain('Body parameter "password" is required.')
  if (!isOn(state, 'Accounts_AllowDeleteOwnAccount')) throw refuse('error-not-allowed', 'Not allowed')
  const digest = bodyText(call, 'password') ?? ''
  if (!passwordFits({ digest, algorithm: 'sha-256' }, user.services.password?.bcrypt))
    throw refuse('error-invalid-password', 'Invalid password', { method: 'deleteUserOwnAccount' })
  deleteAccount(state, user, body.confirmRelinquish === true)
  return {}
}
