import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../lib/core/plain.ts'
import { type Catalogue, catalogueOf, type SettingType } from '../../../lib/rocketchat/catalogue.ts'
import { checkSetting } from '../../../lib/rocketchat/setting-value.ts'
import { parseVersion } from '../../../lib/rocketchat/version.ts'

const test = suite('lib/rocketchat/setting-value')

const catalogues = ['6.14', '8.6.1'].map((text) => [text, catalogueOf(parseVersion(text))] as const)

/** Settings that a playbook may name, with the value that a fresh server gives them. */
function real(catalogue: Catalogue): readonly (readonly [SettingType, Value])[] {
  return [...catalogue.settingIds].flatMap((id) => {
    const setting = catalogue.setting(id)
    if (!setting || setting.hidden || setting.value === undefined || setting.value === null) return []
    if (['group', 'action', 'asset'].includes(setting.type)) return []
    return [[setting, setting.value as Value] as const]
  })
}

for (const [version, catalogue] of catalogues) {
  test(`every value of a fresh ${version} is right`, () => {
    const all = real(catalogue)
    assert.ok(all.length > 600, String(all.length))
    const wrong = all
      .map(([setting, value]) => checkSetting(catalogue, setting._id, value))
      .filter((one) => one !== undefined)
    assert.equal(wrong, [])
  })

  test(`every choice of every setting of ${version} is right`, () => {
    for (const [setting] of real(catalogue)) {
      if (setting.type !== 'select') continue
      for (const choice of setting.values ?? [])
        assert.is(checkSetting(catalogue, setting._id, choice), undefined, setting._id)
    }
  })
}

/** Numbers that are always the same ones. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * sides)
  }
}

type Mistake = (
  setting: SettingType,
  value: Value,
  roll: (sides: number) => number,
) => readonly [string, Value] | undefined

/** What people do to a line of a playbook that was right. */
const mistakes: { readonly [name: string]: Mistake } = {
  'two letters swapped': ({ _id }, value, roll) => {
    const at = roll(_id.length - 1)
    const swapped = `${_id.slice(0, at)}${_id[at + 1]}${_id[at]}${_id.slice(at + 2)}`
    return swapped === _id ? undefined : [swapped, value]
  },
  'a letter left out': ({ _id }, value, roll) => {
    const at = roll(_id.length)
    return [_id.slice(0, at) + _id.slice(at + 1), value]
  },
  'another case': ({ _id }, value) => (_id.toLowerCase() === _id ? undefined : [_id.toLowerCase(), value]),
  'dashes for underscores': ({ _id }, value) => (_id.includes('_') ? [_id.replaceAll('_', '-'), value] : undefined),
  'quotes around it': ({ _id, type }, value) =>
    type === 'boolean' || type === 'int' ? [_id, String(value)] : undefined,
  'a number for a switch': ({ _id, type }) => (type === 'boolean' ? [_id, 1] : undefined),
  'yes and no': ({ _id, type }) => (type === 'boolean' ? [_id, 'yes'] : undefined),
  'a switch for text': ({ _id, type }) => (type === 'string' ? [_id, true] : undefined),
  'a number for text': ({ _id, type }) => (type === 'string' ? [_id, 8080] : undefined),
  'a unit after a number': ({ _id, type }, value) => (type === 'int' ? [_id, `${String(value)}s`] : undefined),
  'half a number': ({ _id, type }) => (type === 'int' ? [_id, 0.5] : undefined),
  'nothing at all': ({ _id }) => [_id, null],
  'a list': ({ _id, type }, value) => (type === 'multiSelect' ? undefined : [_id, [value]]),
  'a mapping': ({ _id }, value) => [_id, { value }],
  'a choice that there is not': ({ _id, type, values }, value) =>
    type === 'select' && values ? [_id, `${String(value)}x`] : undefined,
  'a choice in another case': ({ _id, type, values }, value) =>
    type === 'select' && values && typeof value === 'string' && !values.includes(value.toUpperCase())
      ? [_id, value.toUpperCase()]
      : undefined,
}

for (const [version, catalogue] of catalogues) {
  test(`of five hundred right settings of ${version} with a mistake each, nearly all mistakes are found`, () => {
    const roll = dice(version.length * 7919)
    const all = real(catalogue)
    const names = Object.keys(mistakes)
    const missed: string[] = []
    let made = 0
    while (made < 500) {
      const [setting, value] = all[roll(all.length)] as readonly [SettingType, Value]
      const name = names[roll(names.length)] ?? ''
      const mutant = mistakes[name]?.(setting, value, roll)
      // A mistake that makes another right line cannot be seen by anybody.
      if (mutant === undefined || catalogue.setting(mutant[0]) !== (mutant[0] === setting._id ? setting : undefined))
        continue
      made++
      if (checkSetting(catalogue, ...mutant) === undefined)
        missed.push(`${name}: ${mutant[0]} = ${JSON.stringify(mutant[1])}`)
    }
    assert.ok(missed.length <= 5, `${missed.length} of ${made} missed:\n${missed.join('\n')}`)
  })
}

test('a suggestion is made for every near miss', () => {
  const catalogue = catalogueOf(parseVersion('8.6.1'))
  for (const [typo, right] of [
    ['Unread_Cout', 'Unread_Count'],
    ['theme-custom-cs', 'theme-custom-css'],
    ['FileUpload_ProtectFile', 'FileUpload_ProtectFiles'],
    ['Accounts_TwoFactorAuthentication_Enable', 'Accounts_TwoFactorAuthentication_Enabled'],
  ] as const)
    assert.match(String(checkSetting(catalogue, typo, 'x')?.mend), right)
})

test.run()
