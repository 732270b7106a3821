import { readVersion } from '../../lib/rocketchat/server-settings.ts'
import { mePath, tokenSecret } from '../../lib/rocketchat/session.ts'
import { report, type Seen } from '../../lib/status/report.ts'
import { databaseQuery, machineScript, readContainer, readDatabase, readMachine } from '../../lib/status/seen.ts'
import { type Answer, problem, type Query, s, TaskError, task } from '../../lib/task.ts'

const daysLeftSetting = 'Cloud_Workspace_AirGapped_Restrictions_Remaining_Days'

export default task({
  summary: 'Everything that makes up the chat works; says how each part is.',
  args: s.args({
    url: s.string('Public address of the chat.'),
    container: s.string('Name of the container of Rocket.Chat.').default('rocketchat'),
    database: s.string('Name of the container of MongoDB.').default('mongodb'),
    proxy: s.string('Name of the container of the proxy; empty when it is not ours.').default('caddy'),
  }),
  examples: ['rocketchat_status: { url: "{{ rocketchat_url }}" }'],
  returns: { status: 'The table, as text.', well: 'Is nothing wrong?' },

  probe: ({ url, container, database, proxy }, context) => {
    const ca = context.variable('rocketchat_ca_file')
    const address = URL.canParse(url) ? new URL(url) : undefined
    const secured = address?.protocol === 'https:'
    const look: readonly Query[] = secured
      ? [
          {
            on: 'controller',
            observe: 'certificate',
            input: {
              host: address.hostname.replace(/^\[|\]$/g, ''),
              port: Number(address.port || 443),
              ...(typeof ca === 'string' && { ca }),
            },
          },
        ]
      : []
    return {
      ask: [
        { on: 'shell', script: machineScript },
        { on: 'docker', path: '/version' },
        { on: 'docker', path: `/containers/${container}/json` },
        { on: 'docker', path: `/containers/${database}/json` },
        { on: 'docker', path: `/containers/${proxy || container}/json` },
        databaseQuery(database),
        { on: 'api', path: '/api/info' },
        { on: 'api', path: '/api/v1/settings?count=0' },
        { on: 'api', path: mePath, as: 'token' },
        { on: 'store', name: tokenSecret },
        ...look,
      ],
      evenWithout: true,
      read: ([shell, engine, chat, base, front, mongo, info, settings, me, kept, certificate]): Seen => {
        if (shell?.unavailable) throw new TaskError(shell.unavailable)
        return {
          machine: readMachine(shell),
          engine:
            engine?.ok === true
              ? `${(engine.json as { Version?: string }).Version ?? 'of unknown version'}, answers`
              : (engine?.unavailable ?? problem('docker-refused', 'Docker cannot be asked')),
          chat: readContainer(chat),
          database: readContainer(base),
          proxy: proxy === '' ? 'none' : readContainer(front),
          mongo: readDatabase(mongo, database),
          server: serverOf(info, settings),
          token: tokenOf(me, kept),
          certificate: secured ? certificateOf(certificate) : undefined,
        }
      },
    }
  },

  diff: (_args, seen) => {
    const { table, findings } = report(seen)
    const errors = findings.filter((one) => one.severity === 'error')
    if (errors.length === 0) return []
    throw new TaskError(
      [
        problem(
          'not-well',
          `the chat is not as it should be: ${errors.length === 1 ? 'one finding' : `${errors.length} findings`}`,
          {
            detail: table,
          },
        ),
        ...findings,
      ],
      { values: { status: table, well: false } },
    )
  },

  result: (_args, seen) => {
    const { table, findings } = report(seen)
    return { values: { status: table, well: true }, message: table, warnings: findings }
  },
})

function serverOf(info: Answer | undefined, settings: Answer | undefined): Seen['server'] {
  const missing = [info, settings].find((answer) => answer?.ok !== true)
  if (missing) return { trouble: missing.unavailable?.message ?? `it answers with status ${missing.code}` }
  const { settings: listed = [] } = (settings?.json ?? {}) as { settings?: readonly { _id: string; value: unknown }[] }
  if (listed.length === 0) return { trouble: 'it has no settings: its database is empty' }
  const days = listed.find(({ _id }) => _id === daysLeftSetting)?.value
  return { version: readVersion(info), daysLeft: typeof days === 'number' && days >= 0 ? days : undefined }
}

function tokenOf(me: Answer | undefined, kept: Answer | undefined): Seen['token'] {
  if (kept?.ok !== true) return { trouble: 'none is kept beside the inventory' }
  if (me?.ok === true) return { account: (me.json as { username?: string }).username ?? 'an account without a name' }
  if (me?.unavailable) return undefined
  return { trouble: me?.code === 401 ? 'the server does not know it' : `the server answers with status ${me?.code}` }
}

/** Nothing in a rehearsal serves https. */
function certificateOf(answer: Answer | undefined): Seen['certificate'] {
  if (answer?.ok === true) return answer.json as Seen['certificate']
  return answer?.errors.includes('rehearsal') ? undefined : { trouble: answer?.errors ?? 'it was not looked at' }
}
