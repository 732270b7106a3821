import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TaskError, ToolError } from '../../../lib/core/diagnostic.ts'
import type { Io } from '../../../lib/core/module.ts'
import { Secret } from '../../../lib/core/secret.ts'
import token from '../../../tasks/rocketchat/rocketchat_token.ts'
import { type ChatWorld, inWorld, releases } from '../../fakes/chat-world.ts'
import { admin } from '../../fakes/configure.ts'
import { check, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_token')

const tokensOf = (world: ChatWorld) =>
  (world.server.database.users.find((one) => one.username === admin.name)?.services.resume?.loginTokens ?? []).filter(
    (one) => one.type === 'personalAccessToken',
  )
const names = (world: ChatWorld) => tokensOf(world).map((one) => one.name)

/** Status of `me` with what is kept beside the inventory. */
async function works(world: ChatWorld, held = world.secrets.get('ametys_token')): Promise<number> {
  return statusOf(world, String(held?.reveal()))
}

async function statusOf(world: ChatWorld, value: string): Promise<number> {
  const user = String(world.secrets.get('ametys_user_id')?.reveal())
  const answer = await fetch(`${world.server.url}/api/v1/me`, { headers: { 'x-user-id': user, 'x-auth-token': value } })
  await answer.text()
  return answer.status
}

for (const version of releases) {
  test(`makes a token that bypasses the second factor on ${version}, keeps it and never shows it`, () =>
    inWorld(version, async (world) => {
      const run = await ritual(token, {}, world)
      assert.equal(
        shown(run.changes).map((one) => [one.action, one.target]),
        [['create', 'personal access token Ametys']],
      )
      assert.equal(
        tokensOf(world).map(({ name, bypassTwoFactor }) => [name, bypassTwoFactor]),
        [['Ametys', true]],
      )
      assert.is(await works(world), 200)
      const value = String(world.secrets.get('ametys_token')?.reveal())
      assert.not.ok(JSON.stringify(run).includes(value))
      assert.is(run.values.token_name, 'Ametys')
    }))
}

const broken: readonly (readonly [title: string, breaks: (world: ChatWorld) => unknown, says: RegExp])[] = [
  ['whose value is lost', (world) => forget(world), /not kept here/],
  [
    'that was revoked',
    (world) => tokensOf(world).map((one) => Object.assign(one, { hashedToken: 'x' })),
    /not accepted/,
  ],
  ['that was deleted', (world) => remove(world), /not accepted/],
  [
    'that does not bypass the second factor',
    (world) => tokensOf(world).map((one) => Object.assign(one, { bypassTwoFactor: false })),
    /does not bypass/,
  ],
  [
    'of another account',
    (world) => world.io.store.set('ametys_user_id', new Secret('somebody-else-1234', 'ametys_user_id')),
    /another account/,
  ],
  [
    'of another server',
    (world) => world.io.store.set('ametys_token', new Secret('foreign-token', 'ametys_token')),
    /not accepted/,
  ],
]

async function forget(world: ChatWorld): Promise<void> {
  await world.io.store.delete('ametys_token')
}

function remove(world: ChatWorld): void {
  const user = world.server.database.users.find((one) => one.username === admin.name)
  if (user?.services.resume) user.services.resume.loginTokens = []
}

for (const version of releases) {
  for (const [title, breaks, says] of broken) {
    test(`replaces a token ${title} on ${version}, and says why`, () =>
      inWorld(version, async (world) => {
        await perform(token, {}, world)
        await breaks(world)
        world.io.api.renew()
        const run = await ritual(token, {}, world)
        assert.match(String(shown(run.changes)[0]?.before), says)
        assert.equal(names(world), ['Ametys'])
        assert.is(await works(world), 200)
      }))
  }
}

test('is refused on 8.5, where tokens do not bypass anything', () =>
  inWorld('8.5.2', async (world) => {
    await check(token, {}, world).then(
      () => assert.unreachable(),
      (error: ToolError) => assert.is(error.code, 'version-refused'),
    )
    assert.is(world.server.writes, 0)
  }))

test('a rotation leaves the old token working until the next run', () =>
  inWorld('8.6.1', async (world) => {
    await perform(token, {}, world)
    const old = world.secrets.get('ametys_token')
    world.later(5)
    const run = await perform(token, { rotate: true }, world)
    assert.is(run.values.token_name, 'Ametys-2')
    assert.equal(names(world), ['Ametys', 'Ametys-2'])
    assert.is(await works(world, old), 200)
    assert.is(await works(world), 200)
    assert.is.not(world.secrets.get('ametys_token')?.reveal(), old?.reveal())

    const [change] = shown(await check(token, {}, world))
    assert.equal([change?.before, change?.after], ['Ametys-2 in use, Ametys left over', 'Ametys-2 in use'])
    await ritual(token, {}, world)
    assert.equal(names(world), ['Ametys-2'])
    assert.is(await works(world, old), 401)
    assert.is(await works(world), 200)

    world.later(5)
    assert.is((await perform(token, { rotate: true }, world)).values.token_name, 'Ametys')
    await perform(token, {}, world)
    assert.equal(names(world), ['Ametys'])
  }))

test('a second rotation does not sacrifice a token that Ametys may still use', () =>
  inWorld('8.6.1', async (world) => {
    await perform(token, {}, world)
    world.later(5)
    await perform(token, { rotate: true }, world)
    const { writes } = world.server
    await perform(token, { rotate: true }, world).then(
      () => assert.unreachable(),
      (error: ToolError) => assert.is(error.code, 'rotation-unfinished'),
    )
    assert.is(world.server.writes, writes)
  }))

test('somebody who uses the tokens all the time sees none of them refused during a rotation', () =>
  inWorld('8.6.1', async (world) => {
    await perform(token, {}, world)
    world.later(5)
    const old = String(world.secrets.get('ametys_token')?.reveal())
    const seen: number[] = []
    let over = false
    const traffic = (async () => {
      while (!over) seen.push(await statusOf(world, old), await works(world))
    })()
    await perform(token, { rotate: true }, { ...world, io: slow(world.io) })
    over = true
    await traffic
    assert.ok(seen.length >= 6, String(seen.length))
    assert.equal(
      seen.filter((status) => status !== 200),
      [],
    )
  }))

/** The same Io with time between its effects. */
function slow(io: Io): Io {
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return work()
  }
  return {
    ...io,
    api: {
      ...io.api,
      request: (...args) => step(() => io.api.request(...args)),
      proves: (...args) => step(() => io.api.proves(...args)),
    },
    store: { ...io.store, set: (...args) => step(() => io.store.set(...args)) },
  }
}

/** The same Io, which dies before or after its n-th effect, as a process that is killed. */
function dying(io: Io, at: number, when: 'before' | 'after'): Io {
  let count = 0
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    count++
    if (count > at || (count === at && when === 'before'))
      throw new TaskError({ code: 'died', severity: 'error', message: 'died' })
    const value = await work()
    if (count === at) throw new TaskError({ code: 'died', severity: 'error', message: 'died' })
    return value
  }
  return {
    ...io,
    api: {
      ...io.api,
      request: (...args) => step(() => io.api.request(...args)),
      proves: (...args) => step(() => io.api.proves(...args)),
    },
    store: { ...io.store, set: (...args) => step(() => io.store.set(...args)) },
  }
}

for (const rotate of [false, true]) {
  for (const when of ['before', 'after'] as const) {
    for (const at of [1, 2, 3, 4, 5]) {
      test(`a ${rotate ? 'rotation' : 'renewal'} that dies ${when} its step ${at} leaves something that the next run makes right`, () =>
        inWorld('8.6.1', async (world) => {
          await perform(token, {}, world)
          const old = world.secrets.get('ametys_token')
          world.later(5)
          if (!rotate) {
            await forget(world)
            world.io.api.renew()
          }
          const half = { ...world, io: dying(world.io, at, when) }
          await perform(token, { rotate }, half).catch((error: unknown) => {
            if (!(error instanceof ToolError) || error.code !== 'died') throw error
          })
          if (rotate) {
            assert.is(await works(world, old), 200, 'the old token still works')
            assert.is(await works(world), 200, 'what is kept works')
          }
          world.io.api.renew()
          world.later(2)
          await perform(token, {}, world)
          assert.equal(shown(await check(token, {}, world)), [])
          assert.is(await works(world), 200)
          assert.is(names(world).length, 1)
        }))
    }
  }
}

test.run()
