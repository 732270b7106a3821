import { dropTokens, touch, userById, userByName } from './accounts.ts'
import { refuse, unauthorized } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, LoginToken, User } from './documents.ts'
import { sendMailCode, verifiedMails } from './second-factor.ts'
import { isOn, may, type ServerState, stamp } from './server-state.ts'
import { userFromBody } from './token-routes.ts'

/** Second factors of an account, and what ends its sessions and tokens (rocketchat.md step 2 and 2b). */
export const securityRoutes: readonly Route[] = [
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
