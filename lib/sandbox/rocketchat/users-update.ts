import { mailTaken } from './account-names.ts'
import { dropTokens, touch, userById, userByName, withoutServices } from './accounts.ts'
import { refuse, refusePlain, tooMany } from './answers.ts'
import { asDoc, asTexts, type Call, caller, type Route } from './call.ts'
import type { Doc, LoginToken, User } from './documents.ts'
import { checkPassword } from './password-policy.ts'
import { passwordFits, storePassword } from './passwords.ts'
import type { Field } from './schema.ts'
import { demandSecondFactor } from './second-factor.ts'
import { isOn, may, type ServerState } from './server-state.ts'
import { checkFree, checkMail, checkUsername } from './users-create.ts'

/** Changing accounts: `users.update`, one's own profile, preferences, status. */
export const userUpdateRoutes: readonly Route[] = [
  { method: 'POST', path: 'users.update', secondFactor: 'remembered', bodyShape: updateShape, act: update },
  { method: 'POST', path: 'users.updateOwnBasicInfo', bodyShape: () => ({ fields: ownFields }), act: updateOwn },
  { method: 'POST', path: 'users.setPreferences', bodyShape: preferenceShape, act: setPreferences },
  { method: 'POST', path: 'users.setStatus', act: setStatus },
]

const text: Field = { type: 'string' }
const flag: Field = { type: 'boolean' }

function updateShape() {
  const names = 'email password username bio nickname name statusText'.split(' ')
  const flags = 'active joinDefaultChannels requirePasswordChange setRandomPassword sendWelcomeEmail verified'.split(
    ' ',
  )
  const data: Field = {
    type: 'object',
    required: true,
    inside: {
      fields: {
        ...Object.fromEntries(names.map((name) => [name, text])),
        ...Object.fromEntries(flags.map((name) => [name, flag])),
        roles: { type: 'array', items: text },
        customFields: { type: 'object' },
        status: text,
        freeSwitchExtension: text,
      },
    },
  }
  return { fields: { userId: { ...text, required: true as const }, data, confirmRelinquish: flag } }
}

const ownFields: Record<string, Field> = {
  data: {
    type: 'object',
    required: true,
    inside: {
      fields: {
        ...Object.fromEntries(
          'email name username nickname bio statusText statusType currentPassword newPassword'
            .split(' ')
            .map((name) => [name, text]),
        ),
      },
    },
  },
  customFields: { type: 'object' },
}

/** Throws while a mail address of this account was changed less than a minute ago (up to 7.x). */
function limitMailChanges(state: ServerState, target: User): void {
  if (!state.rules.mailChangeLimited || may(state, target, 'edit-other-user-info')) return
  const verdict = state.limiter.call('setEmail', target._id, { calls: 1, ms: 60_000 })
  if (!verdict.allowed) throw tooMany(Math.ceil(verdict.resetIn / 1000), 'again')
}

function update(call: Call): Doc {
  const { state, body } = call
  const editor = caller(call)
  const data = asDoc(body.data)
  const user = userById(state, body.userId)
  if (!user) throw refusePlain("Cannot read property 'roles' of null")
  const details = { method: 'insertOrUpdateUser', action: 'Editing_user' }
  if (user !== editor && !may(state, editor, 'edit-other-user-info'))
    throw refuse('error-action-not-allowed', 'Editing user is not allowed', details)
  checkRoles(state, editor, data)
  rename(state, user, data)
  if (typeof data.email === 'string') changeMail(state, user, data.email, data.verified === true)
  else if (typeof data.verified === 'boolean') for (const mail of user.emails ?? []) mail.verified = data.verified
  if (typeof data.password === 'string' && data.password !== '') changePassword(state, user, data.password)
  copyPlain(user, data)
  touch(state, user)
  return { user: withoutServices(user) }
}

function checkRoles(state: ServerState, editor: User, data: Doc): void {
  const roles = asTexts(data.roles)
  const details = { method: 'insertOrUpdateUser', action: 'Assign_role' }
  if (roles.some((id) => !state.db.roles.some(({ _id }) => _id === id)))
    throw refuse('error-action-not-allowed', 'The field Roles consist invalid role id', details)
  if (roles.includes('admin') && !may(state, editor, 'assign-admin-role'))
    throw refuse('error-action-not-allowed', 'Assigning admin is not allowed', { ...details, action: 'Assign_admin' })
}

function rename(state: ServerState, user: User, data: Doc): void {
  const username = data.username
  if (typeof username === 'string' && username !== user.username) {
    checkUsername(state, username)
    if (
      state.rules.mailChangeLimited &&
      userByName(state, username, true) &&
      userByName(state, username, true) !== user
    )
      throw refuse('error-could-not-save-identity', 'Could not save user identity', { method: 'saveUser' })
    checkFree(state, username, user._id)
    renameEverywhere(state, user, username)
  }
  if (typeof data.name === 'string') user.name = data.name
}

/** A new user name reaches the picture, the rooms and the places of the account. */
function renameEverywhere(state: ServerState, user: User, username: string): void {
  const old = user.username ?? ''
  const picture = state.db.avatars[old]
  if (picture) {
    delete state.db.avatars[old]
    state.db.avatars[username] = picture
  }
  for (const place of state.db.subscriptions) if (place.u._id === user._id) place.u.username = username
  for (const room of state.db.rooms) if (room.u?._id === user._id) room.u.username = username
  user.username = username
}

function changeMail(state: ServerState, user: User, address: string, verified: boolean): void {
  const same = user.emails?.[0]?.address.toLowerCase() === address.toLowerCase()
  limitMailChanges(state, user)
  if (same && !state.rules.mailChangeLimited) {
    if (verified && user.emails?.[0]) user.emails[0].verified = true
    return
  }
  if (mailTaken(state.db, address, user._id)) checkMail(state, address, user._id)
  user.emails = [{ address, verified }]
}

/** A new password ends every session and token of the account, unless `kept` says otherwise. */
function changePassword(state: ServerState, user: User, password: string, kept?: LoginToken): void {
  checkPassword(state, password)
  user.services.password = { bcrypt: storePassword(password) }
  dropTokens(user, (each) => each !== kept)
}

function copyPlain(user: User, data: Doc): void {
  for (const key of ['bio', 'nickname', 'statusText'] as const) {
    const value = data[key]
    if (typeof value === 'string') user[key] = value
  }
  if (Array.isArray(data.roles)) user.roles = [...asTexts(data.roles)]
  if (typeof data.active === 'boolean') user.active = data.active
  if (typeof data.requirePasswordChange === 'boolean') user.requirePasswordChange = data.requirePasswordChange
}

function updateOwn(call: Call): Doc {
  const { state, body, token, ip, headers } = call
  const user = caller(call)
  const data = asDoc(body.data)
  const [email, password] = [data.email, data.newPassword]
  const newMail = typeof email === 'string' && email.toLowerCase() !== user.emails?.[0]?.address.toLowerCase()
  const newPassword = typeof password === 'string' && password !== ''
  if (newMail || newPassword) {
    const one = (name: string) => String(headers[name] ?? '') || undefined
    demandSecondFactor(state, {
      user,
      ...{ code: one('x-2fa-code'), method: one('x-2fa-method'), token: undefined, kind: 'never', ip, agent: '' },
    })
    checkCurrentPassword(user, data.currentPassword)
  }
  if (newPassword && !isOn(state, 'Accounts_AllowPasswordChange'))
    throw refuse('error-not-allowed', 'Not allowed', { method: 'saveUserProfile' })
  rename(state, user, data)
  if (newMail) changeMail(state, user, email, false)
  if (newPassword) changePassword(state, user, password, token)
  copyPlain(user, { ...data, active: undefined, roles: undefined })
  user.settings = { ...user.settings, profile: user.settings?.profile ?? {} }
  touch(state, user)
  return { user: { ...user } }
}

function checkCurrentPassword(user: User, given: unknown): void {
  const fits =
    typeof given === 'string' && passwordFits({ digest: given, algorithm: 'sha-256' }, user.services.password?.bcrypt)
  if (!fits) throw refuse('error-invalid-password', 'Invalid password', { method: 'saveUserProfile' })
}

function preferenceShape(state: ServerState) {
  const prefix = 'Accounts_Default_User_Preferences_'
  const known = Object.keys(state.db.settings)
    .filter((id) => id.startsWith(prefix))
    .map((id) => id.slice(prefix.length))
  const more =
    'language clockMode collapseMediaByDefault dontAskAgainList highlights messageViewMode mobileNotifications useLegacyMessageTemplate notificationsSoundVolume roomsListExhibitionMode statusText hideAvatars'.split(
      ' ',
    )
  const fields = Object.fromEntries([...known, ...more].map((key) => [key, {} as Field]))
  return { fields: { userId: text, data: { type: 'object', required: true, inside: { fields } } as Field } }
}

function setPreferences(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const wanted = body.userId ?? user._id
  if (wanted !== user._id && !may(state, user, 'edit-other-user-info'))
    throw refuse('error-action-not-allowed', 'Editing user is not allowed')
  const target = userById(state, wanted)
  if (!target) throw refuse('error-invalid-user', 'The optional "userId" param provided does not match any users')
  const data = asDoc(body.data)
  target.settings = { ...target.settings, preferences: { ...target.settings?.preferences, ...data } }
  if (typeof data.language === 'string') target.language = data.language
  touch(state, target)
  return { user: { _id: target._id, settings: { preferences: target.settings.preferences } } }
}

function setStatus(call: Call): Doc {
  const { state, body } = call
  const user = caller(call)
  const wanted = body.userId ?? user._id
  const target =
    wanted === user._id ? user : may(state, user, 'edit-other-user-info') ? userById(state, wanted) : undefined
  if (!target) throw refuse('error-not-allowed', 'Not allowed', { method: 'users.setStatus' })
  if (!isOn(state, 'Accounts_AllowUserStatusMessageChange'))
    throw refuse('error-not-allowed', 'Change status is not allowed', { method: 'users.setStatus' })
  if (typeof body.message === 'string') target.statusText = body.message
  const status = body.status
  if (status !== undefined) {
    if (!['online', 'offline', 'away', 'busy'].includes(String(status)))
      throw refuse('error-invalid-status', 'Valid status types include online, away, offline, and busy.', {
        method: 'users.setStatus',
      })
    target.status = String(status)
    target.statusDefault = String(status)
  }
  touch(state, target)
  return {}
}
