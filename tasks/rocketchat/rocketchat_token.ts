import { readVersion, unreadable } from '../../lib/rocketchat/server-settings.ts'
import { mePath, tokenSecret, tokenUserSecret } from '../../lib/rocketchat/session.ts'
import { bypassIsBroken, type Version, versionText } from '../../lib/rocketchat/version.ts'
import {
  type Answer,
  type Change,
  create,
  type Io,
  problem,
  run,
  Secret,
  s,
  TaskError,
  task,
  update,
} from '../../lib/task.ts'

interface Listed {
  readonly name: string
  readonly createdAt?: string
  readonly lastTokenPart: string
  readonly bypassTwoFactor?: boolean
}

interface State {
  readonly version: Version
  readonly userId: string
  readonly tokens: readonly Listed[]
  readonly stored: Secret | undefined
  readonly storedUserId: Secret | undefined
  /** The server accepts the kept token, as that of the account that signs in. */
  readonly accepted: boolean
}

interface Data {
  readonly userId: string
  /** Removed first: nobody can know their values any more, so their names are only in the way. */
  readonly removeFirst: readonly string[]
  /** Name of the token to make; none when there is only something to remove. */
  readonly make: string | undefined
}

export default task({
  summary:
    'The administrator has a personal access token for Ametys that needs no second factor; its value is kept beside the inventory.',
  args: s.args({
    name: s
      .string('Name of the token; a rotation alternates between this name and the same with "-2".')
      .default('Ametys'),
    rotate: s
      .boolean(
        'Make a second token beside one that works and keep that instead; the old one still works and is removed by the next run without this; default false.',
      )
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
      { on: 'api', path: mePath },
      { on: 'api', path: '/api/v1/users.getPersonalAccessTokens' },
      { on: 'api', path: '/api/info' },
      { on: 'store', name: tokenSecret },
      { on: 'store', name: tokenUserSecret },
      { on: 'api', path: mePath, as: 'token' },
    ],
    read: ([me, list, info, token, user, asToken]): State => {
      const userId = idOf(me)
      const tokens = (list?.json as { tokens?: readonly Listed[] } | undefined)?.tokens
      if (userId === undefined) throw unreadable('the account that signs in', me)
      if (tokens === undefined) throw unreadable('its personal access tokens', list)
      return {
        version: readVersion(info),
        userId,
        tokens,
        stored: token?.secret,
        storedUserId: user?.secret,
        accepted: asToken?.ok === true && idOf(asToken) === userId,
      }
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
    const working = ours.find((one) => isKept(one, state))
    const others = ours.filter((one) => one !== working)
    if (working) return rotate ? rotation(names, working, others, state) : tidying(name, working, others, state)

    const target = `personal access token ${name}`
    const data: Data = { userId: state.userId, removeFirst: others.map((one) => one.name), make: name }
    const why = reason(ours, state)
    if (why === undefined) return [create(target, 'bypasses the second factor', data)]
    return [update(target, why, 'made anew, bypasses the second factor', data)]
  },

  apply: async ({ data }, io) => {
    for (const name of data.removeFirst) await remove(io, name)
    if (data.make === undefined) return { values: { user_id: data.userId } }

    const token = await generate(io, data.make)
    // Proven, then kept before anything else happens: the server never shows it again.
    if (!(await io.api.proves(data.userId, token))) {
      throw new TaskError(
        problem('token-not-proven', `the server does not accept the token ${data.make} that it made`, {
          mend: 'run again: what was kept before is still kept',
        }),
      )
    }
    await io.store.set(tokenUserSecret, new Secret(data.userId, tokenUserSecret))
    await io.store.set(tokenSecret, token)
    io.api.renew()
    return { values: { user_id: data.userId, token_name: data.make } }
  },

  result: ({ name }, state) => ({
    values: {
      user_id: state.userId,
      token_name: state.tokens.find((one) => one.name.startsWith(name) && isKept(one, state))?.name ?? name,
    },
  }),
})

/** The old token goes in the run after a rotation, so that there is time to enter the new one in Ametys. */
function tidying(name: string, working: Listed, others: readonly Listed[], { userId }: State): readonly Change<Data>[] {
  if (others.length === 0) return []
  const left = others.map((one) => one.name)
  const target = `personal access token ${name}`
  return [
    update(target, `${working.name} in use, ${left.join(', ')} left over`, `${working.name} in use`, {
      userId,
      removeFirst: left,
      make: undefined,
    }),
  ]
}

/**
 * A token made after the one in use is what an interrupted rotation left behind: its value is lost. One made before is the
 * old one of a rotation that is not finished: Ametys may still use it, so it is not sacrificed to the next rotation.
 */
function rotation(
  names: readonly [string, string],
  working: Listed,
  others: readonly Listed[],
  { userId }: State,
): readonly Change<Data>[] {
  const older = others.find((one) => (one.createdAt ?? '') < (working.createdAt ?? ''))
  if (older) {
    throw new TaskError(
      problem('rotation-unfinished', `the token ${older.name} that ${working.name} took the place of is still there`, {
        mend: `enter ${working.name} in Ametys, run once without rotating (that removes ${older.name}), then rotate again`,
      }),
    )
  }
  const next = working.name === names[0] ? names[1] : names[0]
  return [
    run(`rotate the token from ${working.name} to ${next}; ${working.name} works until the next run without rotating`, {
      userId,
      removeFirst: others.map((one) => one.name),
      make: next,
    }),
  ]
}

function idOf(me: Answer | undefined): string | undefined {
  return (me?.json as { _id?: string } | undefined)?._id
}

/**
 * A listed token is the kept one when the server accepts what is kept, account and last six characters agree, and it
 * bypasses the second factor.
 */
function isKept(token: Listed, { stored, storedUserId, userId, accepted }: State): boolean {
  if (!accepted || stored === undefined || storedUserId === undefined || token.bypassTwoFactor !== true) return false
  return (
    storedUserId.matches((value) => value === userId) && stored.matches((value) => value.endsWith(token.lastTokenPart))
  )
}

/** Why the token is made anew; undefined when there never was one. */
function reason(listed: readonly Listed[], state: State): string | undefined {
  const { stored, storedUserId, userId, accepted } = state
  if (stored === undefined)
    return listed.length === 0
      ? undefined
      : 'exists on the server, its value is not kept here (lost, or made by somebody else)'
  if (storedUserId !== undefined && !storedUserId.matches((value) => value === userId))
    return 'the one kept here is that of another account'
  if (!accepted) return 'the one kept here is not accepted by the server (revoked, or of another server)'
  const known = listed.some((one) => stored.matches((value) => value.endsWith(one.lastTokenPart)))
  return known ? 'does not bypass the second factor' : 'the one kept here has another name'
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
