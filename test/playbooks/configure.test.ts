import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { admin } from '../fakes/configure.ts'
import { at, fine, nothingLeft, texts, wanted } from './expectations.ts'

const test = suite('playbooks/configure')

const keeps = ['create-d', 'delete-own-message', 'mention-all', 'mention-here', 'view-d-room', 'view-p-room']
for (const version of ['6.14.0', '7.2.0', '8.6.1']) {
  test(`brings a fresh ${version} to the wanted state, and a second run writes nothing`, () =>
    at(version, async (place) => {
      const check = await place.run(['--check', '--diff'])
      fine(check)
      assert.is(check.writes, 0)
      assert.ok(check.changes.length >= 20)
      const first = await place.run()
      fine(first)
      for (const [id, value] of Object.entries(wanted)) assert.equal(place.database.settings[id]?.value, value, id)
      for (const id of texts) assert.match(String(place.database.settings[id]?.value), /begin ametys-rocketchat/)
      const held = place.database.permissions.filter((one) => one.roles.includes('user')).map((one) => one._id)
      assert.equal(held.sort(), version.startsWith('6') ? [...keeps, 'view-history'].sort() : keeps)
      const user = place.database.users.find((one) => one.username === admin.name)
      const tokens = (user?.services.resume?.loginTokens ?? []).map(({ type, name, bypassTwoFactor }) => [
        type,
        name,
        bypassTwoFactor,
      ])
      assert.equal(tokens, [['personalAccessToken', 'Ametys', true]], 'one token, and no session is left behind')
      const second = await place.run()
      fine(second)
      nothingLeft(second)
      assert.ok(second.requests.length <= 8, `${second.requests.length} requests`)
    }))

  test(`configures a ${version} whose administrator is older than the grace period of the second factor`, () =>
    at(version, async (place) => {
      place.later(40)
      fine(await place.run())
      place.later(40)
      const second = await place.run()
      fine(second)
      nothingLeft(second)
    }))
}

test.run()
