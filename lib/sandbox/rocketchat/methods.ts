import { userByName } from './accounts.ts'
import { refuse } from './answers.ts'
import { asDoc, type Call, caller } from './call.ts'
import type { Doc, Setting, User } from './documents.ts'
import { enterToWrite, write } from './messages.ts'
import { spotlight } from './people-search.ts'
import { directRoom, roomById } from './rooms.ts'
import { may, stamp, visibleSettings } from './server-state.ts'
import { saveSettings } from './settings-routes.ts'
import { generateToken, regenerateToken, removeToken } from './token-routes.ts'
import { totp } from './totp.ts'

/** A DDP method as `method.call` reaches it. */
export interface Method {
  /** Changes nothing. */
  readonly reads?: true
  readonly secondFactor?: 'remembered' | 'never'
  run(call: Call, params: readonly unknown[]): unknown
}

/** The methods that a configuration run or a client of ours may call; any other name is "not found". */
export const methods: Readonly<Record<string, Method>> = {
  saveSettings: { secondFactor: 'remembered', run: saveMany },
  saveSetting: { secondFactor: 'remembered', run: (call, [id, value]) => saveMany(call, [[{ _id: id, value }]]) },
  'authorization:addPermissionToRole': { run: (call, params) => changeRole(call, params, true) },
  'authorization:removeRoleFromPermission': { run: (call, params) => changeRole(call, params, false) },
  'personalAccessTokens:generateToken': {
    secondFactor: 'remembered',
    run: (call, [given]) => generateToken(call, asDoc(given).tokenName, asDoc(given).bypassTwoFactor),
  },
  'personalAccessTokens:regenerateToken': {
    secondFactor: 'remembered',
    run: (call, [given]) => regenerateToken(call, asDoc(given).tokenName),
  },
  'personalAccessTokens:removeToken': {
    secondFactor: 'remembered',
    run: (call, [given]) => removeToken(call, asDoc(given).tokenName),
  },
  '2fa:disable': { run: disableTotp },
  spotlight: { reads: true, run: (call, [query]) => spotlight(call.state, caller(call), String(query)) },
  'public-settings/get': {
    reads: true,
    run: ({ state }) =>
      visibleSettings(state)
        .filter((each) => each.public)
        .map(settingView),
  },
  'private-settings/get': { reads: true, run: privateSettings },
  'permissions/get': { reads: true, run: ({ state }) => state.db.permissions },
  createDirectMessage: { run: directMessage },
  sendMessage: { run: send },
}

function saveMany(call: Call, [list]: readonly unknown[]): true {
  const { state } = call
  const user = caller(call)
  if (!Array.isArray(list)) throw matchError('Expected array, got object')
  const wanted = list.map((each: Doc) => ({ id: String(each._id), value: each.value }))
  const all = may(state, user, 'edit-privileged-setting')
  const some = may(state, user, 'manage-selected-settings')
  const denied = all
    ? []
    : wanted.filter(({ id }) => !some || !may(state, user, `change-setting-${id}`)).map(({ id }) => id)
  if (denied.length > 0)
    throw refuse('error-action-not-allowed', 'Editing settings is not allowed', {
      method: 'saveSettings',
      settingIds: denied,
    })
  saveSettings(state, wanted)
  return true
}

/** What the argument checker of methods throws. */
export function matchError(reason: string) {
  return refuse(400, `Match error: ${reason}`)
}

function changeRole(call: Call, [permissionId, role]: readonly unknown[], wanted: boolean): undefined {
  const { state } = call
  const permission = state.db.permissions.find(({ _id }) => _id === permissionId)
  const name = wanted ? 'authorization:addPermissionToRole' : 'authorization:removeRoleFromPermission'
  if (!permission) throw refuse('error-invalid-permission', 'Permission not found', { method: name })
  if (!may(state, caller(call), 'access-permissions'))
    throw refuse(
      'error-action-not-allowed',
      wanted ? 'Adding permission is not allowed' : 'Removing permission is not allowed',
      {
        method: name,
        action: wanted ? 'Adding_permission' : 'Accessing_permissions',
      },
    )
  const others = permission.roles.filter((each) => each !== role)
  permission.roles = wanted ? [...others, String(role)] : others
  permission._updatedAt = stamp(state)
  return undefined
}

function disableTotp(call: Call, [code]: readonly unknown[]): boolean {
  const { state } = call
  const user = caller(call)
  const known = user.services.totp
  if (!known?.enabled) return false
  const step = Math.floor(state.now() / 30_000)
  if (known.secret === undefined || ![-1, 0, 1].some((delta) => totp(known.secret ?? '', step + delta) === code))
    return false
  user.services.totp = { enabled: false }
  return true
}

const settingView = ({ _id, value, enterprise }: Setting) => ({ _id, value, enterprise })

function privateSettings(call: Call): readonly Doc[] {
  if (!may(call.state, caller(call), 'view-privileged-setting')) return []
  return visibleSettings(call.state).map((each) => ({ ...each }))
}

function directMessage(call: Call, names: readonly unknown[]): Doc {
  const { state } = call
  const user = caller(call)
  if (!may(state, user, 'create-d')) throw refuse('error-not-allowed', 'Not allowed', { method: 'createDirectMessage' })
  const people = names.filter((each) => typeof each === 'string').map((name) => userByName(state, name))
  if (people.some((each) => each === undefined))
    throw refuse('error-invalid-user', 'Invalid user', { method: 'createDirectMessage' })
  const room = directRoom(state, user, [user, ...people.filter((each): each is User => each !== undefined)])
  return { t: 'd', rid: room._id, usernames: room.usernames }
}

function send(call: Call, [given]: readonly unknown[]): Doc {
  const { state } = call
  const message = given as Doc
  const room = roomById(state, message.rid)
  if (!room) throw refuse('error-invalid-room')
  enterToWrite(state, room, caller(call))
  return write(state, room, caller(call), { ...message, msg: String(message.msg ?? '') })
}
