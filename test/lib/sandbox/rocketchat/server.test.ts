import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyDatabase, loadDatabase, saveDatabase } from '../../../../lib/sandbox/rocketchat/database.ts'
import {
  type RocketChatDouble,
  type RocketChatOptions,
  startRocketChat,
} from '../../../../lib/sandbox/rocketchat/server.ts'
import { adminEnv, ask, handClock, logIn, passwordFactor } from './visitor.ts'

const test = suite('lib/sandbox/rocketchat/server')

/** Runs against a server that is stopped whatever happens. */
async function during<Result>(
  options: Partial<RocketChatOptions>,
  visit: (rc: RocketChatDouble) => Promise<Result>,
): Promise<Result> {
  const rc = await startRocketChat({ version: '6.14.0', env: adminEnv, ...options })
  try {
    return await visit(rc)
  } finally {
    await rc.stop()
  }
}

const on = (title: string, options: Partial<RocketChatOptions>, visit: (rc: RocketChatDouble) => Promise<void>) =>
  test(title, () => during(options, visit))

test('it starts in well under a tenth of a second, and stops with connections open', async () => {
  const from = performance.now()
  const gone = await during({}, async (rc) => {
    assert.ok(performance.now() - from < 1000, 'a loaded machine gets ten times as long')
    await fetch(`${rc.url}/api/info`)
    return rc
  })
  try {
    await ask(gone, 'GET', '/api/info')
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), 'ECONNREFUSED')
  }
})

test('a saved database is found again: accounts, tokens, settings, permissions, messages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rc-double-'))
  const file = join(folder, 'db.json')
  try {
    const pat = await during({ database: await loadDatabase(file) }, async (rc) => {
      const admin = await logIn(rc)
      const send = (path: string, body: unknown) => ask(rc, 'POST', `/api/v1/${path}`, body, admin)
      const { body } = await send('users.generatePersonalAccessToken', { tokenName: 't', bypassTwoFactor: true })
      await send('settings/Site_Name', { value: 'Chat' })
      await send('permissions.update', { permissions: [{ _id: 'create-c', roles: ['admin'] }] })
      await send('chat.postMessage', { roomId: 'GENERAL', text: 'hello' })
      await saveDatabase(rc.database, file)
      return { ...admin, 'x-auth-token': body.token }
    })
    assert.is((await stat(file)).mode & 0o777, 0o600)
    assert.not.match(await readFile(file, 'utf8'), /Admin-pass-1/)
    const env = { ...adminEnv, ADMIN_PASS: 'Other-pass-1' }
    await during({ env, database: await loadDatabase(file) }, async (rc) => {
      const get = async (path: string) => (await ask(rc, 'GET', `/api/v1/${path}`, undefined, pat)).body
      assert.is((await get('settings/Site_Name')).value, 'Chat')
      assert.equal((await get('users.getPersonalAccessTokens')).tokens.length, 1)
      const roles = (await get('permissions.listAll')).update.find(
        (each: { _id: string }) => each._id === 'create-c',
      ).roles
      assert.equal(roles, ['admin'])
      assert.is((await get('channels.messages?roomId=GENERAL')).messages[0].msg, 'hello')
      assert.is((await ask(rc, 'POST', '/api/v1/login', { user: 'rcadmin', password: 'Other-pass-1' })).status, 401)
      await logIn(rc)
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

on('only accepted changes count as writes', {}, async (rc) => {
  const admin = await logIn(rc)
  const send = (method: string, path: string, body?: unknown) => ask(rc, method, path, body, admin)
  await send('GET', '/api/v1/settings?count=0')
  await send('GET', '/api/v1/permissions.listAll')
  await send('POST', '/api/v1/settings/No_Such', { value: 1 })
  await send('POST', '/api/v1/nothing', {})
  await send('POST', '/api/v1/roles.create', { name: 'x' })
  await ask(rc, 'POST', '/api/v1/settings/Site_Name', { value: 'X' })
  const spotlight = JSON.stringify({ msg: 'method', id: '1', method: 'spotlight', params: ['x'] })
  await send('POST', '/api/v1/method.call/spotlight', { message: spotlight })
  assert.is(rc.writes, 0)
  await send('POST', '/api/v1/settings/Site_Name', { value: 'X' })
  await send('POST', '/api/v1/settings/Site_Name', { value: 'X' })
  await send('POST', '/api/v1/permissions.update', { permissions: [] })
  const saved = JSON.stringify({
    msg: 'method',
    id: '1',
    method: 'saveSettings',
    params: [[{ _id: 'Site_Name', value: 'Y' }]],
  })
  await send('POST', '/api/v1/method.call/saveSettings', { message: saved })
  assert.is(rc.writes, 4)
  await send('POST', '/api/v1/logout')
  assert.is(rc.writes, 4)
})

on('a method that failed is no write, although its answer is 200', {}, async (rc) => {
  const admin = await logIn(rc)
  const message = JSON.stringify({
    msg: 'method',
    id: '1',
    method: 'saveSettings',
    params: [[{ _id: 'NPS_survey_enabled', value: 'x' }]],
  })
  assert.is((await ask(rc, 'POST', '/api/v1/method.call/saveSettings', { message }, admin)).status, 200)
  assert.is(rc.writes, 0)
})

on('requests are listed without query and body, the last thousand of them', {}, async (rc) => {
  await ask(rc, 'GET', '/api/v1/settings.public?count=3&secret')
  await ask(rc, 'POST', '/api/v1/login', { user: 'rcadmin', password: 'secret' })
  assert.equal(rc.requests, [
    { method: 'GET', path: '/api/v1/settings.public', status: 200 },
    { method: 'POST', path: '/api/v1/login', status: 401 },
  ])
  for (let count = 0; count < 1000; count += 1) await ask(rc, 'HEAD', '/')
  assert.equal([rc.requests.length, rc.requests[0]?.method], [1000, 'HEAD'])
})

const day = 24 * 60
const post = async (rc: RocketChatDouble) => {
  const { status, body } = await ask(
    rc,
    'POST',
    '/api/v1/chat.postMessage',
    { roomId: 'GENERAL', text: 'x' },
    await logIn(rc),
  )
  return status === 200 ? 'sent' : body
}
const restricted = { success: false, error: 'restricted-workspace' }

on('8.6.1 without the collector refuses messages, and nothing else', { version: '8.6.1' }, async (rc) => {
  assert.equal(await post(rc), restricted)
  const admin = await logIn(rc)
  assert.is((await ask(rc, 'POST', '/api/v1/groups.create', { name: 'g' }, admin)).status, 200)
  assert.is((await ask(rc, 'POST', '/api/v1/settings/Site_Name', { value: 'X' }, admin)).status, 200)
})
on('8.6.1 with the collector sends them', { version: '8.6.1', egress: true }, async (rc) =>
  assert.is(await post(rc), 'sent'),
)
on(
  '8.6.1 that does not report is restricted although it could',
  { version: '8.6.1', egress: true, env: { ...adminEnv, RC_DISABLE_STATISTICS_REPORTING: 'TRUE' } },
  async (rc) => assert.equal(await post(rc), restricted),
)
on('6.14.0 knows no such restriction', {}, async (rc) => assert.is(await post(rc), 'sent'))

test('the last report counts for ten days', async () => {
  const clock = handClock()
  const database = emptyDatabase()
  await during({ version: '8.6.1', database, now: clock.now, egress: true }, async () => undefined)
  await during({ version: '8.6.1', database, now: clock.now }, async (rc) => {
    clock.minutes(9 * day)
    assert.is(await post(rc), 'sent')
    clock.minutes(day)
    assert.equal(await post(rc), restricted)
  })
})

on('style and scripts follow the settings; what is not ASCII cuts their end off', {}, async (rc) => {
  const admin = await logIn(rc)
  const page = async () => (await ask(rc, 'GET', '/')).body as string
  assert.not.match(await page(), 'css-theme')
  await ask(rc, 'POST', '/api/v1/settings/theme-custom-css', { value: 'a{b:c}/* é */' }, admin)
  const link = /\/css-theme_[0-9a-f]{40}\.css/.exec(await page())?.[0] ?? ''
  const style = await ask(rc, 'GET', link)
  assert.equal(
    [style.type, style.headers['cache-control'], style.body],
    ['text/css; charset=UTF-8', 'public, max-age=31536000', 'a{b:c}/* é *'],
  )
  await ask(rc, 'POST', '/api/v1/settings/Custom_Script_Logged_In', { value: 'one();\ntwo();' }, admin)
  const script = /\/scripts_[0-9a-f]{40}\.js/.exec(await page())?.[0] ?? ''
  assert.match((await ask(rc, 'GET', script)).body, "'Custom_Script_Logged_In', function() {\n\tone();\ntwo();\n})")
})

on('a new password ends the sessions and tokens of the account, and logs it in again', {}, async (rc) => {
  const admin = { ...(await logIn(rc)), ...passwordFactor() }
  const { body } = await ask(
    rc,
    'POST',
    '/api/v1/users.generatePersonalAccessToken',
    { tokenName: 't', bypassTwoFactor: true },
    admin,
  )
  const pat = { ...admin, 'x-auth-token': body.token }
  const change = { userId: admin['x-user-id'], data: { password: 'Next-pass-1' } }
  assert.is((await ask(rc, 'POST', '/api/v1/users.update', change, admin)).status, 200)
  assert.equal(
    [
      (await ask(rc, 'GET', '/api/v1/me', undefined, pat)).status,
      (await ask(rc, 'GET', '/api/v1/me', undefined, admin)).status,
    ],
    [401, 401],
  )
  await logIn(rc, 'rcadmin', 'Next-pass-1')
})

on('a login by digest works, and the administrator cannot take himself away', {}, async (rc) => {
  const digest = passwordFactor()['x-2fa-code']
  assert.is(
    (await ask(rc, 'POST', '/api/v1/login', { user: 'rcadmin', password: { digest, algorithm: 'sha-256' } })).status,
    200,
  )
  const admin = await logIn(rc)
  const last = await ask(
    rc,
    'POST',
    '/api/v1/roles.removeUserFromRole',
    { username: 'rcadmin', roleId: 'admin' },
    admin,
  )
  assert.is(last.body.errorType, 'error-admin-required')
})

test.run()
