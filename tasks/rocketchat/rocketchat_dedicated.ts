import { unreadable } from '../../lib/rocketchat/server-settings.ts'
import { tokenSecret } from '../../lib/rocketchat/session.ts'
import { isMapping, problem, Secret, s, TaskError, task } from '../../lib/task.ts'

interface State {
  /** A token of ours exists: we have configured this server before. */
  readonly ours: boolean
  readonly findings: readonly string[]
}

interface Statistics {
  readonly totalUsers?: number
  readonly totalMessages?: number
  readonly totalRooms?: number
  readonly totalDirect?: number
  readonly totalPrivateGroups?: number
}

interface Person {
  readonly _id?: string
  readonly username?: string
  readonly type?: string
  readonly roles?: readonly string[]
}

export default task({
  summary:
    'The server serves nobody else: it is fresh, was configured by this inventory before, or is adopted knowingly.',
  args: s.args({
    adopt: s
      .boolean(
        'The server is in use and shall be taken over all the same: the rights of its roles are rewritten for everybody; default false.',
      )
      .default(false),
  }),
  examples: ['rocketchat_dedicated: { adopt: "{{ rocketchat_adopt | default(false) }}" }'],

  probe: ({ adopt }, context) => {
    const kept = context.variable('secrets')
    if (adopt || (isMapping(kept) && kept[tokenSecret] instanceof Secret))
      return { ask: [], read: () => ({ ours: true, findings: [] }) }
    return {
      // Without `refresh` the numbers are those of the last start (rocketchat.md 18.16).
      ask: [
        { on: 'api', path: '/api/v1/statistics?refresh=true' },
        { on: 'api', path: '/api/v1/users.list?count=20' },
        { on: 'api', path: '/api/v1/me' },
      ],
      read: ([statistics, list, me]): State => {
        if (statistics?.ok !== true) throw unreadable('the statistics', statistics)
        const users = (list?.json as { users?: readonly Person[] } | undefined)?.users
        if (users === undefined) throw unreadable('the accounts', list)
        const own = (me?.json as { _id?: string } | undefined)?._id
        return { ours: false, findings: findings(statistics.json as Statistics, users, own) }
      },
    }
  },

  diff: ({ adopt }, { ours, findings }) => {
    if (ours || adopt || findings.length === 0) return []
    throw new TaskError(
      problem('server-in-use', 'this Rocket.Chat already serves others', {
        detail: findings.join('\n'),
        mend: 'use a server of its own for Ametys; if this one is yours to take over, set rocketchat_adopt: true for this host',
      }),
    )
  },
})

/** A fresh server has its administrator, the bot rocket.cat, and one channel without messages (rocketchat.md 18.16). */
function findings(statistics: Statistics, users: readonly Person[], own: string | undefined): readonly string[] {
  const others = users.filter((one) => one._id !== own && one.type !== 'bot' && one.type !== 'app')
  const admins = others.filter((one) => one.roles?.includes('admin'))
  const { totalMessages = 0, totalRooms = 0, totalDirect = 0 } = statistics
  return [
    ...(others.length > 0
      ? [`accounts besides the administrator: ${others.map((one) => one.username ?? one._id).join(', ')}`]
      : []),
    ...(admins.length > 0
      ? [`administrators that this inventory does not know: ${admins.map((one) => one.username ?? one._id).join(', ')}`]
      : []),
    ...(totalMessages > 0 ? [`messages: ${totalMessages}`] : []),
    ...(totalRooms > 1 ? [`rooms: ${totalRooms}, ${totalDirect} of them direct conversations`] : []),
  ]
}
