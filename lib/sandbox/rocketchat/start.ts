import { createHash, randomBytes } from 'node:crypto'
import type { Catalogue, Shipped } from './catalogue.ts'
import type { Database } from './database.ts'
import type { Setting, User } from './documents.ts'
import { type Env, idList, settingFromEnv } from './env.ts'
import { shortId, uuid } from './ids.ts'
import { insertAdministrator, insertInitialUser } from './start-accounts.ts'
import { compareVersions, parseVersion, type Version, versionText } from './version.ts'

/** All a start needs to know. */
export interface Start {
  readonly db: Database
  readonly version: Version
  readonly catalogue: Catalogue
  readonly env: Env
  readonly now: number
  readonly rootUrl: string
  readonly log: string[]
}

/**
 * What the process does to its database before it answers: new settings, overrides, permissions, roles, the first
 * channel, the bot, the administrator, the setup wizard (rocketchat.md 6 step 1, 9 and 10.4). The caller puts the
 * account of INITIAL_USER, if one was made, into the default channels. Throws when a newer
 * release has already run on the database: there is no way down (rocketchat.md 12.3).
 */
export function startOn(start: Start): { readonly initialUser: User | undefined } {
  const before = start.db.version === undefined ? undefined : parseVersion(start.db.version)
  if (before && compareVersions(before, start.version) > 0)
    throw new Error(`The database was upgraded to ${start.db.version}; ${versionText(start.version)} cannot run on it.`)
  const changed = before === undefined || compareVersions(before, start.version) !== 0
  start.db.installedAt ??= iso(start)
  insertSettings(start)
  overwriteSettings(start)
  insertPermissions(start)
  insertRoles(start)
  insertBot(start)
  const initialUser = insertInitialUser(start)
  insertAdministrator(start)
  insertGeneral(start)
  wizard(start, changed)
  start.db.version = versionText(start.version)
  return { initialUser }
}

const iso = ({ now }: Start) => new Date(now).toISOString()

function insertSettings(start: Start): void {
  const { db, catalogue, env } = start
  for (const id of Object.keys(db.settings)) if (!catalogue.settings.has(id)) delete db.settings[id]
  const blocked = idList(env, 'SETTINGS_BLOCKED')
  const hidden = idList(env, 'SETTINGS_HIDDEN')
  for (const shipped of catalogue.settings.values()) {
    const setting = db.settings[shipped._id] ?? fresh(start, shipped)
    db.settings[shipped._id] = setting
    setting.public = shipped.public ?? false
    if (shipped.value !== undefined && computed(start, shipped._id) === undefined) setting.packageValue = shipped.value
    setting.blocked = blocked.includes(setting._id)
    setting.hidden = (shipped.hidden ?? false) || hidden.includes(setting._id)
  }
}

function fresh(start: Start, shipped: Shipped): Setting {
  const packageValue = computed(start, shipped._id) ?? shipped.value
  const setting: Setting = {
    _id: shipped._id,
    type: shipped.type,
    valueSource: 'packageValue',
    public: false,
    hidden: false,
    blocked: false,
    enterprise: shipped.enterprise ?? false,
    ...(shipped.modules && { modules: shipped.modules }),
    ...(shipped.invalidValue !== undefined && { invalidValue: shipped.invalidValue }),
    ...(shipped.group !== undefined && { group: shipped.group }),
    ...(shipped.section !== undefined && { section: shipped.section }),
  }
  if (shipped.type === 'group') return setting
  setting.value = packageValue
  setting.packageValue = packageValue
  const text = start.env[shipped._id]
  if (text !== undefined && text !== '') fromEnv(setting, text)
  return setting
}

function overwriteSettings({ db, env }: Start): void {
  for (const [name, text] of Object.entries(env)) {
    const setting = name.startsWith('OVERWRITE_SETTING_') ? db.settings[name.slice(18)] : undefined
    if (setting && text !== '' && setting.type !== 'group') fromEnv(setting, text)
  }
}

function fromEnv(setting: Setting, text: string): void {
  setting.value = settingFromEnv(text, setting.type)
  setting.processEnvValue = setting.value
  setting.valueSource = 'processEnvValue'
}

/** Values that are drawn or follow from the environment. */
function computed(start: Start, id: string): unknown {
  const url = start.rootUrl.replace(/\/$/, '')
  switch (id) {
    case 'Site_Url':
      return url
    case 'uniqueID':
      return start.env.DEPLOYMENT_ID ?? uuid()
    case 'Deployment_FingerPrint_Hash':
      return createHash('sha256').update(url).digest('base64')
    case 'Deployment_FingerPrint_Verified':
      return true
    case 'Federation_Matrix_as_token':
    case 'Federation_Matrix_hs_token':
      return randomBytes(32).toString('hex')
    case 'Federation_Matrix_homeserver_domain':
      return new URL(url).hostname
    case 'Accounts_RegistrationForm_SecretURL':
      return shortId()
    case 'Show_Setup_Wizard':
      return 'pending'
    case 'Initial_Channel_Created':
      return true
    case 'RetentionPolicy_MaxAge_Channels':
    case 'RetentionPolicy_MaxAge_Groups':
    case 'RetentionPolicy_MaxAge_DMs':
      return -1
    default:
      return undefined
  }
}

function insertPermissions(start: Start): void {
  const { db, catalogue } = start
  const known = new Set(db.permissions.map(({ _id }) => _id))
  const add = (permission: { _id: string; roles: string[] }) => {
    if (!known.has(permission._id)) db.permissions.push({ ...permission, _updatedAt: iso(start) })
  }
  const kept = new Set(catalogue.permissions.keys())
  for (const [_id, roles] of catalogue.permissions) add({ _id, roles: [...roles] })
  for (const { _id, hidden, group, section } of Object.values(db.settings)) {
    if (hidden) continue
    kept.add(`change-setting-${_id}`)
    add(
      Object.assign(
        { _id: `change-setting-${_id}`, roles: [], level: 'settings', settingId: _id },
        group !== undefined && { group },
        section !== undefined && { section },
      ),
    )
  }
  db.permissions = db.permissions.filter(({ _id }) => kept.has(_id))
}

function insertRoles(start: Start): void {
  for (const role of start.catalogue.roles)
    if (!start.db.roles.some(({ _id }) => _id === role._id)) start.db.roles.push({ ...role, _updatedAt: iso(start) })
}

function insertBot(start: Start): void {
  if (start.db.users.some(({ _id }) => _id === 'rocket.cat')) return
  const bot: User = {
    _id: 'rocket.cat',
    createdAt: iso(start),
    avatarOrigin: 'local',
    avatarETag: shortId(),
    name: 'Rocket.Cat',
    username: 'rocket.cat',
    status: 'online',
    statusDefault: 'online',
    utcOffset: 0,
    active: true,
    type: 'bot',
    roles: ['bot'],
    _updatedAt: iso(start),
    services: {},
  }
  start.db.users.push(bot)
}

function insertGeneral(start: Start): void {
  if (start.db.rooms.some(({ _id }) => _id === 'GENERAL')) return
  start.db.rooms.push({
    _id: 'GENERAL',
    ts: iso(start),
    t: 'c',
    name: 'general',
    usernames: [],
    msgs: 0,
    usersCount: 0,
    _updatedAt: iso(start),
    u: { _id: 'rocket.cat', username: 'rocket.cat', name: 'Rocket.Cat' },
    default: true,
  })
}

/**
 * The wizard at a start: with an administrator `pending` becomes `in_progress`; after the first start and after each
 * change of version an unregistered workspace goes from `completed` back to `in_progress`, override or not.
 */
function wizard({ db }: Start, changed: boolean): void {
  const setting = db.settings.Show_Setup_Wizard
  if (!setting) return
  if (setting.value === 'pending' && db.users.some(({ roles }) => roles.includes('admin')))
    setting.value = 'in_progress'
  if (setting.value === 'completed' && changed) setting.value = 'in_progress'
}
