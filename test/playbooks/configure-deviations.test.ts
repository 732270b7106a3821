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
        ...thinned(version, permissionDeviations(permissions, 'user')),
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

/** All of them on the newest; on the others what the role has, and each tenth that it has not. */
function thinned(version: string, deviations: readonly Deviation[]): readonly Deviation[] {
  if (version === '8.6.1') return deviations
  return deviations.filter(({ name }, index) => / taken from /.test(name) || index % 10 === 0)
}

test.run()
