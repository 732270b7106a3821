import { catalogueOf } from '../../lib/rocketchat/catalogue.ts'
import {
  type Listed,
  readSettings,
  type ServerSettings,
  settingsQueries,
} from '../../lib/rocketchat/server-settings.ts'
import { checkSetting, isConfidential } from '../../lib/rocketchat/setting-value.ts'
import { has, parseVersion, type Version } from '../../lib/rocketchat/version.ts'
import {
  type Change,
  type Context,
  type Plain,
  problem,
  Secret,
  s,
  same,
  TaskError,
  task,
  update,
  type Value,
} from '../../lib/task.ts'

/** What is sent with a change: one bulk call, or writes side by side; empty when all was sent with an earlier one. */
type Data = { readonly writes: readonly Listed[]; readonly bulk: boolean }

/** In a bulk write this one renames `Site_Name` too, as the setup wizard does (rocketchat.md 7.3). */
const alone = new Set(['Organization_Name'])

export default task({
  summary: 'Settings of the server have these values; each write is read back.',
  args: s.args({
    settings: s.map(
      s.any('Wanted value, of the type of the setting.'),
      'Setting ids, as the administration pages name them, and their values.',
    ),
  }),
  examples: [
    'rocketchat_settings: { settings: { Unread_Count: all_messages, NPS_survey_enabled: false } }',
    `rocketchat_settings:
  settings:
    API_Enable_CORS: true
    API_CORS_Origin: https://spaces.example.org`,
  ],

  validate: ({ settings }, context) => {
    const catalogue = catalogueOf(declared(context))
    return Object.entries(settings).flatMap(([id, value]) => {
      const diagnostic = checkSetting(catalogue, id, value)
      return diagnostic ? [{ path: ['settings', id], diagnostic }] : []
    })
  },

  probe: () => ({ ask: settingsQueries, read: readSettings }),

  diff: ({ settings }, server): readonly Change<Data>[] => {
    const missing = Object.keys(settings).filter((id) => !server.values.has(id))
    if (missing.length > 0) throw absent(missing, server)
    const writes = Object.entries(settings)
      .filter(([id, value]) => !equal(server.values.get(id), value))
      .map(([id, value]): Listed => ({ _id: id, value }))
    const inBulk = has(server.version, 'bulkSettings') ? writes.filter(({ _id }) => !alone.has(_id)) : []
    const groups = inBulk.length > 1 ? [inBulk, writes.filter((write) => !inBulk.includes(write))] : [writes]
    return writes.map((write): Change<Data> => {
      const [before, after] = shown(write._id, server, write.value)
      const group = groups.find((one) => one.includes(write)) ?? []
      return update(`setting ${write._id}`, before, after, {
        writes: write === group[0] ? group : [],
        bulk: group === inBulk,
      })
    })
  },

  apply: async ({ data }, io) => {
    if (data.bulk) {
      // The bulk call passes over unknown ids without a word (rocketchat.md 19.4); `diff` has seen that all of them exist.
      if (data.writes.length > 0) await io.api.request('POST', '/api/v1/settings', { settings: data.writes })
      return undefined
    }
    const write = ({ _id, value }: Listed) =>
      io.api.request('POST', `/api/v1/settings/${encodeURIComponent(_id)}`, { value })
    // Settings do not hang on each other; all are waited for, so that nothing is still being written when one was refused.
    const refused = (await Promise.allSettled(data.writes.map(write))).find(({ status }) => status === 'rejected')
    if (refused?.status === 'rejected') throw refused.reason
    return undefined
  },
})

function declared(context: Context): Version | undefined {
  const version = context.variable('rocketchat_version')
  return typeof version === 'string' ? parseVersion(version) : undefined
}

function absent(ids: readonly string[], server: ServerSettings): TaskError {
  return new TaskError(
    problem(
      'setting-not-on-server',
      `this server (${server.name}) does not list ${ids.map((id) => `"${id}"`).join(', ')}`,
      {
        mend: 'the setting does not exist on this version or is hidden by SETTINGS_HIDDEN; check rocketchat_version of this host',
      },
    ),
  )
}

function shown(id: string, server: ServerSettings, wanted: Value): [Plain, Plain] {
  if (isConfidential(catalogueOf(server.version).setting(id), wanted)) return ['(another secret)', '(secret)']
  return [(server.values.get(id) ?? null) as Plain, wanted as Plain]
}

function equal(found: unknown, wanted: Value): boolean {
  if (wanted instanceof Secret) return typeof found === 'string' && same(found, wanted)
  return JSON.stringify(found) === JSON.stringify(wanted)
}
