import { readVersion } from '../../lib/rocketchat/server-settings.ts'
import { bypassIsBroken, has, parseVersion, type Version, versionText } from '../../lib/rocketchat/version.ts'
import { type Answer, type Change, NotYetError, problem, type Query, run, s, TaskError, task } from '../../lib/task.ts'

interface State {
  /** Undefined while the server is not ready; `said` tells what it answered. */
  readonly version: Version | undefined
  readonly said: string
  /** Days until an unlicensed workspace becomes read-only; 0 means it is, undefined that it does not apply. */
  readonly daysLeft: number | undefined
}

const path = '/api/v1/settings?count=0'

// Settings that are empty tell a database that came back empty, which /api/info does not (rocketchat.md 18.26).
const queries: readonly Query[] = [
  { on: 'api', path: '/api/info' },
  { on: 'api', path },
]

export default task({
  summary: 'Rocket.Chat answers, has its database, runs the expected version and may be written to.',
  args: s.args({
    version: s.string('Expected version; compared as far as it is written: 8.6 accepts 8.6.1.').optional(),
    timeout: s.int('Seconds to wait until it is ready; default 300.', { min: 1 }).default(300),
    read_only: s
      .boolean('Accept a workspace that is read-only for want of a licence or of statistics reports; default false.')
      .default(false),
  }),
  examples: ['rocketchat_server: { version: "8.6.1" }'],
  returns: { version: 'version of the server, major.minor.patch' },
  onlyWaits: true,

  probe: () => ({ ask: queries, evenWithout: true, read: readState }),

  diff: (args, state): readonly Change<undefined>[] => {
    if (state.version === undefined) return [run('wait until Rocket.Chat is ready', undefined)]
    judge(args, { ...state, version: state.version })
    return []
  },

  apply: async (_change, io, args) => {
    const ready = await io.until(
      'Rocket.Chat to answer with its settings',
      async (seen) => {
        const state = await look((next) => io.api.request('GET', next))
        seen(state.said)
        return state.version === undefined ? undefined : { ...state, version: state.version }
      },
      { timeout: args.timeout * 1000, every: 2000 },
    )
    judge(args, ready)
    return { changed: false, values: { version: versionText(ready.version) } }
  },

  result: (_args, { version }) => ({ values: version === undefined ? {} : { version: versionText(version) } }),
})

async function look(get: (path: string) => Promise<Answer>): Promise<State> {
  try {
    return readState([await get('/api/info'), await get(path)])
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    if (hopeless.has(error.code)) throw error
    return { version: undefined, said: error.message, daysLeft: undefined }
  }
}

/** What will not become right by waiting; ten refused sign-ins block the account. */
const hopeless = new Set([
  'api-unauthorized',
  'second-factor-in-the-way',
  'no-credentials',
  'bad-variable',
  'no-such-file',
])

function readState([info, settings]: readonly Answer[]): State {
  const missing = [info, settings].find((answer) => answer?.unavailable !== undefined || answer?.ok !== true)
  if (missing?.unavailable && hopeless.has(missing.unavailable.code)) throw new NotYetError(missing.unavailable)
  if (missing)
    return { version: undefined, said: missing.unavailable?.message ?? `status ${missing.code}`, daysLeft: undefined }
  const listed =
    (settings?.json as { settings?: readonly { _id: string; value: unknown }[] } | undefined)?.settings ?? []
  if (listed.length === 0)
    return { version: undefined, said: 'it has no settings: its database is empty', daysLeft: undefined }
  const days = listed.find(({ _id }) => _id === 'Cloud_Workspace_AirGapped_Restrictions_Remaining_Days')?.value
  return {
    version: readVersion(info),
    said: 'ready',
    daysLeft: typeof days === 'number' && days >= 0 ? days : undefined,
  }
}

function judge(
  args: { readonly version?: string | undefined; readonly read_only: boolean },
  state: State & { readonly version: Version },
): void {
  const found = versionText(state.version)
  const wanted = args.version === undefined ? undefined : parseVersion(args.version)
  if (wanted && !agrees(wanted, state.version)) {
    throw new TaskError(
      problem('wrong-version', `the server is Rocket.Chat ${found}, expected ${versionText(wanted)}`, {
        mend: 'correct rocketchat_version of this host, or run install.ts to bring the server to it',
      }),
    )
  }
  if (bypassIsBroken(state.version)) {
    throw new TaskError(
      problem(
        'version-refused',
        `Rocket.Chat ${found} ignores the bypass flag of tokens (8.5.x): Ametys cannot work with it`,
        { mend: 'use 8.6 or newer' },
      ),
    )
  }
  if (has(state.version, 'statisticsRestriction') && state.daysLeft === 0 && !args.read_only) {
    throw new TaskError(
      problem('restricted-workspace', 'the workspace is read-only: nobody can send messages', {
        mend: 'let the server reach collector.rocket.chat over https (its statistics report lifts the restriction), or give it a licence',
      }),
    )
  }
}

function agrees(wanted: Version, found: Version): boolean {
  return (
    wanted.major === found.major &&
    wanted.minor === found.minor &&
    (wanted.patch === undefined || found.patch === undefined || wanted.patch === found.patch)
  )
}
