import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLimiter } from '../../../../lib/sandbox/rocketchat/limiter.ts'
import { type RocketChatDouble, startRocketChat } from '../../../../lib/sandbox/rocketchat/server.ts'
import { adminEnv, ask, handClock, logIn, passwordFactor } from './visitor.ts'

const test = suite('lib/sandbox/rocketchat/limits')

const on = (
  title: string,
  visit: (rc: RocketChatDouble, clock: ReturnType<typeof handClock>) => Promise<void>,
  env = {},
) =>
  test(title, async () => {
    const clock = handClock()
    const rc = await startRocketChat({ version: '6.14.0', env: { ...adminEnv, ...env }, now: clock.now })
    try {
      clock.minutes(5)
      await visit(rc, clock)
    } finally {
      await rc.stop()
    }
  })

const open = (rc: RocketChatDouble, headers = {}) =>
  ask(rc, 'GET', '/api/v1/settings.public?count=1', undefined, headers)

on('the eleventh call within a minute is refused, without a Retry-After', async (rc, clock) => {
  for (let left = 9; left >= 0; left -= 1) assert.is((await open(rc)).headers['x-ratelimit-remaining'], String(left))
  const { status, headers, body } = await open(rc)
  assert.is(status, 429)
  assert.is(headers['retry-after'], undefined)
  assert.is(headers['x-ratelimit-reset'], String(clock.now() + 60_000))
  const error =
    'Error, too many requests. Please slow down. You must wait 60 seconds before trying this endpoint again. [error-too-many-requests]'
  assert.equal(body, { success: false, error })
  clock.minutes(1.01)
  assert.is((await open(rc)).status, 200)
})

on('each address and each route counts for itself', async (rc) => {
  for (let count = 0; count < 11; count += 1) await open(rc)
  assert.is((await open(rc, { 'x-real-ip': '10.1.1.1' })).status, 200)
  assert.is((await open(rc, { 'x-forwarded-for': '1.1.1.1, 10.1.1.2' })).status, 200)
  assert.is((await ask(rc, 'GET', '/api/v1/pw.getPolicy')).status, 200)
})

on('the administrator is not counted, except at login', async (rc) => {
  const admin = await logIn(rc)
  for (let count = 0; count < 30; count += 1) {
    const { status, headers } = await ask(rc, 'GET', '/api/v1/me', undefined, admin)
    assert.equal([status, headers['x-ratelimit-limit']], [200, undefined])
  }
  for (let count = 0; count < 9; count += 1) await logIn(rc)
  assert.is((await ask(rc, 'POST', '/api/v1/login', { user: 'rcadmin', password: 'Admin-pass-1' })).status, 429)
})

on('calls without a login and /api/info are not counted', async (rc) => {
  for (let count = 0; count < 15; count += 1) {
    assert.is((await ask(rc, 'GET', '/api/v1/me')).status, 401)
    assert.is((await ask(rc, 'GET', '/api/info')).status, 200)
  }
})

on('another limit acts at once', async (rc) => {
  const admin = { ...(await logIn(rc)), ...passwordFactor() }
  const write = (id: string, value: unknown) => ask(rc, 'POST', `/api/v1/settings/${id}`, { value }, admin)
  await write('API_Enable_Rate_Limiter_Limit_Calls_Default', 2)
  assert.equal([(await open(rc)).status, (await open(rc)).status, (await open(rc)).status], [200, 200, 429])
  await write('API_Enable_Rate_Limiter', false)
  assert.equal([(await open(rc)).status, (await open(rc)).headers['x-ratelimit-limit']], [200, undefined])
})

on(
  'the test mode has no limits',
  async (rc) => {
    for (let count = 0; count < 15; count += 1) assert.is((await open(rc)).status, 200)
  },
  { TEST_MODE: 'true' },
)

on('registering is allowed once a minute', async (rc) => {
  const register = (name: string) =>
    ask(rc, 'POST', '/api/v1/users.register', {
      username: name,
      email: `${name}@example.org`,
      pass: 'Some-pass-1',
      name,
    })
  assert.equal([(await register('one')).status, (await register('two')).status], [200, 429])
})

const wrong = (rc: RocketChatDouble, ip: string, user = 'rcadmin', password = 'nope') =>
  ask(rc, 'POST', '/api/v1/login', { user, password }, { 'x-real-ip': ip })

on('ten wrong passwords block the account for five minutes, whatever the address', async (rc, clock) => {
  for (let count = 0; count < 10; count += 1)
    assert.is((await wrong(rc, `10.0.0.${count}`)).body.message, 'Incorrect password')
  const { status, body } = await wrong(rc, '10.0.1.1', 'rcadmin', 'Admin-pass-1')
  assert.equal([status, body.error], [401, 'error-login-blocked-for-user'])
  clock.minutes(5.1)
  assert.is((await wrong(rc, '10.0.1.2', 'rcadmin', 'Admin-pass-1')).status, 200)
})

on('a right password forgets the wrong ones', async (rc) => {
  for (let count = 0; count < 9; count += 1) await wrong(rc, `10.0.0.${count}`)
  assert.is((await wrong(rc, '10.0.1.1', 'rcadmin', 'Admin-pass-1')).status, 200)
  for (let count = 0; count < 9; count += 1) assert.is((await wrong(rc, `10.0.2.${count}`)).body.error, 403)
})

on(
  'a setting turns the blocking off',
  async (rc) => {
    for (let count = 0; count < 12; count += 1) assert.is((await wrong(rc, `10.0.0.${count}`)).body.error, 403)
  },
  { OVERWRITE_SETTING_Block_Multiple_Failed_Logins_Enabled: 'false' },
)

test('the window of a route begins with its first call after the last one ended, for all callers alike', () => {
  let now = 0
  const limiter = createLimiter(() => now)
  const allowance = { calls: 2, ms: 1000 }
  assert.is(limiter.call('a', 'x', allowance).resetIn, 1000)
  now = 5000
  assert.equal(limiter.call('a', 'x', allowance), { allowed: true, limit: 2, remaining: 1, resetIn: 1000 })
  now = 5400
  assert.equal(limiter.call('a', 'y', allowance, 2), { allowed: true, limit: 2, remaining: 0, resetIn: 600 })
  assert.is(limiter.call('a', 'y', allowance).allowed, false)
})

test.run()
