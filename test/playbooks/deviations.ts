import type { Permission, User } from '../../lib/sandbox/rocketchat/documents.ts'
import type { Workplace } from '../fakes/configure.ts'

/** One thing that somebody did by hand on the server, and what check mode must say about it. */
export interface Deviation {
  readonly name: string
  make(at: Workplace): void
  /** The target of the change that mends it. */
  readonly target: string
}

/** Every setting that the playbook gives the server, each with another value. */
export function settingDeviations(ids: readonly string[]): readonly Deviation[] {
  return ids.map((id) => ({
    name: `the setting ${id} changed`,
    target: `setting ${id}`,
    make: ({ database }) => {
      const setting = database.settings[id]
      if (setting === undefined) throw new Error(`the server has no setting ${id}`)
      setting.value = otherValue(setting.value, id)
    },
  }))
}

function otherValue(value: unknown, id: string): unknown {
  if (typeof value === 'boolean') return !value
  if (id === 'Show_Setup_Wizard') return 'in_progress'
  return `${String(value)}x`
}

/** Every permission that the role has, taken; every one that it has not, given. */
export function permissionDeviations(permissions: readonly Permission[], role: string): readonly Deviation[] {
  const target = `permissions of the role ${role}`
  return permissions.map(({ _id, roles }) => {
    const held = roles.includes(role)
    return {
      name: `the permission ${_id} ${held ? 'taken from' : 'given to'} the role ${role}`,
      target,
      make: ({ database }) => {
        const found = database.permissions.find((one) => one._id === _id)
        if (found) found.roles = held ? found.roles.filter((one) => one !== role) : [...found.roles, role]
      },
    }
  })
}

function change(at: Workplace, username: string, edit: (user: User) => void): void {
  const user = at.database.users.find((one) => one.username === username)
  if (user === undefined) throw new Error(`no account ${username}`)
  edit(user)
}

/** What somebody may do to the administrator's account and its token. */
export function accountDeviations(username: string): readonly Deviation[] {
  const account = `account ${username}`
  const token = 'personal access token Ametys'
  const tokens = (user: User) => user.services.resume?.loginTokens ?? []
  return [
    {
      name: 'the display name of the administrator changed',
      target: account,
      make: (at) => change(at, username, (user) => Object.assign(user, { name: 'Somebody else' })),
    },
    {
      name: 'the mail address of the administrator changed',
      target: account,
      make: (at) =>
        change(at, username, (user) =>
          Object.assign(user, { emails: [{ address: 'other@example.org', verified: true }] }),
        ),
    },
    {
      name: 'the mail address of the administrator no longer verified',
      target: account,
      make: (at) =>
        change(at, username, (user) => {
          for (const mail of user.emails ?? []) mail.verified = false
        }),
    },
    {
      name: 'the second factor by mail switched on again',
      target: `second factor by mail of ${username}`,
      make: (at) =>
        change(at, username, (user) =>
          Object.assign(user.services, { email2fa: { enabled: true, changedAt: '2026-11-22T09:30:00.000Z' } }),
        ),
    },
    {
      name: 'the token deleted',
      target: token,
      make: (at) => change(at, username, (user) => Object.assign(user.services, { resume: { loginTokens: [] } })),
    },
    {
      name: 'the token without its bypass flag',
      target: token,
      make: (at) =>
        change(at, username, (user) => {
          for (const one of tokens(user)) one.bypassTwoFactor = false
        }),
    },
    {
      name: 'the token made anew by somebody else',
      target: token,
      make: (at) =>
        change(at, username, (user) => {
          for (const one of tokens(user)) {
            one.hashedToken = 'bm90IG91cnM='
            one.lastTokenPart = 'ffffff'
          }
        }),
    },
    {
      name: 'the token changed although its last characters are the same',
      target: token,
      make: (at) =>
        change(at, username, (user) => {
          for (const one of tokens(user)) one.hashedToken = 'bm90IG91cnM='
        }),
    },
  ]
}
