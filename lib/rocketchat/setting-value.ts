import { didYouMean } from '../core/closest.ts'
import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'
import type { Catalogue, SettingType } from './catalogue.ts'
import { trapOf } from './setting-traps.ts'

type Finding = Omit<Diagnostic, 'at'>

/**
 * Is this a value that the setting may have? The server itself stores anything, unknown types and choices included
 * (rocketchat.md 7.2), so this is the only check there is.
 */
export function checkSetting(catalogue: Catalogue, id: string, value: Value): Finding | undefined {
  const setting = catalogue.setting(id)
  if (setting === undefined) {
    const others = catalogue.elsewhere(id)
    if (others.length > 0) {
      return problem(
        'setting-not-in-version',
        `Rocket.Chat ${catalogue.name} has no setting "${id}"; it exists in ${others.join(', ')}`,
        {
          mend: 'remove it for this host, or check rocketchat_version',
        },
      )
    }
    return problem('unknown-setting', `Rocket.Chat ${catalogue.name} has no setting "${id}"`, {
      mend: didYouMean(id, catalogue.settingIds) ?? 'ids are those of the administration pages, for example Site_Url',
    })
  }
  if (setting.hidden) {
    return problem('setting-hidden', `the setting "${id}" is hidden: the API can neither read nor write it`, {
      mend: `give the container the environment variable OVERWRITE_SETTING_${id}`,
    })
  }
  if (value instanceof Unknown) return undefined
  return checkType(setting, value) ?? (typeof value === 'string' ? trapOf(id, value) : undefined)
}

function checkType(setting: SettingType, value: Value): Finding | undefined {
  const wrong = (expected: string, mend?: string) =>
    problem('wrong-type', `the setting "${setting._id}" takes ${expected}, found ${found(value)}`, { mend })
  switch (setting.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('true or false', 'write true or false without quotes')
    case 'int':
    case 'range':
    case 'timespan':
      return typeof value === 'number' && Number.isInteger(value)
        ? undefined
        : wrong('a whole number', 'write the number without quotes')
    case 'select':
      return choice(setting, value, wrong)
    case 'multiSelect': {
      if (!Array.isArray(value)) return wrong('a list')
      return value.map((one) => choice(setting, one as Value, wrong)).find((one) => one !== undefined)
    }
    case 'action':
    case 'asset':
    case 'group':
      return problem(
        'setting-not-a-value',
        `"${setting._id}" is no value that can be set: it is of the kind ${setting.type}`,
      )
    default:
      return typeof value === 'string' || value instanceof Secret
        ? undefined
        : wrong('text', typeof value === 'object' ? undefined : 'put the value in quotes')
  }
}

function choice(
  setting: SettingType,
  value: Value,
  wrong: (expected: string, mend?: string) => Finding,
): Finding | undefined {
  if (typeof value !== 'string') return wrong('one of its choices as text')
  // A fresh server holds texts outside of the list: "" for what was not chosen yet.
  if (setting.values === undefined || setting.values.includes(value) || value === setting.value) return undefined
  return problem('setting-choice', `the setting "${setting._id}" has no choice "${value}"`, {
    mend: didYouMean(value, setting.values, 'its choices'),
  })
}

function found(value: Value): string {
  if (typeof value === 'string') return `the text "${value}"`
  if (value instanceof Secret) return 'a secret text'
  if (Array.isArray(value)) return 'a list'
  return value === null ? 'nothing' : typeof value === 'object' ? 'a mapping' : String(value)
}

/** Must the value stay out of sight: a password by its type, or a secret by its origin? */
export function isConfidential(setting: SettingType | undefined, value: Value): boolean {
  return value instanceof Secret || setting?.type === 'password'
}
