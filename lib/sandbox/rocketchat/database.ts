import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Doc, Message, Permission, Role, Room, Setting, Subscription, Upload, User } from './documents.ts'

/** What a volume keeps: plain JSON, changed in place by the server that runs on it. */
export interface Database {
  /** The release that started on it last; absent on an empty volume. */
  version?: string
  installedAt?: string
  /** When the vendor's collector last answered a statistics report (rocketchat.md 10.2: it lifts the restriction). */
  reportedAt?: string
  users: User[]
  settings: { [id: string]: Setting }
  permissions: Permission[]
  roles: Role[]
  rooms: Room[]
  subscriptions: Subscription[]
  messages: Message[]
  uploads: Upload[]
  /** By user name. */
  avatars: { [username: string]: Upload }
  statistics: Doc[]
  instances: Doc[]
}

/** A volume on which no server has started yet. */
export function emptyDatabase(): Database {
  return {
    users: [],
    settings: {},
    permissions: [],
    roles: [],
    rooms: [],
    subscriptions: [],
    messages: [],
    uploads: [],
    avatars: {},
    statistics: [],
    instances: [],
  }
}

/** Reads a database that `saveDatabase` wrote; a file that does not exist is an empty one. Throws when it is not JSON. */
export async function loadDatabase(path: string): Promise<Database> {
  try {
    return { ...emptyDatabase(), ...(JSON.parse(await readFile(path, 'utf8')) as Partial<Database>) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyDatabase()
    throw error
  }
}

/** Writes the database as JSON, readable by its owner alone; the file changes in one step. */
export async function saveDatabase(database: Database, path: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  await writeFile(draft, JSON.stringify(database), { mode: 0o600 })
  await rename(draft, path)
}
