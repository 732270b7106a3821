import { catalogueOf, type SettingType } from '../rocketchat/catalogue.ts'
import { choice, described, ref, type Schema } from './pieces.ts'

/** A mapping of settings of Rocket.Chat by their ids, with types and choices as all known versions have them. */
export function settingsSchema(): Schema {
  const catalogue = catalogueOf(undefined)
  const ids = [...catalogue.settingIds].sort()
  const known = ids.flatMap((id) => {
    const setting = catalogue.setting(id)
    return setting && !setting.hidden ? [[id, settingSchema(setting)] as const] : []
  })
  return {
    anyOf: [
      { type: 'object', properties: Object.fromEntries(known), additionalProperties: false },
      ref('template'),
      { type: 'null' },
    ],
  }
}

function settingSchema(setting: SettingType): Schema {
  const { group, section } = setting
  const where = [group, section].filter((one) => one !== undefined && one !== '').join(' / ')
  return described(valueSchema(setting), where)
}

function valueSchema({ type, values }: SettingType): Schema {
  switch (type) {
    case 'boolean':
      return { anyOf: [{ type: 'boolean' }, ref('template')] }
    case 'int':
    case 'range':
    case 'timespan':
      return { anyOf: [{ type: 'integer' }, ref('template')] }
    case 'select':
      return values ? choice(values) : {}
    case 'multiSelect':
      return { anyOf: [{ type: 'array' }, ref('template')] }
    default:
      return {}
  }
}
