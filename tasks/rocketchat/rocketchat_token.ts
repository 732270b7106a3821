import { readVersion, unreadable } from '../../lib/rocketchat/server-settings.ts'
import { tokenSecret, tokenUserSecret } from '../../lib/rocketchat/session.ts'
import { bypassIsBroken, type Version, versionText } from '../../lib/rocketchat/version.ts'
import { type Change, create, type Io, problem, run, Secret, s, TaskError, task, update } from '../../lib/task.ts'

interface Listed {
  readonly name: string
  readonly lastTokenPart: string
  readonly bypassTwoFactor?: boolean
}

interface State {
  readonly version: Version
  readonly userId: string
  readonly tokens: readonly Listed[]
  readonly stored: Secret | undefined
  readonly storedUserId: Secret | undefined
}

interface Data {
  readonly userId: string
  /** Removed first: its value is lost, so its name is only in the way. */
  readonly removeFirst: readonly string[]
  readonly make: string
  /** Removed when the new one has proved that it works. */
  readonly removeAfter: readonly string[]
}

export default task({
  summary:
    'The administrator has a personal access token for Ametys that needs no second factor; its value is kept beside the inventory.',
  args: s.args({
    name: s
      .string('Name of the token; a rotation alternates between this name and the same with "-2".')
      .default('Ametys'),
    rotate: s
      .boolean('Replace a token that works: the new one is proven before the old one goes; default false.')
      .default(false),
  }),
  examples: [
    'rocketchat_token: { name: Ametys }',
    'rocketchat_token: { name: Ametys, rotate: "{{ rotate_token | default(false) }}" }',
  ],
  returns: { user_id: 'id of the account', token_name: 'name of the token that is in use' },
  provides: () => ({ secrets: [tokenSecret, tokenUserSecret] }),

  probe: () => ({
    ask: [
      { on: 'api', path: '/api/v1/me' },
      { on: 'api', path: '/api/v1/users.getPersonalAccessTokens' },
      { on: 'api', path: '/api/info' },
      { on: 'store', name: tokenSecret },
      { on: 'store', name: tokenUserSecret },
    ],
    read: ([me, list, info, token, user]): State => {
      const userId = (me?.json as { _id?: string } | undefined)?._id
      const tokens = (list?.json as { tokens?: readonly Listed[] } | undefined)?.tokens
      if (userId === undefined) throw unreadable('the account that signs in', me)
      if (tokens === undefined) throw unreadable('its personal access tokens', list)
      return { version: readVersion(info), userId, tokens, stored: token?.secret, storedUserId: user?.secret }
    },
  }),

  diff: ({ name, rotate }, state): readonly Change<Data>[] => {
    if (bypassIsBroken(state.version)) {
      throw new TaskError(
        problem('version-refused', `Rocket.Chat ${versionText(state.version)} ignores the bypass flag of tokens`, {
          mend: 'use 8.6 or newer',
        }),
      )
    }
    const names = [name, `${name}-2`] as const
    const ours = state.tokens.filter((one) => names.includes(one.name))
    const working = ours.find((one) => isStored(one, state))
    const others = ours.filter((one) => one !== working).map((one) => one.name)
    const target = `personal access token ${name}`
    if (working && !rotate) {
      if (others.length === 0) return []
      return [
        update(target, `${working.name}, and ${others.join(', ')} left over`, working.name, {
          userId: state.userId,
          removeFirst: others,
          make: '',
          removeAfter: [],
        }),
      ]
    }
    if (working) {
      const next = working.name === names[0] ? names[1] : names[0]
      const removeFirst = others.filter((one) => one === next)
      return [
        run(`rotate the token ${working.name} to ${next}`, {
          userId: state.userId,
          removeFirst,
          make: next,
          removeAfter: [working.name],
        }),
      ]
    }
    const data: Data = { userId: state.userId, removeFirst: others, make: name, removeAfter: [] }
    if (others.length === 0) return [create(target, 'bypasses the second factor', data)]
    return [update(target, reason(ours, state), 'made anew, bypasses the second factor', data)]
  },

  apply: async ({ data }, io) => {
    for (const name of data.removeFirst) await remove(io, name)
    if (data.make !== '') {
      const token = await generate(io, data.make)
      // Kept before anything else happens: the server never shows it again.
      await io.store.set(tokenUserSecret, new Secret(data.userId, tokenUserSecret))
      await io.store.set(tokenSecret, token)
      if (!(await io.api.proves(data.userId, token))) {
        throw new TaskError(
          problem('token-not-proven', `the new token ${data.make} is not accepted by the server that made it`, {
            mend: 'run again; the old one still works',
          }),
        )
      }
      io.api.renew()
    }
    for (const name of data.removeAfter) await remove(io, name)
    return { values: { user_id: data.userId } }
  },

  result: ({ name }, state) => ({
    values: {
      user_id: state.userId,
      token_name: state.tokens.find((one) => one.name.startsWith(name) && isStored(one, state))?.name ?? name,
    },
  }),
})

/** A listed token is the kept one when account and last six characters agree and it bypasses the second factor. */
function isStored(token: Listed, { stored, storedUserId, userId }: State): boolean {
  return (
    stored !== undefined &&
    storedUserId !== undefined &&
    storedUserId.matches((value) => value === userId) &&
    stored.matches((value) => value.endsWith(token.lastTokenPart)) &&
    token.bypassTwoFactor === true
  )
}

function reason(listed: readonly Listed[], { stored }: State): string {
  if (stored === undefined) return 'exists on the server, its value is not kept here (lost, or made by somebody else)'
  const known = listed.find((one) => stored.matches((value) => value.endsWith(one.lastTokenPart)))
  if (known) return 'does not bypass the second factor'
  return 'another token than the one kept here'
}

async function generate(io: Io, tokenName: string): Promise<Secret> {
  const answer = await io.api.request('POST', '/api/v1/users.generatePersonalAccessToken', {
    tokenName,
    bypassTwoFactor: true,
  })
  const token = (answer.json as { token?: unknown } | undefined)?.token
  if (typeof token !== 'string') throw unreadable('the new token', answer)
  return new Secret(token, tokenSecret)
}

async function remove(io: Io, tokenName: string): Promise<void> {
  await io.api.request('POST', '/api/v1/users.removePersonalAccessToken', { tokenName })
}
