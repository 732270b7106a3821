import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import user from '../../../tasks/rocketchat/rocketchat_user.ts'
import { type ChatWorld, inWorld, releases } from '../../fakes/chat-world.ts'
import { admin } from '../../fakes/configure.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_user')

const account = (world: ChatWorld, name: string) => world.server.database.users.find((one) => one.username === name)
const wanted = {
  username: 'editor',
  name: 'Editor',
  email: 'editor@example.org',
  password: 'Correct-horse-battery-7',
  roles: 'user',
}

async function refusedWith(code: string, work: () => Promise<unknown>): Promise<string> {
  return work().then(
    () => assert.unreachable(`should have been refused with ${code}`) as never,
    (error: ToolError) => {
      assert.is(error.code, code)
      return `${error.message} ${error.diagnostics[0]?.mend}`
    },
  )
}

for (const version of releases) {
  test(`makes an account on ${version}`, () =>
    inWorld(version, async (world) => {
      const run = await ritual(user, wanted, world)
      const made = account(world, 'editor')
      assert.equal(
        [made?.name, made?.emails, made?.roles, made?.active],
        ['Editor', [{ address: 'editor@example.org', verified: true }], ['user'], true],
      )
      assert.is(run.values.user_id, made?._id)
      assert.not.ok(JSON.stringify(run).includes(wanted.password))
      assert.equal(
        world.server.requests.filter(({ status, path }) => status >= 400 && !path.includes('users.info')),
        [],
      )
    }))

  test(`mends name, mail address, its verification and roles on ${version}, and touches no password`, () =>
    inWorld(version, async (world) => {
      await perform(user, wanted, world)
      const made = account(world, 'editor')
      const password = made?.services.password?.bcrypt
      Object.assign(made ?? {}, {
        name: 'Other',
        emails: [{ address: 'other@example.org', verified: false }],
        roles: ['user'],
      })
      world.later(2)
      const run = await ritual(user, { ...wanted, password: 'Another-horse-battery-8', roles: 'user, bot' }, world)
      assert.equal(
        run.changes.map((one) => one.target),
        ['account editor', 'roles of account editor'],
      )
      assert.equal(
        [made?.name, made?.emails, made?.roles],
        ['Editor', [{ address: 'editor@example.org', verified: true }], ['user', 'bot']],
      )
      assert.is(made?.services.password?.bcrypt, password)
    }))

  test(`takes the mailed second factor away from the account that signs in on ${version}`, () =>
    inWorld(version, async (world) => {
      const args = { username: admin.name, second_factor: 'off' }
      assert.equal(await check(user, args, world), [])
      Object.assign(account(world, admin.name)?.services ?? {}, {
        email2fa: { enabled: true, changedAt: '2026-11-22T09:00:00.000Z' },
      })
      world.server.database.settings.Accounts_TwoFactorAuthentication_Enabled = {
        ...(world.server.database.settings.Accounts_TwoFactorAuthentication_Enabled as object),
        value: false,
      } as never
      await ritual(user, args, world)
      assert.not.ok(account(world, admin.name)?.services.email2fa?.enabled)
    }))
}

test('an account that cannot be made for want of arguments says which', () =>
  inWorld('8.6.1', async (world) => {
    assert.match(
      await refusedWith('account-incomplete', () => check(user, { username: 'nobody', name: 'N' }, world)),
      /email, password/,
    )
  }))

test('the second factor of another account is not spoken of', () =>
  inWorld('8.6.1', async (world) => {
    await perform(user, wanted, world)
    await refusedWith('second-factor-of-another', () =>
      check(user, { username: 'editor', second_factor: 'off' }, world),
    )
  }))

test('an authenticator app is not reset, as that would destroy the tokens of the account', () =>
  inWorld('8.6.1', async (world) => {
    Object.assign(account(world, admin.name)?.services ?? {}, { totp: { enabled: true } })
    world.server.database.settings.Accounts_TwoFactorAuthentication_Enabled = {
      ...(world.server.database.settings.Accounts_TwoFactorAuthentication_Enabled as object),
      value: false,
    } as never
    assert.match(
      await refusedWith('second-factor-app', () => check(user, { username: admin.name, second_factor: 'off' }, world)),
      /tokens/,
    )
  }))

test('a name in other capitals is told as that and makes no second account', () =>
  inWorld('8.6.1', async (world) => {
    assert.match(
      await refusedWith('account-name-case', () => check(user, { username: 'Ametys-Chat' }, world)),
      /ametys-chat/,
    )
  }))

test('whatever the arguments, no request ever sets the password of an account that exists', () => {
  const found = {
    _id: 'u',
    username: 'editor',
    name: 'x',
    emails: [{ address: 'x@example.org', verified: false }],
    roles: [],
    active: false,
  }
  const state = { user: found, own: false, mailFactor: false, appFactor: false }
  const changes = user.diff(argsOf(user, { ...wanted, roles: 'a, b' }), state as never, context)
  assert.ok(changes.length >= 3)
  assert.not.match(JSON.stringify(changes.map(({ data }) => data)), /password/i)
  assert.equal(shown(changes)[0]?.after, { name: 'Editor', email: 'editor@example.org', active: true, verified: true })
})

test.run()
