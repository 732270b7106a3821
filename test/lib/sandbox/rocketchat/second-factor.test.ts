import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type RocketChatDouble, startRocketChat } from '../../../../lib/sandbox/rocketchat/server.ts'
import { totp } from '../../../../lib/sandbox/rocketchat/totp.ts'
import { adminEnv, ask, handClock, logIn, passwordFactor } from './visitor.ts'

const test = suite('lib/sandbox/rocketchat/second-factor')

interface Visit {
  readonly rc: RocketChatDouble
  readonly clock: ReturnType<typeof handClock>
  readonly admin: Readonly<Record<string, string>>
  /** Writes a setting and tells "ok" or the errorType. */
  readonly write: (headers?: Readonly<Record<string, string>>, id?: string, value?: unknown) => Promise<string>
}

const on = (
  versions: readonly string[],
  title: string,
  visit: (visit: Visit) => Promise<void>,
  env: Record<string, string> = {},
) => {
  for (const version of versions)
    test(`${version}: ${title}`, async () => {
      const clock = handClock()
      const rc = await startRocketChat({ version, env: { ...adminEnv, ...env }, now: clock.now })
      try {
        const admin = await logIn(rc)
        const write: Visit['write'] = async (headers = {}, id = 'Unread_Count', value = 'all_messages') => {
          const { status, body } = await ask(rc, 'POST', `/api/v1/settings/${id}`, { value }, { ...admin, ...headers })
          return status === 200 ? 'ok' : body.errorType
        }
        await visit({ rc, clock, admin, write })
      } finally {
        await rc.stop()
      }
    })
}

const both = ['6.14.0', '8.6.1']

on(both, 'a new administrator is not asked for 30 minutes, then for the password', async ({ clock, write }) => {
  assert.is(await write(), 'ok')
  clock.minutes(29)
  assert.is(await write(), 'ok')
  clock.minutes(2)
  assert.is(await write(), 'totp-required')
  assert.is(await write(passwordFactor('wrong')), 'totp-invalid')
  assert.is(await write(passwordFactor()), 'ok')
})

on(both, 'a password once proved is remembered for 30 minutes', async ({ clock, write }) => {
  clock.minutes(40)
  assert.is(await write(passwordFactor()), 'ok')
  clock.minutes(29)
  assert.is(await write(), 'ok')
  clock.minutes(2)
  assert.is(await write(), 'totp-required')
})

on(['6.14.0'], 'what is remembered is bound to the user agent', async ({ clock, write }) => {
  clock.minutes(40)
  await write({ ...passwordFactor(), 'user-agent': 'one' })
  assert.is(await write({ 'user-agent': 'one' }), 'ok')
  assert.is(await write({ 'user-agent': 'two' }), 'totp-required')
})

on(['8.6.1'], 'what is remembered is bound to the address alone', async ({ clock, write }) => {
  clock.minutes(40)
  await write({ ...passwordFactor(), 'user-agent': 'one' })
  assert.is(await write({ 'user-agent': 'two' }), 'ok')
  assert.is(await write({ 'x-real-ip': '10.9.9.9' }), 'totp-required')
})

on(both, 'an upper-case code is right, a method without a code is ignored', async ({ clock, write }) => {
  clock.minutes(40)
  const { 'x-2fa-method': method = '', 'x-2fa-code': code = '' } = passwordFactor()
  assert.is(await write({ 'x-2fa-method': method }), 'totp-required')
  assert.is(await write({ 'x-2fa-method': method, 'x-2fa-code': code.toUpperCase() }), 'ok')
})

on(both, 'a token with the bypass flag is never asked, one without is', async ({ rc, clock, admin, write }) => {
  const make = (tokenName: string, bypassTwoFactor: boolean) =>
    ask(rc, 'POST', '/api/v1/users.generatePersonalAccessToken', { tokenName, bypassTwoFactor }, admin)
  const [free, bound] = [(await make('free', true)).body.token, (await make('bound', false)).body.token]
  clock.minutes(40)
  assert.is(await write({ 'x-auth-token': free }), 'ok')
  assert.is(await write({ 'x-auth-token': bound }), 'totp-required')
  const off = await ask(rc, 'POST', '/api/v1/users.2fa.disableEmail', {}, { ...admin, 'x-auth-token': free })
  assert.is(off.status, 200)
})

on(
  ['8.5.0'],
  'the bypass flag, the grace period and remembering fail; the password headers work',
  async ({ rc, clock, admin, write }) => {
    assert.is(await write(), 'totp-required')
    const { body } = await ask(
      rc,
      'POST',
      '/api/v1/users.generatePersonalAccessToken',
      { tokenName: 't', bypassTwoFactor: true },
      { ...admin, ...passwordFactor() },
    )
    clock.minutes(40)
    assert.is(await write({ 'x-auth-token': body.token }), 'totp-required')
    assert.is(await write(passwordFactor()), 'ok')
    assert.is(await write(), 'totp-required')
  },
)

on(both, 'nothing asks once the second factor is off for all', async ({ clock, write }) => {
  clock.minutes(40)
  assert.is(await write(passwordFactor(), 'Accounts_TwoFactorAuthentication_Enabled', false), 'ok')
  clock.minutes(40)
  assert.is(await write(), 'ok')
})

on(
  both,
  'a plain variable at the first start spares the second factor',
  async ({ clock, write }) => {
    clock.minutes(40)
    assert.is(await write(), 'ok')
  },
  { Accounts_TwoFactorAuthentication_Enabled: 'false' },
)

on(
  both,
  'the test mode asks for nothing',
  async ({ clock, write }) => {
    clock.minutes(40)
    assert.is(await write(), 'ok')
  },
  { TEST_MODE: 'true' },
)

on(['6.14.0'], 'never-remembered routes ask even a new account', async ({ rc, admin }) => {
  const { body } = await ask(rc, 'POST', '/api/v1/users.2fa.disableEmail', {}, admin)
  assert.is(body.errorType, 'totp-required')
})

on(['8.6.1'], 'the grace period opens the never-remembered routes too', async ({ rc, clock, admin }) => {
  const turnOff = () => ask(rc, 'POST', '/api/v1/users.2fa.disableEmail', {}, admin)
  assert.is((await turnOff()).status, 200)
  clock.minutes(40)
  assert.is((await turnOff()).body.errorType, 'totp-required')
})

on(both, 'a verified account gets a code by mail, which the login wants', async ({ rc, admin }) => {
  const tess = { name: 'Tess', username: 'tess', email: 'tess@example.org', password: 'Tess-pass-1', verified: true }
  await ask(rc, 'POST', '/api/v1/users.create', tess, admin)
  const enter = (code?: string) =>
    ask(rc, 'POST', '/api/v1/login', { user: 'tess', password: 'Tess-pass-1', ...(code && { code }) })
  const refused = await enter()
  assert.equal([refused.status, refused.body.error, refused.body.details.codeGenerated], [401, 'totp-required', true])
  assert.equal([rc.outbox.length, rc.outbox[0]?.to], [1, 'tess@example.org'])
  assert.is((await enter('not it')).body.error, 'totp-invalid')
  assert.is((await enter(rc.outbox[0]?.code)).status, 200)
  assert.is((await enter(rc.outbox[0]?.code)).body.error, 'totp-invalid', 'a code is good for one login')
})

on(both, 'the fifth wrong code spends it', async ({ rc, admin }) => {
  await ask(
    rc,
    'POST',
    '/api/v1/users.create',
    { name: 'T', username: 'tess', email: 't@example.org', password: 'Tess-pass-1', verified: true },
    admin,
  )
  const words: string[] = []
  for (const code of ['', 'a', 'b', 'c', 'd', 'e'])
    words.push((await ask(rc, 'POST', '/api/v1/login', { user: 'tess', password: 'Tess-pass-1', code })).body.error)
  assert.equal(words, [
    'totp-required',
    'totp-invalid',
    'totp-invalid',
    'totp-invalid',
    'totp-invalid',
    'totp-max-attempts',
  ])
})

on(both, 'an authenticator application takes the place of the password', async ({ rc, clock, write }) => {
  const user = rc.database.users.find(({ username }) => username === 'rcadmin')
  const secret = 'JBSWY3DPEHPK3PXP'
  if (user) user.services.totp = { enabled: true, secret }
  clock.minutes(40)
  assert.is(await write(passwordFactor()), 'totp-invalid')
  assert.is(await write({ 'x-2fa-method': 'totp', 'x-2fa-code': totp(secret, Math.floor(clock.now() / 30_000)) }), 'ok')
})

on(['6.14.0'], 'a flag that is a word is listed as true and bypasses nothing', async ({ rc, clock, admin, write }) => {
  const made = { tokenName: 't', bypassTwoFactor: 'yes' }
  const { body } = await ask(rc, 'POST', '/api/v1/users.generatePersonalAccessToken', made, admin)
  const listed = await ask(rc, 'GET', '/api/v1/users.getPersonalAccessTokens', undefined, admin)
  assert.is(listed.body.tokens[0].bypassTwoFactor, true)
  clock.minutes(40)
  assert.is(await write({ 'x-auth-token': body.token }), 'totp-required')
})

test('the authenticator codes are those of RFC 6238', () => {
  assert.is(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 1), '287082')
  assert.is(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', Math.floor(1111111109 / 30)), '081804')
})

test.run()
