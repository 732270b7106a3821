import type { Context, Io } from '../../lib/core/module.ts'
import type { Value } from '../../lib/core/plain.ts'
import type { Answer, Query } from '../../lib/core/query.ts'
import type { Secret } from '../../lib/core/secret.ts'
import { emptyDatabase } from '../../lib/sandbox/rocketchat/database.ts'
import { type RocketChatDouble, startRocketChat } from '../../lib/sandbox/rocketchat/server.ts'
import { openClient } from './chat-server.ts'
import { admin, adminEnv } from './configure.ts'
import { fakeIo } from './io.ts'
import type { World } from './task.ts'

/** A world whose chat is a double, asked with the real client. */
export interface ChatWorld extends World {
  readonly server: RocketChatDouble
  /** What the task may know: `secrets` are those of the store. */
  readonly context: Context
  readonly secrets: ReadonlyMap<string, Secret>
  later(minutes: number): void
  close(): Promise<void>
}

/** Starts a double of that release; its administrator is older than the grace period of the second factor. */
export async function chatWorld(
  version: string,
  env: { readonly [name: string]: string } = adminEnv,
): Promise<ChatWorld> {
  let time = Date.parse('2026-11-22T09:00:00.000Z')
  const server = await startRocketChat({ version, env, database: emptyDatabase(), egress: true, now: () => time })
  time += 40 * 60_000
  const variables = {
    rocketchat_admin_username: admin.name,
    rocketchat_admin_password: admin.password,
    rocketchat_version: version,
  }
  const { api, store } = openClient(server.url, { variables })
  const secrets = new Map<string, Secret>()
  const io: Io = {
    ...fakeIo(),
    api,
    store: {
      ...store,
      set: async (name, value) => {
        secrets.set(name, value)
        await store.set(name, value)
      },
    },
  }
  const one = async (query: Query): Promise<Answer> => {
    if (query.on === 'api') return api.get(query.path, query.as ?? 'session')
    if (query.on !== 'store') throw new Error(`this world has no ${query.on}`)
    const secret = await store.get(query.name)
    return { ok: secret !== undefined, code: secret ? 0 : 1, text: '', errors: '', ...(secret && { secret }) }
  }
  return {
    server,
    secrets,
    io,
    ask: (queries) => Promise.all(queries.map(one)),
    context: {
      host: 'chat.example.org',
      variable: (name): Value | undefined =>
        name === 'secrets' ? Object.fromEntries(secrets) : (variables as { [name: string]: Value })[name],
    },
    later: (minutes) => {
      time += minutes * 60_000
    },
    async close() {
      await api.close()
      await server.stop()
    },
  }
}

/** Works in such a world for each of the releases that differ most; the world is closed afterwards. */
export const releases = ['6.14.0', '7.2.0', '8.6.1'] as const

export async function inWorld(version: string, work: (world: ChatWorld) => Promise<void>): Promise<void> {
  const world = await chatWorld(version)
  try {
    await work(world)
  } finally {
    await world.close()
  }
}
