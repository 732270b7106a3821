import { failure, type Refusal, refuse, refusePlain, success, unauthorized } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import type { Doc, Setting } from './documents.ts'
import { conditions, meets, sorted, sorting } from './mongo-query.ts'
import { paged } from './pipeline.ts'
import type { Shape } from './schema.ts'
import { may, type ServerState, visibleSettings } from './server-state.ts'

/** Reading and writing settings (rocketchat.md 7 and 19.4). */
export const settingRoutes: readonly Route[] = [
  { method: 'GET', path: 'settings.public', login: 'none', queryShape: known('_id'), act: listPublic },
  { method: 'GET', path: 'settings', queryShape: known('includeDefaults'), act: list },
  { method: 'GET', path: 'settings/:_id', permissions: ['view-privileged-setting'], act: readOne },
  {
    method: 'POST',
    path: 'settings/:_id',
    secondFactor: 'remembered',
    permissions: ['edit-privileged-setting'],
    act: writeOne,
  },
  {
    method: 'POST',
    path: 'settings',
    secondFactor: 'never',
    releases: { from: '8.6' },
    permissions: ['edit-privileged-setting'],
    bodyShape: () => ({ fields: { settings: { type: 'array', required: true, atLeast: 1, items: settingField } } }),
    act: writeMany,
  },
  { method: 'GET', path: 'settings.oauth', login: 'none', act: () => ({ services: [] }) },
  { method: 'GET', path: 'service.configurations', login: 'none', act: () => ({ configurations: [] }) },
]

/** From 8.0 on, other query parameters than the usual ones and these are refused. */
function known(...names: readonly string[]): (state: ServerState) => Shape | undefined {
  const fields = Object.fromEntries(['count', 'offset', 'sort', 'query', ...names].map((name) => [name, {}]))
  return (state) => (state.rules.coerce ? { fields } : undefined)
}

const settingField = {
  type: 'object',
  inside: { fields: { _id: { type: 'string', required: true }, value: {}, editor: { type: 'string' } } },
} as const

const rebuilding = /^API_(Enable_CORS|CORS_Origin|Enable_Rate_Limiter_Limit_(Calls|Time)_Default)$/

/** What the lists show of a setting. */
function shown(setting: Setting, more: Doc = {}): Doc {
  const { _id, value, enterprise, invalidValue, modules } = setting
  return {
    _id,
    ...(value !== undefined && { value }),
    ...(setting.type !== 'group' && { enterprise }),
    ...(invalidValue !== undefined && { invalidValue }),
    ...(modules && { modules }),
    ...more,
  }
}

function listPublic(call: Call): Doc {
  const { state, query } = call
  const ids = state.rules.publicById
    ? query
        .get('_id')
        ?.split(',')
        .map((id) => id.trim())
    : undefined
  const wanted = { ...conditions(call), ...(ids && { _id: { $in: ids } }) }
  return answerList(
    call,
    visibleSettings(state).filter((each) => each.public && meets(each, wanted)),
    () => ({}),
  )
}

function list(call: Call): Doc {
  const { state, query } = call
  const all = may(state, call.user, 'view-privileged-setting')
  const wanted = conditions(call)
  const found = visibleSettings(state).filter((each) => (all || each.public) && meets(each, wanted))
  const defaults = query.get('includeDefaults') === 'true'
  const fields = state.rules.queryParameter ? query.get('fields') : null
  return answerList(call, found, (each) => ({
    ...(defaults && { packageValue: each.packageValue }),
    ...extra(each, fields),
  }))
}

/** `fields={"type":1}` adds what it names, where the release allows it. */
function extra(setting: Setting, fields: string | null): Doc {
  if (fields === null) return {}
  try {
    const names = Object.keys(JSON.parse(fields) as object)
    return Object.fromEntries(Object.entries(setting).filter(([key]) => names.includes(key)))
  } catch {
    throw refuse('error-invalid-fields', `Invalid fields parameter provided: "${fields}"`, {
      helperMethod: 'parseJsonQuery',
    })
  }
}

function answerList(call: Call, found: readonly Setting[], more: (setting: Setting) => Doc): Doc {
  const by = sorting(call)
  const { items, ...numbers } = paged(call, by ? sorted(found, by) : found)
  return { settings: items.map((each) => shown(each, more(each))), ...numbers }
}

function readOne({ state, user, params }: Call): Doc {
  if (!may(state, user, 'view-privileged-setting')) throw unauthorized()
  const setting = visible(state, params._id)
  return { _id: setting._id, ...(setting.value !== undefined && { value: setting.value }) }
}

function visible(state: ServerState, id: string | undefined): Setting {
  const setting = id === undefined ? undefined : state.db.settings[id]
  if (!setting || setting.hidden) throw failure()
  return setting
}

function writeOne(call: Call) {
  const { state, params, body } = call
  if (!mayWrite(call, params._id)) throw unauthorized()
  const setting = visible(state, params._id)
  if (setting.type === 'action' && body.execute) return success()
  if (setting.blocked || !('value' in body)) throw failure()
  const value = body.value
  checkBounds(state, setting, value)
  if (setting.type === 'color' && typeof body.editor === 'string') setting.editor = body.editor
  store(state, setting, value)
  return success()
}

function mayWrite(call: Call, id: string | undefined): boolean {
  const { state } = call
  const user = caller(call)
  if (may(state, user, 'edit-privileged-setting')) return true
  return may(state, user, 'manage-selected-settings') && may(state, user, `change-setting-${id}`)
}

/** Stores a value, whatever its type: the route does not check it. Some settings act on the routes at once. */
export function store(state: ServerState, setting: Setting, value: unknown): void {
  setting.value = value
  if (rebuilding.test(setting._id)) state.limiter.reset()
}

function checkBounds(state: ServerState, { _id, type, minValue, maxValue }: Setting, value: unknown): void {
  if (!state.rules.bulkSettings || (type !== 'int' && type !== 'range') || !value) return
  const number = Number(value)
  if ((minValue !== undefined && number < minValue) || (maxValue !== undefined && number > maxValue))
    throw refuse('error-invalid-setting-value', `Value for setting ${_id} must be between ${minValue} and ${maxValue}`)
}

function writeMany({ state, body }: Call) {
  const wanted = (body.settings as readonly Doc[]).map((each) => ({ id: String(each._id), value: each.value }))
  saveSettings(state, wanted)
  return success()
}

/** Writes several settings after checking all types; unknown and blocked ids are passed over, hidden ones are written. */
export function saveSettings(state: ServerState, wanted: readonly { id: string; value: unknown }[]): void {
  for (const { id, value } of wanted) {
    const setting = state.db.settings[id]
    if (setting) checkType(state, setting, value)
    if (setting) checkBounds(state, setting, value)
  }
  for (const { id, value } of wanted) {
    const setting = state.db.settings[id]
    if (setting && !setting.blocked && setting.type !== 'group') store(state, setting, value)
  }
}

function checkType(state: ServerState, { _id, type }: Setting, value: unknown): void {
  const got = value === null ? 'null' : typeof value
  const mismatch = (wanted: string) => refusePlain(`Match error: Expected ${wanted}, got ${got}`)
  switch (type) {
    case 'boolean':
      if (got !== 'boolean') throw mismatch('boolean')
      return
    case 'timespan':
      if (got !== 'number') throw mismatch('number')
      return
    case 'int':
    case 'range':
      if (got !== 'number') throw mismatch('number')
      if (!Number.isInteger(value)) throw noInteger(state, _id, value)
      return
    case 'multiSelect':
      if (!Array.isArray(value)) throw mismatch('array')
      return
    case 'asset':
    case 'roomPick':
    case 'group':
    case 'action':
      return
    default:
      if (got !== 'string') throw mismatch('string')
  }
}

function noInteger(state: ServerState, settingId: string, value: unknown): Refusal {
  const text = `Invalid setting value ${String(value)}`
  return state.rules.bulkSettings
    ? refuse('error-invalid-setting-value', text, { settingId })
    : refuse(text, 'Invalid setting value', { method: 'saveSettings' })
}
