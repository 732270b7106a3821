import { arch, cpus, freemem, platform, release, totalmem } from 'node:os'
import { type Answer, json } from './answers.ts'
import type { Doc, User } from './documents.ts'
import { may, type ServerState } from './server-state.ts'

/** `GET /api/info`: major and minor for anybody, everything with `view-statistics`; never limited. */
export function infoAnswer(state: ServerState, user: User | undefined): Answer {
  const clients = { desktop: '3.9.6', mobile: '4.39.0' }
  const common = { minimumClientVersions: clients, cloudWorkspaceId: '', success: true }
  const [major, minor] = state.version
  if (!may(state, user, 'view-statistics')) return json(200, { version: `${major}.${minor}`, ...common })
  return json(200, { version: state.versionText, info: build(state), ...common })
}

function build(state: ServerState): Doc {
  return {
    version: state.versionText,
    build: {
      date: new Date(state.startedAt).toISOString(),
      nodeVersion: process.version,
      arch: arch(),
      platform: platform(),
      osRelease: release(),
      totalMemory: totalmem(),
      freeMemory: freemem(),
      cpus: cpus().length,
    },
    marketplaceApiVersion: '1.47.0-alpha',
    commit: {
      hash: '0'.repeat(40),
      date: new Date(state.startedAt).toISOString(),
      author: 'Rocket.Chat',
      subject: `Release ${state.versionText}`,
      branch: 'HEAD',
    },
  }
}
