import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import permissions from '../../../tasks/rocketchat/rocketchat_role_permissions.ts'
import { type ChatWorld, inWorld, releases } from '../../fakes/chat-world.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_role_permissions')

const manual = [
  'create-d',
  'delete-own-message',
  'mention-all',
  'mention-here',
  'view-d-room',
  'view-history',
  'view-p-room',
]
const wanted = { role: 'user', permissions: manual }

const rolesByPermission = (world: ChatWorld, but?: string) =>
  Object.fromEntries(
    world.server.database.permissions.map(({ _id, roles }) => [_id, roles.filter((one) => one !== but)]),
  )
const heldBy = (world: ChatWorld, role: string) =>
  world.server.database.permissions
    .filter((one) => one.roles.includes(role))
    .map((one) => one._id)
    .sort()

for (const version of releases) {
  test(`leaves the role exactly the listed permissions on ${version}, and all other roles what they had`, () =>
    inWorld(version, async (world) => {
      const before = rolesByPermission(world, 'user')
      const held = heldBy(world, 'user')
      const run = await ritual(permissions, wanted, world)
      const kept = version.startsWith('6') ? manual : manual.filter((one) => one !== 'view-history')
      assert.equal(heldBy(world, 'user'), kept)
      assert.equal(rolesByPermission(world, 'user'), before)
      assert.equal(run.values, {
        taken: held.filter((one) => !kept.includes(one)),
        given: kept.filter((one) => !held.includes(one)),
      })
      const update = world.server.requests.filter(({ path }) => path.endsWith('permissions.update'))
      assert.is(update.length, 1, 'all in one write')
      assert.equal(
        world.server.requests.filter(({ status }) => status >= 400),
        [],
      )
    }))

  test(`gives what is missing on ${version}, also where a role that does not exist holds the permission`, () =>
    inWorld(version, async (world) => {
      const orphan = world.server.database.permissions.find((one) => one.roles.includes('livechat-monitor'))
      assert.ok(orphan)
      const before = rolesByPermission(world, 'user')
      const all = { role: 'user', permissions: ['view-d-room', 'view-c-room', String(orphan?._id)] }
      const run = await ritual(permissions, all, world)
      assert.equal(run.values.given, [orphan?._id])
      await ritual(permissions, wanted, world)
      assert.equal(rolesByPermission(world, 'user'), before, 'the unknown role still stands where it stood')
      assert.equal(
        world.server.requests.filter(({ status }) => status >= 400),
        [],
      )
    }))
}

test('the diff names what is taken and what is given, one a line', () =>
  inWorld('8.6.1', async (world) => {
    const [change] = shown(await check(permissions, { role: 'user', permissions: ['create-d', 'ban-user'] }, world))
    assert.match(String(change?.before), /^access-federation\n/)
    assert.is(change?.after, 'ban-user\ncreate-d\n')
  }))

test('a permission that no version has is a mistake with a suggestion, one named twice as well', () => {
  const found =
    permissions.validate?.(
      argsOf(permissions, { role: 'user', permissions: ['create-d', 'mention-al', 'create-d'] }),
      context,
    ) ?? []
  assert.equal(
    found.map(({ path, diagnostic }) => [path.join('.'), diagnostic.code]),
    [
      ['permissions.1', 'unknown-permission'],
      ['permissions.2', 'repeated-permission'],
    ],
  )
  assert.match(String(found[0]?.diagnostic.mend), /mention-all/)
})

test('the administrator cannot be locked out by a list for its own role', () =>
  inWorld('8.6.1', async (world) => {
    const { writes } = world.server
    await perform(permissions, { role: 'admin', permissions: ['view-d-room'] }, world).then(
      () => assert.unreachable(),
      (error: ToolError) => {
        assert.is(error.code, 'lock-out')
        assert.match(error.message, /access-permissions/)
      },
    )
    assert.is(world.server.writes, writes)
  }))

/** Numbers that are always the same ones. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

test('of two thousand plans at random, each after which the administrator could not undo it is refused, and no other', () => {
  const roll = dice(20_261_122)
  const pick = <T>(from: readonly T[], chance: number): T[] => from.filter(() => roll() < chance)
  const essential = [
    'access-permissions',
    'view-privileged-setting',
    'edit-privileged-setting',
    'create-personal-access-tokens',
  ]
  const ids = [...essential, 'create-d', 'view-d-room']
  const roles = ['admin', 'user', 'bot']
  let refused = 0
  for (let round = 0; round < 2000; round++) {
    const ownRoles = pick(roles, 0.6)
    const before = ids.map((_id) => ({ _id, roles: pick(roles, 0.6) }))
    const role = roles[Math.floor(roll() * 3)] ?? 'user'
    const list = pick(ids, 0.5)
    const holds = (have: readonly string[]) => have.some((one) => ownRoles.includes(one))
    const after = before.map(({ _id, roles: have }) => ({
      _id,
      roles: list.includes(_id) ? [...new Set([...have, role])] : have.filter((one) => one !== role),
    }))
    const lost = essential.filter(
      (id) =>
        holds(before.find((one) => one._id === id)?.roles ?? []) &&
        !holds(after.find((one) => one._id === id)?.roles ?? []),
    )
    let said: string | undefined
    try {
      permissions.diff(
        argsOf(permissions, { role, permissions: list }),
        { permissions: before, ownRoles } as never,
        context,
      )
    } catch (error) {
      said = (error as ToolError).message
    }
    assert.is(said !== undefined, lost.length > 0, `${role} of ${ownRoles}: ${lost}`)
    for (const id of lost) assert.match(String(said), id)
    if (said !== undefined) refused++
  }
  assert.ok(refused > 100 && refused < 1900, String(refused))
})

test.run()
