import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { admin } from '../fakes/configure.ts'
import { accountDeviations, type Deviation, permissionDeviations, settingDeviations } from './deviations.ts'
import { at, fine, nothingLeft, texts, wanted } from './expectations.ts'

const test = suite('playbooks/configure-deviations')

for (const version of ['6.14.0', '7.2.0', '8.6.1']) {
  test(`finds and mends each single deviation on ${version}, also after the grace period`, () =>
    at(version, async (place) => {
      fine(await place.run())
      place.later(40)
      const permissions = place.database.permissions.filter((one) => !one._id.startsWith('change-setting-'))
      const all: readonly Deviation[] = [
        ...settingDeviations([...Object.keys(wanted), ...texts]),
        ...accountDeviations(admin.name),
        ...thinned(permissionDeviations(permissions, 'user')),
      ]
      for (const deviation of all) {
        deviation.make(place)
        // Signing in with the password is limited to ten times a minute.
        place.later(1)
        const check = await place.run(['--check', '--diff'])
        fine(check, { refused: [401] })
        assert.is(check.writes, 0, deviation.name)
        assert.equal([...new Set(check.changes.map((one) => one.target))], [deviation.target], deviation.name)
        const mend = await place.run()
        fine(mend, { refused: [401] })
        assert.equal([...new Set(mend.changes.map((one) => one.target))], [deviation.target], deviation.name)
        assert.ok(mend.writes > 0, deviation.name)
      }
      const last = await place.run(['--check'])
      fine(last)
      nothingLeft(last)
    }))
}

/** What the role has, and each tenth that it has not: the others are only looked for, below. */
function thinned(deviations: readonly Deviation[]): readonly Deviation[] {
  return deviations.filter(({ name }, index) => / taken from /.test(name) || index % 10 === 0)
}

test('names every single permission that was given by hand, and takes them back together', () =>
  at('8.6.1', async (place) => {
    fine(await place.run())
    const permissions = place.database.permissions.filter((one) => !one._id.startsWith('change-setting-'))
    const given = permissions.filter((one) => !one.roles.includes('user'))
    assert.ok(given.length > 150)
    for (const permission of given) {
      permission.roles.push('user')
      const check = await place.run(['--check', '--tags', 'permissions'])
      const [change, ...more] = check.changes
      assert.equal(more, [])
      assert.ok(String(change?.before).split('\n').includes(permission._id), permission._id)
      assert.not.ok(String(change?.after).split('\n').includes(permission._id), permission._id)
    }
    // Those that a role holds that does not exist are taken back one by one, ten at most in ten seconds.
    const alone = given.filter((one) => one.roles.includes('livechat-monitor')).slice(4)
    for (const permission of alone) permission.roles = permission.roles.filter((one) => one !== 'user')
    fine(await place.run())
    assert.equal(
      given.filter((one) => one.roles.includes('user')),
      [],
    )
    nothingLeft(await place.run(['--check']))
  }))

test.run()
