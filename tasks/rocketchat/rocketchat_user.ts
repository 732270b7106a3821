import { unreadable } from '../../lib/rocketchat/server-settings.ts'
import { type Answer, type Change, create, problem, s, TaskError, type Text, task, update } from '../../lib/task.ts'

interface User {
  readonly _id: string
  readonly username: string
  readonly name?: string
  readonly emails?: readonly { readonly address: string; readonly verified: boolean }[]
  readonly roles?: readonly string[]
  readonly active?: boolean
}

interface State {
  readonly user: User | undefined
  /** Is it the account that signs in? Only that one's second factor can be read and switched off. */
  readonly own: boolean
  readonly mailFactor: boolean
  readonly appFactor: boolean
}

type Data =
  | { readonly kind: 'create' }
  | { readonly kind: 'update'; readonly userId: string; readonly fields: { readonly [name: string]: unknown } }
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'mail-factor-off' }

export default task({
  summary:
    'An account exists with this name, mail address and these roles; passwords are set at creation only, as a later change would destroy its tokens.',
  args: s.args({
    username: s.string('Login name: letters, digits, dot, dash, underscore.'),
    name: s.string('Display name; it stands in room histories ("... was added by NAME").').optional(),
    email: s.string('Mail address.').optional(),
    verified: s.boolean('The mail address counts as verified; default true.').default(true),
    password: s.text('Password of a new account.').optional(),
    roles: s.words('Roles it has at least, by id.').optional(),
    active: s.boolean('It may sign in; default true.').default(true),
    second_factor: s
      .choice(
        ['off', 'any'],
        'off: the account that signs in has no second factor of its own; any (default): not looked at.',
      )
      .default('any'),
  }),
  examples: ['rocketchat_user: { username: chatadmin, name: Chat administration, roles: admin, second_factor: "off" }'],
  returns: { user_id: 'id of the account' },

  probe: ({ username }) => ({
    ask: [
      { on: 'api', path: `/api/v1/users.info?username=${encodeURIComponent(username)}` },
      { on: 'api', path: '/api/v1/me' },
    ],
    read: ([info, me]): State => {
      const self = me?.json as
        | {
            _id?: string
            username?: string
            services?: { email2fa?: { enabled?: boolean }; totp?: { enabled?: boolean } }
          }
        | undefined
      const user = userOf(info)
      const name = self?.username
      if (user === undefined && name !== undefined && name.toLowerCase() === username.toLowerCase()) {
        throw new TaskError(
          problem('account-name-case', `the account is called ${name}, not ${username}`, {
            mend: `write ${name}: signing in takes no account of capitals, everything else does`,
          }),
        )
      }
      return {
        user,
        own: user !== undefined && self?._id === user._id,
        mailFactor: self?.services?.email2fa?.enabled === true,
        appFactor: self?.services?.totp?.enabled === true,
      }
    },
  }),

  diff: (args, state): readonly Change<Data>[] => {
    const { user } = state
    const target = `account ${args.username}`
    if (user === undefined) {
      const missing = [
        args.name === undefined && 'name',
        args.email === undefined && 'email',
        args.password === undefined && 'password',
      ].filter((one) => one !== false)
      if (missing.length > 0) {
        throw new TaskError(
          problem(
            'account-incomplete',
            `there is no account ${args.username}, and to make it ${missing.join(', ')} must be given`,
            { mend: `add ${missing.join(', ')}` },
          ),
        )
      }
      return [
        create(
          target,
          { name: args.name ?? '', email: args.email ?? '', roles: args.roles ?? ['user'] },
          { kind: 'create' },
        ),
      ]
    }
    return [
      ...fields(args, user, target),
      ...roles(args.roles ?? [], user, target),
      ...factor(args.second_factor, args.username, state),
    ]
  },

  apply: async ({ data }, io, args) => {
    switch (data.kind) {
      case 'create':
        await io.api.request('POST', '/api/v1/users.create', creation(args))
        return undefined
      case 'update':
        await io.api.request('POST', '/api/v1/users.update', { userId: data.userId, data: data.fields })
        return undefined
      case 'role':
        await io.api.request('POST', '/api/v1/roles.addUserToRole', { username: args.username, roleId: data.role })
        return undefined
      case 'mail-factor-off':
        await io.api.request('POST', '/api/v1/users.2fa.disableEmail', {})
        return undefined
      default:
        return data satisfies never
    }
  },

  result: (_args, { user }) => ({ values: user === undefined ? {} : { user_id: user._id } }),
})

/** An absent account answers 400 `User not found.` (rocketchat.md 4.3, 19.7). */
function userOf(info: Answer | undefined): User | undefined {
  if (info?.ok === true) return (info.json as { user?: User }).user
  if (info?.code === 400 && /user not found/i.test(info.text)) return undefined
  throw unreadable('the account', info)
}

interface Wanted {
  readonly username: string
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly verified: boolean
  readonly active: boolean
  readonly password?: Text | undefined
  readonly roles?: readonly string[] | undefined
}

function creation(args: Wanted): { readonly [name: string]: unknown } {
  return {
    username: args.username,
    name: args.name,
    email: args.email,
    password: args.password,
    verified: args.verified,
    active: args.active,
    roles: args.roles ?? ['user'],
    joinDefaultChannels: false,
    requirePasswordChange: false,
    sendWelcomeEmail: false,
  }
}

/** One write with the fields that differ and no others: an unchanged mail address alone uses up a limit on 6.x. */
function fields(args: Wanted, user: User, target: string): readonly Change<Data>[] {
  const mail = user.emails?.[0]
  const before: { [name: string]: string | boolean } = {}
  const after: { [name: string]: string | boolean } = {}
  const note = (name: string, found: string | boolean, wanted: string | boolean) => {
    if (found === wanted) return
    before[name] = found
    after[name] = wanted
  }
  if (args.name !== undefined) note('name', user.name ?? '', args.name)
  if (args.email !== undefined) {
    note('email', mail?.address ?? '', args.email)
    if (mail?.address === args.email) note('verified', mail.verified, args.verified)
    else if (args.verified) after.verified = true
  }
  note('active', user.active ?? true, args.active)
  if (Object.keys(after).length === 0) return []
  const sent = after.verified === undefined ? after : { ...after, email: args.email ?? mail?.address ?? '' }
  return [update(target, before, after, { kind: 'update', userId: user._id, fields: sent })]
}

function roles(wanted: readonly string[], user: User, target: string): readonly Change<Data>[] {
  const held = user.roles ?? []
  return wanted
    .filter((role) => !held.includes(role))
    .map((role) => update(`roles of ${target}`, held, [...held, role], { kind: 'role', role }))
}

function factor(wanted: 'off' | 'any', username: string, state: State): readonly Change<Data>[] {
  if (wanted === 'any') return []
  if (!state.own) {
    throw new TaskError(
      problem('second-factor-of-another', `the second factor of ${username} cannot be read: another account signs in`, {
        mend: 'say this only of the account in rocketchat_admin_username',
      }),
    )
  }
  if (state.appFactor) {
    throw new TaskError(
      problem('second-factor-app', `the account ${username} has an authenticator app (TOTP)`, {
        mend: 'switch it off in the browser (My Account, Security): resetting it through the API would destroy all tokens of the account',
      }),
    )
  }
  return state.mailFactor
    ? [update(`second factor by mail of ${username}`, 'on', 'off', { kind: 'mail-factor-off' })]
    : []
}
