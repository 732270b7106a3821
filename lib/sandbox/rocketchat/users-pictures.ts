import { setAvatar, touch, userById, userByName } from './accounts.ts'
import { refuse, unauthorized } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, User } from './documents.ts'
import { shortId } from './ids.ts'
import { isOn, may, type ServerState, stamp } from './server-state.ts'
import { userFromBody } from './token-routes.ts'
import { uploadedFile } from './uploads.ts'

/** Pictures of accounts (rocketchat.md 18.22): by upload; an address is never fetched. */
export const pictureRoutes: readonly Route[] = [
  { method: 'POST', path: 'users.setAvatar', act: setPicture },
  { method: 'POST', path: 'users.resetAvatar', act: resetPicture },
]

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
