import { pick, touch, userByName } from './accounts.ts'
import { refuse, refuseBare, unauthorized } from './answers.ts'
import { bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Role, User } from './documents.ts'
import { sinceOf } from './permission-routes.ts'
import { page } from './pipeline.ts'
import { may, type ServerState } from './server-state.ts'

/** Roles and who has them. */
export const roleRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'roles.list',
    act: ({ state }) => ({ roles: state.db.roles.map(({ _updatedAt, ...role }) => role) }),
  },
  { method: 'GET', path: 'roles.sync', act: sync },
  { method: 'GET', path: 'roles.getUsersInRole', permissions: ['access-permissions'], act: usersInRole },
  { method: 'POST', path: 'roles.create', act: enterpriseOnly, reads: true },
  { method: 'POST', path: 'roles.update', act: enterpriseOnly, reads: true },
  { method: 'POST', path: 'roles.addUserToRole', permissions: ['access-permissions'], act: addUser },
  { method: 'POST', path: 'roles.removeUserFromRole', permissions: ['access-permissions'], act: removeUser },
]

function sync({ state, query }: Call): Doc {
  const since = sinceOf(query.get('updatedSince'))
  return { roles: { update: state.db.roles.filter((each) => Date.parse(each._updatedAt) > since), remove: [] } }
}

function enterpriseOnly(): Doc {
  throw refuse('error-action-not-allowed', 'This is an enterprise feature')
}

function usersInRole(call: Call): Doc {
  const { state, query } = call
  const role = query.get('role')
  if (role === null || role === '') throw refuse('error-param-not-provided', 'Query param "role" is required')
  if (!may(state, call.user, 'access-permissions')) throw refuse('error-not-allowed', 'Not allowed')
  if (!state.db.roles.some(({ _id, name }) => _id === role || (state.rules.legacyParameters && name === role)))
    throw refuse('error-invalid-roleId', 'Invalid role')
  const all = state.db.users.filter(({ roles }) => roles.includes(role))
  const { count, offset } = page(call)
  const shown = (user: User) =>
    pick(user, ['_id', 'name', 'username', 'emails', 'avatarETag', 'createdAt', '_updatedAt'])
  const users = (count === 0 ? all.slice(offset) : all.slice(offset, offset + count)).map(shown)
  return { users, total: all.length }
}

function target(call: Call): { user: User; role: Role } {
  const { state } = call
  if (!may(state, caller(call), 'access-permissions')) throw unauthorized()
  const user = userByName(state, bodyText(call, 'username'))
  if (!user) throw refuse('error-user-not-found', 'There is no user with this username')
  return { user, role: roleOf(state, bodyText(call, 'roleId'), bodyText(call, 'roleName')) }
}

function roleOf(state: ServerState, id: string | undefined, name: string | undefined): Role {
  const byName = state.rules.legacyParameters ? name : undefined
  const role = state.db.roles.find((each) => each._id === id || (byName !== undefined && each.name === byName))
  if (role) return role
  if (id === undefined && byName === undefined)
    throw refuse('error-invalid-role-properties', 'The role properties are invalid.')
  const [code, reason] = ['error-role-not-found', 'There is no role with the given id or name'] as const
  throw state.rules.legacyParameters ? refuse(code, reason) : refuseBare(reason, code)
}

function addUser(call: Call): Doc {
  const { user, role } = target(call)
  if (role._id === 'admin' && !may(call.state, caller(call), 'assign-admin-role'))
    throw refuse('error-action-not-allowed', 'Assigning admin is not allowed', {
      method: 'insertOrUpdateUser',
      action: 'Assign_admin',
    })
  if (user.roles.includes(role._id)) throw refuse('error-user-already-in-role', 'User already in role')
  user.roles = [...user.roles, role._id]
  touch(call.state, user)
  return { role }
}

function removeUser(call: Call): Doc {
  const { state } = call
  const { user, role } = target(call)
  if (!user.roles.includes(role._id)) throw refuse('error-user-not-in-role', 'User is not in this role')
  const admins = state.db.users.filter(({ roles }) => roles.includes('admin'))
  if (role._id === 'admin' && admins.length === 1)
    throw refuse('error-admin-required', 'You need to have at least one admin')
  user.roles = user.roles.filter((id) => id !== role._id)
  touch(state, user)
  return { role }
}
