import { catalogueOf } from '../../lib/rocketchat/catalogue.ts'
import { unreadable } from '../../lib/rocketchat/server-settings.ts'
import { type Answer, type Change, didYouMean, type Io, problem, s, TaskError, task, update } from '../../lib/task.ts'

interface Permission {
  readonly _id: string
  readonly roles: readonly string[]
}

interface State {
  readonly permissions: readonly Permission[]
  /** Roles of the account that signs in. */
  readonly ownRoles: readonly string[]
}

type Data = readonly Permission[]

/**
 * What an administrator must keep so that a later run, or a person, can put everything right again: the first opens
 * `permissions.update`, the next two reading and writing settings, the last making tokens (rocketchat.md 7, 8 and step 2).
 */
const essential = [
  'access-permissions',
  'view-privileged-setting',
  'edit-privileged-setting',
  'create-personal-access-tokens',
]

export default task({
  summary: 'A role holds exactly these permissions; the roles of others are not touched.',
  args: s.args({
    role: s.string('Id of the role, e.g. user.'),
    permissions: s.list(
      s.string('Permission id.'),
      'All permissions of the role. One that this version of the server does not have (view-history from 7.0) is passed over.',
    ),
  }),
  examples: [
    'rocketchat_role_permissions: { role: user, permissions: [create-d, delete-own-message, view-d-room, view-p-room] }',
  ],
  returns: { taken: 'permissions taken from the role', given: 'permissions given to it' },

  validate: ({ permissions }) => {
    const catalogue = catalogueOf(undefined)
    return permissions.flatMap((id, index) => {
      const path = ['permissions', index]
      if (permissions.indexOf(id) !== index)
        return [
          {
            path,
            diagnostic: problem('repeated-permission', `"${id}" is listed twice`, { mend: 'remove one of them' }),
          },
        ]
      if (catalogue.hasPermission(id) || id.startsWith('change-setting-')) return []
      return [
        {
          path,
          diagnostic: problem('unknown-permission', `no version of Rocket.Chat that we know has a permission "${id}"`, {
            mend: didYouMean(id, catalogue.permissionIds),
          }),
        },
      ]
    })
  },

  probe: () => ({
    ask: [
      { on: 'api', path: '/api/v1/permissions.listAll' },
      { on: 'api', path: '/api/v1/me' },
    ],
    read: ([list, me]): State => {
      const permissions = (list?.json as { update?: readonly Permission[] } | undefined)?.update
      if (list?.ok !== true || permissions === undefined || permissions.length === 0)
        throw unreadable('the permissions', list)
      return { permissions, ownRoles: rolesOf(me) }
    },
  }),

  diff: ({ role, permissions }, state): readonly Change<Data>[] => {
    const wanted = new Set(permissions)
    const held = state.permissions.filter((one) => one.roles.includes(role)).map((one) => one._id)
    const writes = state.permissions.flatMap((one): Permission[] => {
      const holds = one.roles.includes(role)
      if (holds === wanted.has(one._id)) return []
      return [{ _id: one._id, roles: holds ? one.roles.filter((other) => other !== role) : [...one.roles, role] }]
    })
    if (writes.length === 0) return []
    guard(role, writes, state)
    const existing = new Set(state.permissions.map((one) => one._id))
    const after = permissions.filter((id) => existing.has(id))
    return [update(`permissions of the role ${role}`, listing(held), listing(after), writes)]
  },

  apply: async ({ data }, io, { role }) => {
    const known = await knownRoles(io)
    const whole = data.filter(({ roles }) => roles.every((one) => known.has(one)))
    if (whole.length > 0) await io.api.request('POST', '/api/v1/permissions.update', { permissions: whole })
    for (const { _id, roles } of data) {
      if (!roles.every((one) => known.has(one))) await changeAlone(io, _id, role, roles.includes(role))
    }
    const ids = (given: boolean) => data.filter((one) => one.roles.includes(role) === given).map((one) => one._id)
    const [taken, given] = [ids(false).sort(), ids(true).sort()]
    return { values: { taken, given } }
  },

  result: () => ({ values: { taken: [], given: [] } }),
})

async function knownRoles(io: Io): Promise<ReadonlySet<string>> {
  const answer = await io.api.request('GET', '/api/v1/roles.list')
  const roles = (answer.json as { roles?: readonly { readonly _id: string }[] } | undefined)?.roles
  if (roles === undefined) throw unreadable('the roles', answer)
  return new Set(roles.map((one) => one._id))
}

/**
 * Gives or takes one permission without naming the other roles that hold it. `permissions.update` replaces the whole list
 * and refuses it when one role does not exist, such as `livechat-monitor`, which servers without a licence name in a
 * dozen permissions but do not have (dumps of 6.14 and 8.6.1). The answer may be 200 although the method failed
 * (rocketchat.md 7.4): looking again afterwards tells.
 */
async function changeAlone(io: Io, permission: string, role: string, give: boolean): Promise<void> {
  const method = give ? 'authorization:addPermissionToRole' : 'authorization:removeRoleFromPermission'
  const message = JSON.stringify({ msg: 'method', id: '1', method, params: [permission, role] })
  await io.api.request('POST', `/api/v1/method.call/${method}`, { message })
}

function rolesOf(me: Answer | undefined): readonly string[] {
  const roles = (me?.json as { roles?: readonly string[] } | undefined)?.roles
  if (me?.ok !== true || roles === undefined) throw unreadable('the account that signs in', me)
  return roles
}

/** Refuses a plan after which the account that signs in, and Ametys' token with it, could no longer undo it. */
function guard(role: string, writes: readonly Permission[], { permissions, ownRoles }: State): void {
  if (!ownRoles.includes(role)) return
  const lost = writes.filter(({ _id, roles }) => {
    const before = permissions.find((one) => one._id === _id)?.roles ?? []
    return (
      essential.includes(_id) &&
      before.some((one) => ownRoles.includes(one)) &&
      !roles.some((one) => ownRoles.includes(one))
    )
  })
  if (lost.length === 0) return
  throw new TaskError(
    problem(
      'lock-out',
      `after this the administrator could not undo it: ${lost.map((one) => one._id).join(', ')} would be lost`,
      {
        mend: `keep ${lost.length === 1 ? 'it' : 'them'} in the permissions of the role ${role}`,
      },
    ),
  )
}

/** One permission a line, so that the diff names what is taken and what is given. */
function listing(ids: readonly string[]): string {
  return [...ids]
    .sort()
    .map((id) => `${id}\n`)
    .join('')
}
