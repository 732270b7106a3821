import { readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import permissions from '../../tasks/rocketchat/rocketchat_role_permissions.ts'
import user from '../../tasks/rocketchat/rocketchat_user.ts'
import { admin } from '../fakes/configure.ts'
import { fakeIo } from '../fakes/io.ts'
import { type Passed, relay } from '../fakes/relay.ts'
import { type Validator, validatorsOf } from '../fakes/rest-typings.ts'
import { argsOf } from '../fakes/task.ts'
import { accountDeviations } from './deviations.ts'
import { at, fine } from './expectations.ts'

const test = suite('playbooks/configure-requests')

/** Everything that is sent to a server of that version: a first run, a second one, and the mending of the account. */
async function requestsOf(version: string): Promise<readonly Passed[]> {
  let passed: readonly Passed[] = []
  await at(version, async (place) => {
    const between = await relay(() => place.server.url)
    try {
      place.variables({ rocketchat_url: between.url })
      fine(await place.run())
      for (const deviation of accountDeviations(admin.name)) {
        deviation.make(place)
        place.later(1)
        fine(await place.run(), { refused: [401] })
      }
      passed = between.passed
    } finally {
      await between.close()
    }
  })
  return passed
}

/** `message`: what a method call holds in its body as JSON text. */
type Part = 'body' | 'query' | 'message'

function partOf(one: Passed, part: Part): unknown {
  return part === 'message' ? JSON.parse((one.body as { message: string }).message) : structuredClone(one[part])
}

/** Who of the package judges which request: file, name, and what of the request. Where a release has no validator, its route takes anything. */
const judges: readonly (readonly [
  request: RegExp,
  part: Part,
  file: string,
  name: string,
  majors: readonly number[],
])[] = [
  [/^POST \/api\/v1\/settings\/./, 'body', 'settings', 'isSettingsUpdatePropDefault', [6, 7, 8]],
  [/^POST \/api\/v1\/settings$/, 'body', 'settings', 'isSettingsBulkProps', [8]],
  [/^GET \/api\/v1\/settings$/, 'query', 'settings', 'isSettingsGetParams', [8]],
  [/^POST \/api\/v1\/users\.create$/, 'body', 'users', 'isUserCreateParamsPOST', [6, 7, 8]],
  [/^POST \/api\/v1\/users\.update$/, 'body', 'users/UsersUpdateParamsPOST', 'isUsersUpdateParamsPOST', [6, 7, 8]],
  [/^GET \/api\/v1\/users\.info$/, 'query', 'users', 'isUsersInfoParamsGetProps', [6, 7, 8]],
  [/^GET \/api\/v1\/users\.list$/, 'query', 'users', 'isUsersListParamsGET', [8]],
  [/^POST \/api\/v1\/roles\.addUserToRole$/, 'body', 'roles', 'isRoleAddUserToRoleProps', [6, 7, 8]],
  [/^POST \/api\/v1\/permissions\.update$/, 'body', 'permissions', 'isBodyParamsValidPermissionUpdate', [6, 7]],
  [/^POST \/api\/v1\/method\.call\//, 'message', 'misc', 'isMethodCallProps', [6, 7, 8]],
  [/^GET \/api\/v1\/permissions\.listAll$/, 'query', 'permissions', 'isPermissionsListAll', [6, 7]],
]

const majors = [
  [6, '6.14.0'],
  [7, '7.2.0'],
  [8, '8.6.1'],
] as const

for (const [major, version] of majors) {
  test(`every request of a run passes the validators of rest-typings ${major}`, async () => {
    const requests = [...(await requestsOf(version)), ...(await rareRequests())]
    const judged = new Set<string>()
    for (const [request, part, file, name, known] of judges) {
      if (!known.includes(major)) continue
      const valid: Validator | undefined = (await validatorsOf(major, file))[name]
      assert.type(valid, 'function', `${name} of ${major}`)
      for (const one of requests) {
        if (!request.test(`${one.method} ${one.path}`)) continue
        judged.add(name)
        assert.ok(
          valid?.(partOf(one, part)),
          `${one.method} ${one.path} ${JSON.stringify(one)}: ${JSON.stringify(valid?.errors)}`,
        )
      }
    }
    const expected = judges.filter(
      ([, , , name, known]) => known.includes(major) && (major === 8 || name !== 'isSettingsBulkProps'),
    )
    const never = expected
      .map(([, , , name]) => name)
      .filter((name) => !judged.has(name) && !(major === 8 && name === 'isSettingsUpdatePropDefault'))
    assert.equal(never, [], 'each judge had something to judge')
  })
}

/** What the tasks send that these runs do not need: to make an account, to give it a role, to give a right that an unknown role holds. */
async function rareRequests(): Promise<readonly Passed[]> {
  const io = fakeIo({ api: () => ({ json: { success: true, roles: [{ _id: 'user' }] } }) })
  const args = argsOf(user, {
    username: 'editor',
    name: 'Editor',
    email: 'editor@example.org',
    password: 'Correct-horse-battery-7',
    roles: 'user',
  })
  for (const data of [{ kind: 'create' }, { kind: 'role', role: 'bot' }] as const)
    await user.apply?.({ action: 'update', target: '', data } as never, io, args)
  const data = [{ _id: 'ban-user', roles: ['livechat-monitor', 'user'] }]
  await permissions.apply?.(
    { action: 'update', target: '', data } as never,
    io,
    argsOf(permissions, { role: 'user', permissions: [] }),
  )
  return io.calls.flatMap((call) => {
    if (!('api' in call)) return []
    const [method = '', path = ''] = call.api.split(' ')
    return [{ method, path, query: {}, headers: {}, body: call.body }]
  })
}

interface Exchange {
  readonly note?: string
  readonly request?: {
    readonly method: string
    readonly path: string
    readonly body?: {
      readonly permissions?: readonly { readonly _id: string; readonly roles: readonly string[] }[]
    } & { readonly value?: unknown }
  }
}

/** The configuration by hand on a real 6.14, from the first sign-in to the last reading back. */
const golden = (
  JSON.parse(readFileSync(path.join(root, 'test/recordings/24-configure-golden.json'), 'utf8')) as readonly Exchange[]
)
  .slice(0, 64)
  .flatMap(({ request }) => (request ? [request] : []))
const kind = ({ method, path: full }: { readonly method: string; readonly path: string }) =>
  `${method} ${full.split('?')[0]}`

test('a run on 6.14 makes the writes of the recorded configuration, and altogether fewer requests', () =>
  at('6.14.0', async (place) => {
    place.later(40)
    const between = await relay(() => place.server.url)
    try {
      place.variables({
        rocketchat_url: between.url,
        rocketchat_no_vendor: {},
        rocketchat_unmanaged: ['Accounts_AvatarBlockUnauthenticatedAccess'],
      })
      fine(await place.run())
      const ours = between.passed
      assert.ok(ours.length < golden.length, `${ours.length} instead of ${golden.length}`)
      const proving = ours.filter(({ headers }) => headers['x-2fa-code'] !== undefined).map(kind)
      assert.equal(proving, ['POST /api/v1/users.generatePersonalAccessToken'], 'all else is done with the token')
      const writes = (all: readonly { readonly method: string; readonly path: string }[]) =>
        [...new Set(all.filter(({ method }) => method === 'POST').map(kind))].sort()
      // What was written by hand although it was right already (the second factor of the account, unread direct messages), ours leaves alone;
      // the sign-out is ours.
      const idle = ['POST /api/v1/settings/Unread_Count_DM', 'POST /api/v1/users.2fa.disableEmail']
      assert.equal(
        writes(ours).filter((one) => one !== 'POST /api/v1/logout'),
        writes(golden).filter((one) => !idle.includes(one)),
      )
      const reads = new Set(golden.filter(({ method }) => method === 'GET').map(kind))
      const more = ['/api/v1/users.info', '/api/v1/users.list', '/api/v1/statistics', '/api/v1/roles.list'].map(
        (one) => `GET ${one}`,
      )
      const strange = ours
        .filter(({ method }) => method === 'GET')
        .map(kind)
        .filter((one) => !reads.has(one) && !more.includes(one))
      assert.equal(strange, [])
      const update = (all: readonly { readonly path: string; readonly body?: unknown }[]) => {
        const body = all.find((one) => one.path.endsWith('permissions.update'))?.body as {
          permissions: { _id: string; roles: string[] }[]
        }
        return Object.fromEntries(body.permissions.map(({ _id, roles }) => [_id, [...roles].sort()]))
      }
      assert.equal(update(ours), update(golden), 'the same rights are written, each with the same roles')
    } finally {
      await between.close()
    }
  }))

test.run()
