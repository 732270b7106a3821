import { problem, TaskError } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import type { Answer, Query } from '../core/query.ts'
import { shortened } from '../core/text.ts'
import { parseVersion, type Version, versionText } from './version.ts'

export interface Listed {
  readonly _id: string
  readonly value: Value
}

/** All settings of a server that the API shows. */
export interface ServerSettings {
  readonly version: Version
  readonly name: string
  readonly values: ReadonlyMap<string, unknown>
}

/** One read of everything: 878 settings in one answer (rocketchat.md 18.9), and the full version, which needs a login. */
export const settingsQueries: readonly Query[] = [
  { on: 'api', path: '/api/v1/settings?count=0' },
  { on: 'api', path: '/api/info' },
]

export function readSettings([settings, info]: readonly Answer[]): ServerSettings {
  const listed = (settings?.json as { settings?: readonly Listed[] } | undefined)?.settings
  if (settings?.ok !== true || listed === undefined || listed.length === 0) throw unreadable('the settings', settings)
  const version = readVersion(info)
  return { version, name: versionText(version), values: new Map(listed.map(({ _id, value }) => [_id, value])) }
}

export function readVersion(info: Answer | undefined): Version {
  const text = (info?.json as { version?: unknown } | undefined)?.version
  const version = typeof text === 'string' ? parseVersion(text) : undefined
  if (version === undefined) throw unreadable('the version', info)
  return version
}

/** An answer that should have been there: what was asked, what came, what it may mean. */
export function unreadable(what: string, answer: Answer | undefined): TaskError {
  const forbidden = answer?.code === 403
  return new TaskError(
    problem(
      'api-unreadable',
      `${what} cannot be read from the server: ${answer === undefined || answer.code < 0 ? 'no answer' : `status ${answer.code}`}`,
      {
        detail: answer && shortened(answer.text, 300),
        mend: forbidden
          ? 'the account that signs in needs the role admin'
          : 'an empty list means that the server came up with an empty database',
      },
    ),
  )
}
