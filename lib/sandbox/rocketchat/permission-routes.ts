import { refuse, refuseBare } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, Permission } from './documents.ts'
import type { Shape } from './schema.ts'
import { may, type ServerState, stamp } from './server-state.ts'

/** Permissions (rocketchat.md 8 and 19.4). */
export const permissionRoutes: readonly Route[] = [
  { method: 'GET', path: 'permissions.listAll', act: listAll },
  {
    method: 'POST',
    path: 'permissions.update',
    permissions: ['access-permissions'],
    bodyShape: (state) => (state.rules.declaredChecks ? updateShape : undefined),
    act: update,
  },
]

const updateShape: Shape = {
  fields: {
    permissions: {
      type: 'array',
      required: true,
      items: {
        type: 'object',
        inside: {
          fields: {
            _id: { type: 'string', required: true },
            roles: { type: 'array', required: true, unique: true, items: { type: 'string' } },
          },
        },
      },
    },
  },
}

function listAll({ state, query }: Call): Doc {
  const since = sinceOf(query.get('updatedSince'))
  return { update: state.db.permissions.filter((each) => Date.parse(each._updatedAt) > since), remove: [] }
}

/** The date of `updatedSince`; before all dates when it is not given. Throws for what is no date. */
export function sinceOf(text: string | null): number {
  if (text === null || text === '') return Number.NEGATIVE_INFINITY
  const date = Date.parse(text)
  if (Number.isNaN(date))
    throw refuse('error-roomId-param-invalid', 'The "updatedSince" query parameter must be a valid date.')
  return date
}

function update(call: Call): Doc {
  const { state, body } = call
  if (!may(state, caller(call), 'access-permissions'))
    throw refuseBare('error-edit-permissions-not-allowed', 'Editing permissions is not allowed')
  const wanted = wantedPermissions(body)
  if (!wanted) throw refuseBare('error-invalid-body-params', 'Invalid body params')
  applyPermissions(state, wanted)
  return { permissions: state.db.permissions }
}

function wantedPermissions(body: Doc): readonly Pick<Permission, '_id' | 'roles'>[] | undefined {
  const list = body.permissions
  if (!Array.isArray(list) || Object.keys(body).length > 1) return undefined
  const good = list.every((each: unknown) => {
    if (typeof each !== 'object' || each === null) return false
    const { _id, roles, ...rest } = each as Doc
    const texts =
      Array.isArray(roles) && roles.every((role) => typeof role === 'string') && new Set(roles).size === roles.length
    return typeof _id === 'string' && texts && Object.keys(rest).length === 0
  })
  return good ? (list as Permission[]) : undefined
}

/** Replaces the role lists: all or nothing. A repeated id counts as one that does not exist. */
function applyPermissions(state: ServerState, wanted: readonly Pick<Permission, '_id' | 'roles'>[]): void {
  const known = new Map(state.db.permissions.map((each) => [each._id, each]))
  const ids = new Set(wanted.map(({ _id }) => _id))
  if (ids.size !== wanted.length || [...ids].some((id) => !known.has(id)))
    throw refuseBare('error-invalid-permission', 'Invalid permission')
  if (wanted.some(({ roles }) => roles.some((role) => !state.db.roles.some(({ _id }) => _id === role))))
    throw refuseBare('error-invalid-role', 'Invalid role')
  for (const { _id, roles } of wanted) {
    const permission = known.get(_id)
    if (permission) {
      permission.roles = [...roles]
      permission._updatedAt = stamp(state)
    }
  }
}
