import { unreadable } from '../../lib/rocketchat/server-settings.ts'
import { mePath, tokenUserSecret } from '../../lib/rocketchat/session.ts'
import {
  type Answer,
  type Context,
  isMapping,
  problem,
  type Query,
  Secret,
  s,
  TaskError,
  task,
} from '../../lib/task.ts'

interface State {
  /** Why the server is not for Ametys alone; nothing when it is fresh or was configured from here before. */
  readonly findings: readonly string[]
}

interface Statistics {
  readonly totalUsers?: number
  readonly totalMessages?: number
  readonly totalRooms?: number
  readonly totalDirect?: number
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
    if (adopt) return { ask: [], read: () => ({ findings: [] }) }
    const kept = keptUser(context)
    if (kept === undefined) {
      return {
        // Without `refresh` the numbers are those of the last start (rocketchat.md 18.16).
        ask: [me, accounts, { on: 'api', path: '/api/v1/statistics?refresh=true' }],
        read: ([me, list, statistics]): State => {
          if (statistics?.ok !== true) throw unreadable('the statistics', statistics)
          const seen = statistics.json as Statistics
          return { findings: [...accountFindings(usersOf(list), idOf(me)), ...roomFindings(seen)] }
        },
      }
    }
    return {
      ask: [me, accounts],
      // Ids are drawn at random by each server: the kept one of the account that signs in means that this is the same server.
      read: ([me, list]): State => {
        const own = idOf(me)
        return { findings: kept.matches((id) => id === own) ? [] : accountFindings(usersOf(list), own) }
      },
    }
  },

  diff: (_args, { findings }) => {
    if (findings.length === 0) return []
    throw new TaskError(
      problem('server-in-use', 'this Rocket.Chat already serves others', {
        detail: findings.join('\n'),
        mend: 'use a server of its own for Ametys; if this one is yours to take over, or was configured from here and the secrets beside the inventory are lost, set rocketchat_adopt: true for this host',
      }),
    )
  },
})

const me: Query = { on: 'api', path: mePath }
const accounts: Query = { on: 'api', path: '/api/v1/users.list?count=20' }

/** The id of the administrator that a run before this one kept beside the inventory. */
function keptUser(context: Context): Secret | undefined {
  const kept = context.variable('secrets')
  const id = isMapping(kept) ? kept[tokenUserSecret] : undefined
  return id instanceof Secret ? id : undefined
}

function idOf(answer: Answer | undefined): string | undefined {
  return (answer?.json as { _id?: string } | undefined)?._id
}

function usersOf(answer: Answer | undefined): readonly Person[] {
  const users = (answer?.json as { users?: readonly Person[] } | undefined)?.users
  if (users === undefined) throw unreadable('the accounts', answer)
  return users
}

/** A fresh server has its administrator and the bot rocket.cat (rocketchat.md 18.16). */
function accountFindings(users: readonly Person[], own: string | undefined): readonly string[] {
  const others = users.filter((one) => one._id !== own && one.type !== 'bot' && one.type !== 'app')
  const admins = others.filter((one) => one.roles?.includes('admin'))
  const names = (people: readonly Person[]) => people.map((one) => one.username ?? one._id).join(', ')
  return [
    ...(others.length > 0 ? [`accounts besides the administrator: ${names(others)}`] : []),
    ...(admins.length > 0 ? [`administrators that this inventory does not know: ${names(admins)}`] : []),
  ]
}

/** A fresh server has one channel without messages (rocketchat.md 18.16). */
function roomFindings({ totalMessages = 0, totalRooms = 0, totalDirect = 0 }: Statistics): readonly string[] {
  return [
    ...(totalMessages > 0 ? [`messages: ${totalMessages}`] : []),
    ...(totalRooms > 1 ? [`rooms: ${totalRooms}, ${totalDirect} of them direct conversations`] : []),
  ]
}
