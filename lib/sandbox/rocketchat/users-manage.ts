import { dropTokens, setAvatar, touch, userById, userByName } from './accounts.ts'
import { refuse, refusePlain, unauthorized } from './answers.ts'
import { bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, LoginToken, User } from './documents.ts'
import { shortId } from './ids.ts'
import { passwordFits } from './passwords.ts'
import { deleteRoom, depart, lastOwnerOf, roomById, subscriptionsIn } from './rooms.ts'
import { sendMailCode, verifiedMails } from './second-factor.ts'
import { isOn, may, type ServerState, stamp } from './server-state.ts'
import { userFromBody } from './token-routes.ts'
import { uploadedFile } from './uploads.ts'

/** Accounts as an administrator handles them, pictures, second factors and sessions. */
export const userManagementRoutes: readonly Route[] = [
  { method: 'POST', path: 'users.setActiveStatus', act: setActive },
  { method: 'POST', path: 'users.deactivateIdle', act: deactivateIdle },
  { method: 'POST', path: 'users.delete', act: remove },
  { method: 'POST', path: 'users.deleteOwnAccount', act: removeSelf },
  { method: 'POST', path: 'users.setAvatar', act: setPicture },
  { method: 'POST', path: 'users.resetAvatar', act: resetPicture },
  { method: 'POST', path: 'users.2fa.enableEmail', act: enableMail },
  { method: 'POST', path: 'users.2fa.disableEmail', secondFactor: 'never', act: disableMail },
  { method: 'POST', path: 'users.2fa.sendEmailCode', login: 'none', reads: true, act: mailCode },
  { method: 'POST', path: 'users.resetTOTP', secondFactor: 'never', act: resetTotp },
  { method: 'POST', path: 'users.resetE2EKey', secondFactor: 'never', act: resetKey },
  { method: 'POST', path: 'users.logout', act: logoutUser },
  { method: 'POST', path: 'users.logoutOtherClients', act: logoutOthers },
  { method: 'POST', path: 'users.removeOtherTokens', act: removeOtherTokens },
]

const session = ({ type }: LoginToken) => type === undefined

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

function setPicture(call: Call): Doc {
  const { state, body } = call
  const editor = caller(call)
  const others = may(state, editor, 'edit-other-user-avatar')
  if (!isOn(state, 'Accounts_AllowUserAvatarChange') && !others)
    throw refuse('error-not-allowed', 'Change avatar is not allowed', { method: 'setAvatar' })
  const named = body.userId !== undefined || body.username !== undefined
  const user = !named ? editor : others ? userFromBody(call) : undefined
  if (!user) throw unauthorized()
  const url = body.avatarUrl
  if (typeof url === 'string' && url !== '')
    throw refuse('error-avatar-invalid-url', `Invalid avatar URL: ${url}`, { function: 'setUserAvatar', url })
  const { part, fields } = uploadedFile(call, 'image')
  const target = pictured(state, fields) ?? user
  if (target !== editor && !others) throw refuse('error-not-allowed', 'Not allowed')
  delete state.db.avatars[target.username ?? '']
  if (!/^image\//.test(part.type ?? '')) throw refuse('error-invalid-file-type', 'File type is not accepted.')
  const picture = { _id: shortId(), name: part.filename ?? '', type: part.type ?? '', size: part.content.length }
  setAvatar(
    state,
    target,
    { ...picture, userId: target._id, content: part.content.toString('base64'), uploadedAt: stamp(state) },
    'rest',
  )
  return {}
}

function pictured(state: ServerState, fields: Doc): User | undefined {
  if (fields.userId === undefined && fields.username === undefined) return undefined
  const user = userById(state, fields.userId) ?? userByName(state, fields.username, true)
  if (!user)
    throw refuse('error-invalid-user', 'The optional "userId" or "username" param provided does not match any users')
  return user
}

function resetPicture(call: Call): Doc {
  const { state, body } = call
  const editor = caller(call)
  const user = body.userId === undefined && body.username === undefined ? editor : userFromBody(call)
  if (user !== editor && !may(state, editor, 'edit-other-user-avatar')) throw unauthorized()
  delete state.db.avatars[user.username ?? '']
  delete user.avatarETag
  delete user.avatarOrigin
  touch(state, user)
  return {}
}

function enableMail(call: Call): Doc {
  const { state, token } = call
  const user = caller(call)
  if (verifiedMails(user).length === 0)
    throw refuse('error-invalid-user', 'You need to verify your emails before setting up 2FA')
  dropTokens(user, (each) => session(each) && each !== token)
  setMailFactor(state, user, true)
  return {}
}

function disableMail(call: Call): Doc {
  setMailFactor(call.state, caller(call), false)
  return {}
}

function setMailFactor(state: ServerState, user: User, enabled: boolean): void {
  user.services.email2fa = { enabled, changedAt: stamp(state) }
  touch(state, user)
}

function mailCode({ state, body }: Call): Doc {
  const name = body.emailOrUsername
  if (!name) throw refuse('error-parameter-required', 'emailOrUsername is required')
  const user =
    userByName(state, name, true) ??
    state.db.users.find(({ emails }) => emails?.some(({ address }) => address === name))
  if (user) sendMailCode(state, user)
  return {}
}

/** The account a reset is for: another one needs the permission. */
function resetTarget(call: Call, permission: string): User {
  const { state, body } = call
  const user = caller(call)
  if (body.userId === undefined && body.username === undefined) return user
  if (!may(state, user, permission)) throw refuse('error-not-allowed', 'Not allowed')
  return userFromBody(call)
}

function resetTotp(call: Call): Doc {
  const { state } = call
  if (!isOn(state, 'Accounts_TwoFactorAuthentication_Enabled'))
    throw refuse('error-two-factor-not-enabled', 'Two factor authentication is not enabled')
  const user = resetTarget(call, 'edit-other-user-totp')
  if (user.services.totp) {
    delete user.services.totp
    dropTokens(user, () => true)
    touch(state, user)
  }
  return {}
}

function resetKey(call: Call): Doc {
  const user = resetTarget(call, 'edit-other-user-e2ee')
  dropTokens(user, () => true)
  touch(call.state, user)
  return {}
}

function logoutUser(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const wanted = body.userId ?? user._id
  if (wanted !== user._id && !may(state, user, 'logout-other-user')) throw unauthorized()
  const target = userById(state, wanted)
  if (!target)
    throw refuse('error-invalid-user', 'The required "userId" or "username" param provided does not match any users')
  dropTokens(target, () => true)
  touch(state, target)
  return { message: `User ${target._id} has been logged out!` }
}

function logoutOthers(call: Call): Doc {
  const { state, token, headers } = call
  const user = caller(call)
  dropTokens(user, (each) => session(each) && each !== token)
  touch(state, user)
  return { token: String(headers['x-auth-token']), tokenExpires: stamp(state) }
}

function removeOtherTokens(call: Call): Doc {
  const user = caller(call)
  dropTokens(user, (each) => each !== call.token)
  touch(call.state, user)
  return {}
}
