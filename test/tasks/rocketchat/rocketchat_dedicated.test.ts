import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import dedicated from '../../../tasks/rocketchat/rocketchat_dedicated.ts'
import user from '../../../tasks/rocketchat/rocketchat_user.ts'
import { type ChatWorld, inWorld, releases } from '../../fakes/chat-world.ts'
import { admin } from '../../fakes/configure.ts'
import { check, perform } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_dedicated')

const look = (world: ChatWorld, args = {}) => check(dedicated, args, world, world.context)

async function refused(world: ChatWorld): Promise<string> {
  return look(world).then(
    () => assert.unreachable('the server should have been refused') as never,
    (error: ToolError) => {
      assert.is(error.code, 'server-in-use')
      assert.match(String(error.diagnostics[0]?.mend), /rocketchat_adopt/)
      return String(error.diagnostics[0]?.detail)
    },
  )
}

const person = (name: string, roles: string) => ({
  username: name,
  name,
  email: `${name}@example.org`,
  password: 'Correct-horse-battery-7',
  roles,
})

for (const version of releases) {
  test(`takes a fresh ${version}`, () =>
    inWorld(version, async (world) => {
      assert.equal(await look(world), [])
    }))

  test(`refuses a ${version} that others use, and says who, unless it is adopted`, () =>
    inWorld(version, async (world) => {
      await perform(user, person('editor', 'user'), world)
      await perform(user, person('boss', 'admin'), world)
      const why = await refused(world)
      assert.match(why, /accounts besides the administrator: .*editor/)
      assert.match(why, /administrators that this inventory does not know: boss/)
      assert.equal(await look(world, { adopt: true }), [])
    }))

  test(`refuses a ${version} in which something was written`, () =>
    inWorld(version, async (world) => {
      await world.io.api.request('POST', '/api/v1/groups.create', { name: 'team' })
      const rooms = await world.io.api.request('GET', '/api/v1/groups.list')
      const [room] = (rooms.json as { groups: { _id: string }[] }).groups
      await world.io.api.request('POST', '/api/v1/chat.postMessage', { roomId: room?._id, text: 'hello' })
      const why = await refused(world)
      assert.match(why, /messages: \d/)
      assert.match(why, /rooms: 2/)
    }))
}

test('a server whose administrator was configured from here before may be in use', () =>
  inWorld('8.6.1', async (world) => {
    await perform(user, person('editor', 'user'), world)
    const own = world.server.database.users.find((one) => one.username === admin.name)
    await world.io.store.set('ametys_user_id', new Secret(String(own?._id), 'ametys_user_id'))
    assert.equal(await look(world), [])
  }))

test('secrets of another server do not open this one when it is in use, and do when it is fresh', () =>
  inWorld('8.6.1', async (world) => {
    await world.io.store.set('ametys_user_id', new Secret('id-of-another-server', 'ametys_user_id'))
    assert.equal(await look(world), [])
    await perform(user, person('editor', 'user'), world)
    await refused(world)
  }))

test.run()
