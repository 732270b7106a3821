import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type RocketChatDouble, startRocketChat } from '../../../../lib/sandbox/rocketchat/server.ts'
import { adminEnv, ask, handClock, logIn, passwordFactor, type Seen } from './visitor.ts'

const test = suite('lib/sandbox/rocketchat/releases')

interface Visit {
  readonly rc: RocketChatDouble
  readonly admin: Readonly<Record<string, string>>
  readonly clock: ReturnType<typeof handClock>
}

/** Runs against a fresh server of one release whose administrator is 40 minutes old. */
const on = (version: string, title: string, visit: (visit: Visit) => Promise<void>, env: Record<string, string> = {}) =>
  test(`${version}: ${title}`, async () => {
    const clock = handClock()
    const rc = await startRocketChat({ version, env: { ...adminEnv, ...env }, now: clock.now, egress: true })
    try {
      clock.minutes(40)
      await visit({ rc, clock, admin: await logIn(rc) })
    } finally {
      await rc.stop()
    }
  })

const looks = (seen: Seen, status: number, body: unknown, type = 'application/json') =>
  assert.equal([seen.status, seen.type?.split(';')[0], seen.body], [status, type, body])

const needLogin = 'You must be logged in to do this.'
const noRight = 'User does not have the permissions required for this action [error-unauthorized]'
const totp = {
  success: false,
  error: 'TOTP Required [totp-required]',
  errorType: 'totp-required',
  details: { method: 'password', codeGenerated: false, availableMethods: [] },
}

/** Somebody without any power, made by the administrator. */
async function ordinary({ rc, admin }: Visit) {
  const user = { name: 'Ann', username: 'ann', email: 'ann@example.org', password: 'Ann-pass-1' }
  await ask(rc, 'POST', '/api/v1/users.create', user, admin)
  return logIn(rc, 'ann', 'Ann-pass-1')
}

on('8.6.1', 'a missing login is told in both old and new words', async ({ rc }) => {
  looks(await ask(rc, 'GET', '/api/v1/me'), 401, {
    success: false,
    error: needLogin,
    status: 'error',
    message: needLogin,
  })
})

on('6.14.0', 'a missing login is told in the old words', async ({ rc }) => {
  looks(await ask(rc, 'GET', '/api/v1/me'), 401, { status: 'error', message: needLogin })
})

for (const [title, body] of [
  ['a wrong password', { user: 'rcadmin', password: 'nope' }],
  ['an unknown user', { user: 'ghost', password: 'nope' }],
  ['no password', { user: 'rcadmin' }],
] as const)
  on('8.6.1', `${title} at login is only "Unauthorized"`, async ({ rc }) => {
    const unauthorized = { success: false, status: 'error', error: 'Unauthorized', message: 'Unauthorized' }
    looks(await ask(rc, 'POST', '/api/v1/login', body), 401, unauthorized)
  })

on('8.6.1', 'the login answer carries success', async ({ rc }) => {
  const { body } = await ask(rc, 'POST', '/api/v1/login', { user: 'rcadmin', password: 'Admin-pass-1' })
  assert.equal([body.status, body.success], ['success', true])
})

for (const method of ['GET', 'POST', 'DELETE'])
  on('8.6.1', `an unknown address below /api is a text 404 (${method})`, async ({ rc }) => {
    looks(await ask(rc, method, '/api/v1/no.such'), 404, '404 Not Found', 'text/plain')
  })

on('8.6.1', 'a known address with the wrong method is a text 404 too', async ({ rc, admin }) => {
  looks(await ask(rc, 'DELETE', '/api/v1/settings/Site_Url', undefined, admin), 404, '404 Not Found', 'text/plain')
})

on('8.6.1', 'unknown addresses outside /api still give the web page', async ({ rc }) => {
  const { status, type } = await ask(rc, 'GET', '/nothing')
  assert.equal([status, type], [200, 'text/html; charset=utf-8'])
})

on('8.6.1', 'a permission that the route declares comes before the second factor', async (visit) => {
  const ann = await ordinary(visit)
  looks(await ask(visit.rc, 'POST', '/api/v1/settings/Unread_Count', { value: 'x' }, ann), 403, {
    success: false,
    error: noRight,
  })
  looks(await ask(visit.rc, 'POST', '/api/v1/permissions.update', { permissions: [] }, ann), 403, {
    success: false,
    error: noRight,
  })
})

on('6.14.0', 'the second factor comes before the permission', async (visit) => {
  const ann = await ordinary(visit)
  visit.clock.minutes(40)
  const { status, body } = await ask(visit.rc, 'POST', '/api/v1/settings/Unread_Count', { value: 'x' }, ann)
  assert.equal([status, body.errorType], [400, 'totp-required'])
})

on('8.6.1', 'a broken body is an empty one', async ({ rc, admin }) => {
  const error = { success: false, errorType: 'invalid-params', error: "must have required property 'permissions'" }
  looks(await ask(rc, 'POST', '/api/v1/permissions.update', '{"perm', admin), 400, error)
})

on('8.6.1', 'unknown query parameters are refused where the route declares its own', async ({ rc, admin }) => {
  const error = { success: false, errorType: 'error-invalid-params', error: 'must NOT have additional properties' }
  looks(await ask(rc, 'GET', '/api/v1/settings?_id=Site_Url', undefined, admin), 400, error)
  looks(await ask(rc, 'GET', '/api/v1/settings.public?fields=%7B%7D'), 400, error)
})

on('8.6.1', 'settings.public filters by id, and query does nothing', async ({ rc }) => {
  const listed = await ask(rc, 'GET', '/api/v1/settings.public?_id=Site_Name,%20Unread_Count')
  assert.equal(
    listed.body.settings.map((each: { _id: string }) => each._id),
    ['Site_Name', 'Unread_Count'],
  )
  const query = encodeURIComponent('{"_id":"Site_Name"}')
  assert.ok((await ask(rc, 'GET', `/api/v1/settings.public?query=${query}`)).body.total > 300)
})

on(
  '7.6.0',
  'the query parameter acts again with the variable that allows it',
  async ({ rc }) => {
    const query = encodeURIComponent('{"_id":"Site_Name"}')
    assert.is((await ask(rc, 'GET', `/api/v1/settings.public?query=${query}`)).body.total, 1)
  },
  { ALLOW_UNSAFE_QUERY_AND_FIELDS_API_PARAMS: 'true' },
)

on('8.6.1', 'method.call answers 400 when the method failed', async ({ rc, admin }) => {
  const message = JSON.stringify({ msg: 'method', id: '1', method: 'no:such', params: [] })
  const { status, body } = await ask(rc, 'POST', '/api/v1/method.call/no:such', { message }, admin)
  assert.equal([status, body.success, JSON.parse(body.message).error.error], [400, false, 404])
})

on('6.14.0', 'method.call answers 200 when the method failed', async ({ rc, admin }) => {
  const message = JSON.stringify({ msg: 'method', id: '1', method: 'no:such', params: [] })
  const { status, body } = await ask(rc, 'POST', '/api/v1/method.call/no:such', { message }, admin)
  assert.equal([status, body.success, JSON.parse(body.message).error.error], [200, true, 404])
})

on('8.6.1', 'a token keeps its bypass flag when it is regenerated', async ({ rc, admin }) => {
  const factor = { ...admin, ...passwordFactor() }
  await ask(rc, 'POST', '/api/v1/users.generatePersonalAccessToken', { tokenName: 't', bypassTwoFactor: true }, factor)
  const { body } = await ask(rc, 'POST', '/api/v1/users.regeneratePersonalAccessToken', { tokenName: 't' }, factor)
  const pat = { ...admin, 'x-auth-token': body.token }
  assert.is((await ask(rc, 'POST', '/api/v1/settings/Unread_Count', { value: 'all_messages' }, pat)).status, 200)
})

on('6.14.0', 'a token loses its bypass flag when it is regenerated', async ({ rc, admin }) => {
  const factor = { ...admin, ...passwordFactor() }
  await ask(rc, 'POST', '/api/v1/users.generatePersonalAccessToken', { tokenName: 't', bypassTwoFactor: true }, factor)
  const { body } = await ask(rc, 'POST', '/api/v1/users.regeneratePersonalAccessToken', { tokenName: 't' }, factor)
  const pat = { ...admin, 'x-auth-token': body.token }
  looks(await ask(rc, 'POST', '/api/v1/settings/Unread_Count', { value: 'all_messages' }, pat), 400, totp)
})

on(
  '8.6.1',
  'tokens are validated: no flag that is a word, no other key, a name that is turned into text',
  async ({ rc, admin }) => {
    const factor = { ...admin, ...passwordFactor() }
    const make = (body: unknown) => ask(rc, 'POST', '/api/v1/users.generatePersonalAccessToken', body, factor)
    looks(await make({ tokenName: 't', bypassTwoFactor: 'yes' }), 400, {
      success: false,
      errorType: 'invalid-params',
      error: 'must be boolean',
    })
    assert.is((await make({ tokenName: 't', foo: 1 })).body.error, 'must NOT have additional properties')
    assert.is((await make({ tokenName: 5, bypassTwoFactor: 'true' })).status, 200)
    const { body } = await ask(rc, 'GET', '/api/v1/users.getPersonalAccessTokens', undefined, admin)
    assert.equal([body.tokens[0].name, body.tokens[0].bypassTwoFactor], ['5', true])
  },
)

on(
  '8.6.1',
  'tokens for others need the secret of the environment',
  async (visit) => {
    const { rc, admin } = visit
    await ordinary(visit)
    const { body } = await ask(rc, 'GET', '/api/v1/users.info?username=ann', undefined, admin)
    const make = (secret: string) =>
      ask(rc, 'POST', '/api/v1/users.createToken', { userId: body.user._id, secret }, admin)
    assert.is((await make('wrong')).body.errorType, 'error-not-authorized')
    const made = await make('open sesame')
    assert.equal([made.status, made.body.data.userId], [200, body.user._id])
    assert.is(
      (await ask(rc, 'POST', '/api/v1/users.createToken', { username: 'ann' }, admin)).body.errorType,
      'invalid-params',
    )
  },
  { CREATE_TOKENS_FOR_USERS_SECRET: 'open sesame' },
)

on('8.6.1', 'permissions.update refuses extra keys, repeated roles, unknown ids and roles', async ({ rc, admin }) => {
  const update = async (permissions: unknown) =>
    (await ask(rc, 'POST', '/api/v1/permissions.update', { permissions }, admin)).body.errorType
  assert.is(await update([{ _id: 'mention-all', roles: ['admin'], foo: 1 }]), 'invalid-params')
  assert.is(await update([{ _id: 'mention-all', roles: ['admin', 'admin'] }]), 'invalid-params')
  assert.is(await update([{ _id: 'view-history', roles: ['admin'] }]), 'error-invalid-permission')
  assert.is(await update([{ _id: 'mention-all', roles: ['Admin'] }]), 'error-invalid-role')
  assert.is(await update([{ _id: 'mention-all', roles: ['admin'] }]), undefined)
})

on(
  '8.6.1',
  'many settings are written at once: types checked first, unknown ids passed over, hidden ones written',
  async ({ rc, admin }) => {
    const factor = { ...admin, ...passwordFactor() }
    const write = (settings: unknown) => ask(rc, 'POST', '/api/v1/settings', { settings }, factor)
    const wrong = await write([
      { _id: 'Site_Name', value: 'X' },
      { _id: 'NPS_survey_enabled', value: 'false' },
    ])
    looks(wrong, 400, { success: false, error: 'Match error: Expected boolean, got string' })
    assert.is(rc.database.settings.Site_Name?.value, 'Rocket.Chat')
    assert.is(
      (await write([{ _id: 'Message_MaxAllowedSize', value: 1.5 }])).body.errorType,
      'error-invalid-setting-value',
    )
    looks(
      await write([
        { _id: 'No_Such', value: 1 },
        { _id: 'Site_Name', value: 'X' },
        { _id: 'Nps_Url', value: 'u' },
      ]),
      200,
      { success: true },
    )
    assert.equal([rc.database.settings.Site_Name?.value, rc.database.settings.Nps_Url?.value], ['X', 'u'])
    looks(await ask(rc, 'POST', '/api/v1/settings', { settings: [{ _id: 'Site_Name', value: 'Y' }] }, admin), 400, totp)
    assert.is((await write([])).body.errorType, 'invalid-params')
  },
)

on('8.0.0', 'many settings at once are not known yet', async ({ rc, admin }) => {
  assert.is((await ask(rc, 'POST', '/api/v1/settings', { settings: [] }, admin)).status, 404)
})

on('8.6.1', 'the password policy is on, but not for users.create', async (visit) => {
  const { rc, admin } = visit
  assert.is((await ask(rc, 'GET', '/api/v1/pw.getPolicy')).body.enabled, true)
  const ann = await ordinary(visit)
  const change = { userId: ann['x-user-id'], data: { password: 'short' } }
  const { body } = await ask(rc, 'POST', '/api/v1/users.update', change, { ...admin, ...passwordFactor() })
  assert.is(body.errorType, 'error-password-policy-not-met')
})

on('8.6.1', 'mail addresses change as often as one likes, an unchanged one is no change', async (visit) => {
  const ann = await ordinary(visit)
  const update = (email: string) =>
    ask(
      visit.rc,
      'POST',
      '/api/v1/users.update',
      { userId: ann['x-user-id'], data: { email } },
      { ...visit.admin, ...passwordFactor() },
    )
  for (const mail of ['a1@example.org', 'a2@example.org', 'a2@example.org']) assert.is((await update(mail)).status, 200)
  assert.is((await update('admin@example.org')).body.errorType, 'error-field-unavailable')
})

on('8.6.1', 'users are found by mail, by id given as name, and by one parameter only', async (visit) => {
  const { rc, admin } = visit
  const ann = await ordinary(visit)
  const find = async (query: string) => (await ask(rc, 'GET', `/api/v1/users.info?${query}`, undefined, admin)).body
  assert.is((await find('email=ANN%40example.org')).user.username, 'ann')
  assert.is((await find(`username=${ann['x-user-id']}`)).user.username, 'ann')
  assert.is((await find('username=ann&email=x')).errorType, 'error-invalid-params')
  assert.is((await find('username=ANN')).error, 'User not found.')
})

on('8.6.1', 'health is JSON on three addresses', async ({ rc }) => {
  looks(await ask(rc, 'GET', '/health'), 200, { status: 'ok' })
  for (const path of ['/livez', '/readyz']) {
    const { status, body } = await ask(rc, 'GET', path)
    assert.equal([status, body.status, Object.keys(body.checks)], [200, 'ok', ['memory', 'eventLoop', 'mongo']])
  }
})

on('7.10.0', 'health is a text, and /readyz the web page', async ({ rc }) => {
  looks(await ask(rc, 'GET', '/health'), 200, 'ok', 'text/plain')
  assert.match((await ask(rc, 'GET', '/readyz')).type ?? '', 'text/html')
})

const origin = 'https://cms.example.org'
const cors = { OVERWRITE_SETTING_API_Enable_CORS: 'true', OVERWRITE_SETTING_API_CORS_Origin: origin }

on(
  '8.6.1',
  'CORS looks at the preflight alone and refuses foreign origins there',
  async ({ rc }) => {
    const flight = (from: string) =>
      ask(rc, 'OPTIONS', '/api/v1/me', undefined, { origin: from, 'access-control-request-method': 'GET' })
    const welcome = await flight(origin)
    assert.equal(
      [welcome.status, welcome.headers['access-control-allow-origin'], welcome.headers.vary],
      [200, origin, 'Origin'],
    )
    const foreign = await flight('https://evil.example.org')
    assert.equal([foreign.status, foreign.body], [403, 'Invalid origin'])
    const plain = await ask(rc, 'GET', '/api/info', undefined, { origin: 'https://evil.example.org' })
    assert.equal([plain.status, plain.headers['access-control-allow-origin']], [200, '*'])
  },
  cors,
)

on(
  '7.5.0',
  'CORS with a list refuses every call from a foreign page',
  async ({ rc }) => {
    assert.is((await ask(rc, 'GET', '/api/v1/me', undefined, { origin: 'https://evil.example.org' })).status, 403)
    const own = await ask(rc, 'GET', '/api/v1/me', undefined, { origin })
    assert.equal([own.status, own.headers['access-control-allow-origin']], [401, origin])
  },
  cors,
)

on('8.6.1', 'rooms.upload and role names are gone', async ({ rc, admin }) => {
  assert.is((await ask(rc, 'POST', '/api/v1/rooms.upload/GENERAL', {}, admin)).status, 404)
  const { body } = await ask(rc, 'POST', '/api/v1/roles.addUserToRole', { username: 'rcadmin', roleName: 'bot' }, admin)
  assert.is(body.success, false)
})

test('view-history exists up to 6.x, and 8.6.1 has a role more', async () => {
  const known = async (version: string) => {
    const rc = await startRocketChat({ version })
    await rc.stop()
    return [rc.database.permissions.some(({ _id }) => _id === 'view-history'), rc.database.roles.length]
  }
  assert.equal(await known('6.14.0'), [true, 11])
  assert.equal(await known('7.0.0'), [false, 11])
  assert.equal(await known('8.6.1'), [false, 12])
})

test('a version that is none is refused', async () => {
  try {
    await startRocketChat({ version: 'latest' })
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), '"latest" is not a Rocket.Chat version')
  }
})

test.run()
