import { isBlockedName, mailLooksValid, mailTaken } from './account-names.ts'
import { userByName, withoutServices } from './accounts.ts'
import { refuse, refusePlain } from './answers.ts'
import { asTexts, bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, User } from './documents.ts'
import { shortId } from './ids.ts'
import { checkPassword } from './password-policy.ts'
import { storePassword } from './passwords.ts'
import { joinDefaultChannels } from './rooms.ts'
import type { Shape } from './schema.ts'
import { hasAdmin, isOn, may, numberOf, type ServerState, stamp, textOf } from './server-state.ts'

/** `users.create` and `users.register` (rocketchat.md 4.4). */
export const userCreationRoutes: readonly Route[] = [
  { method: 'POST', path: 'users.create', bodyShape: createShape, act: create },
  {
    method: 'POST',
    path: 'users.register',
    login: 'none',
    allowance: (state) => ({
      calls: numberOf(state, 'Rate_Limiter_Limit_RegisterUser', 1),
      ms: numberOf(state, 'API_Enable_Rate_Limiter_Limit_Time_Default', 60_000),
    }),
    bodyShape: () => ({
      fields: {
        username: { type: 'string', required: true },
        name: { type: 'string' },
        email: { type: 'string', required: true },
        pass: { type: 'string', required: true },
        secretURL: { type: 'string' },
        reason: { type: 'string' },
        customFields: { type: 'object' },
      },
    }),
    act: register,
  },
]

function createShape(state: ServerState): Shape {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  return {
    fields: {
      email: { ...text, required: true },
      name: { ...text, required: true },
      password: { ...text, required: true },
      username: { ...text, required: true },
      active: flag,
      bio: text,
      nickname: text,
      statusText: text,
      roles: { type: 'array', items: text },
      joinDefaultChannels: flag,
      requirePasswordChange: flag,
      setRandomPassword: flag,
      sendWelcomeEmail: flag,
      verified: flag,
      customFields: { type: 'object' },
      freeSwitchExtension: text,
      ...(!state.rules.coerce && { settings: { type: 'object' } as const }),
    },
  }
}

const method = 'insertOrUpdateUser'

function create(call: Call): Doc {
  const { state, body } = call
  validate(call)
  const email = bodyText(call, 'email') ?? ''
  checkMail(state, email)
  const username = bodyText(call, 'username') ?? ''
  const roles = asTexts(body.roles)
  const user = newUser(state, {
    username,
    email,
    password: bodyText(call, 'password') ?? '',
    name: bodyText(call, 'name') ?? '',
    roles: roles.length > 0 ? roles : defaultRoles(state),
    verified: body.verified === true,
  })
  user.settings = {}
  if (body.active === false) user.active = false
  for (const key of ['bio', 'nickname', 'statusText'] as const) {
    const text = bodyText(call, key)
    if (text !== undefined) user[key] = text
  }
  if (typeof body.requirePasswordChange === 'boolean') user.requirePasswordChange = body.requirePasswordChange
  if (body.joinDefaultChannels !== false) joinDefaultChannels(state, user)
  return { user: withoutServices(user) }
}

function validate(call: Call): void {
  const { state, body } = call
  const user = caller(call)
  const required = (field: string) =>
    refuse('error-the-field-is-required', `The field ${field} is required`, { method, field })
  if (!may(state, user, 'create-user'))
    throw refuse('error-action-not-allowed', 'Adding user is not allowed', { method, action: 'Adding_user' })
  const roles = asTexts(body.roles)
  if (roles.some((id) => !state.db.roles.some(({ _id }) => _id === id)))
    throw refuse('error-action-not-allowed', 'The field Roles consist invalid role id', {
      method,
      action: 'Assign_role',
    })
  if (roles.includes('admin') && !may(state, user, 'assign-admin-role'))
    throw refuse('error-action-not-allowed', 'Assigning admin is not allowed', { method, action: 'Assign_admin' })
  if (isOn(state, 'Accounts_RequireNameForSignUp') && (bodyText(call, 'name') ?? '').trim() === '')
    throw required('Name')
  const username = bodyText(call, 'username') ?? ''
  if (username.trim() === '') throw required('Username')
  checkUsername(state, username)
  if (!body.password && body.setRandomPassword !== true) throw required('Password')
  checkFree(state, username)
}

/** Throws when the characters of a user name are not allowed. */
export function checkUsername(state: ServerState, username: string): void {
  if (new RegExp(`^${textOf(state, 'UTF8_User_Names_Validation')}$`).test(username)) return
  const details = { method, input: username, field: 'Username' }
  throw refuse('error-input-is-not-a-valid-field', `${username} is not a valid username`, details)
}

/** Throws when a user name is blocked or taken, whatever the case. */
export function checkFree(state: ServerState, username: string, except?: string): void {
  if (isBlockedName(state.db, username))
    throw refuse('error-blocked-username', `${username} is blocked and can't be used!`, {
      method: 'checkUsernameAvailability',
      field: username,
    })
  const taken = userByName(state, username, true)
  if (taken && taken._id !== except)
    throw refuse('error-field-unavailable', `${username} is already in use :(`, { method, field: username })
}

/** Throws when a mail address is malformed or taken. */
export function checkMail(state: ServerState, email: string, except?: string): void {
  if (!mailLooksValid(email))
    throw refuse('error-invalid-email', `Invalid email ${email}`, { function: 'RocketChat.validateEmailDomain', email })
  if (!mailTaken(state.db, email, except)) return
  if (!state.rules.mailChangeLimited || except !== undefined)
    throw refuse('error-field-unavailable', `${email} is already in use :(`, { method, field: email })
  throw refuse(403, 'Email already exists.')
}

function defaultRoles(state: ServerState): readonly string[] {
  const list = textOf(state, 'Accounts_Registration_Users_Default_Roles')
    .split(',')
    .map((role) => role.trim())
  return list.filter((role) => role !== '')
}

interface NewUser {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly name: string
  readonly roles: readonly string[]
  readonly verified: boolean
}

/** Inserts an account; people made over REST are opted into the mailed second factor unless the settings say no. */
function newUser(state: ServerState, { username, email, password, name, roles, verified }: NewUser): User {
  const at = stamp(state)
  const prefix = 'Accounts_TwoFactorAuthentication'
  const enabled = ['_By_Email_Enabled', '_By_Email_Auto_Opt_In'].every((end) => isOn(state, prefix + end))
  const user: User = {
    createdAt: at,
    _id: shortId(),
    username,
    emails: [{ address: email, verified }],
    type: 'user',
    roles: [...roles],
    status: 'offline',
    active: true,
    _updatedAt: at,
    name,
    services: { password: { bcrypt: storePassword(password) }, email2fa: { enabled, changedAt: at } },
  }
  state.db.users.push(user)
  return user
}

function register(call: Call): Doc {
  const { state, body } = call
  const form = textOf(state, 'Accounts_RegistrationForm')
  if (form === 'Disabled')
    throw refuse('error-user-registration-disabled', 'User registration is disabled', { method: 'registerUser' })
  if (form === 'Secret URL' && body.secretURL !== textOf(state, 'Accounts_RegistrationForm_SecretURL'))
    throw refuse('error-user-registration-secret', 'User registration is only allowed via Secret URL', {
      method: 'registerUser',
    })
  const username = bodyText(call, 'username') ?? ''
  if (!new RegExp(`^${textOf(state, 'UTF8_User_Names_Validation')}$`).test(username))
    throw refusePlain('The username provided is not valid')
  if (isBlockedName(state.db, username)) checkFree(state, username)
  if (userByName(state, username, true)) throw refusePlain('Username is already in use')
  const email = bodyText(call, 'email') ?? ''
  checkMail(state, email)
  checkPassword(state, bodyText(call, 'pass') ?? '')
  const first = !hasAdmin(state)
  const name = bodyText(call, 'name') ?? ''
  const user = newUser(state, {
    username,
    email,
    password: bodyText(call, 'pass') ?? '',
    name,
    roles: defaultRoles(state),
    verified: false,
  })
  if (first) makeFirstAdministrator(state, user)
  joinDefaultChannels(state, user)
  const { _id, type, status, active, __rooms } = user
  return { user: { _id, type, status, active, name: user.name, username, ...(__rooms && { __rooms }) } }
}

function makeFirstAdministrator(state: ServerState, user: User): void {
  user.roles = [...user.roles, 'admin']
  const wizard = state.db.settings.Show_Setup_Wizard
  if (wizard?.value === 'pending') wizard.value = 'in_progress'
}
