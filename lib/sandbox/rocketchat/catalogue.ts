import { readFileSync } from 'node:fs'
import type { Doc, Role } from './documents.ts'
import { atLeast, type Version } from './version.ts'

/** A setting as a release ships it. */
export interface Shipped {
  readonly _id: string
  readonly type: string
  readonly group?: string
  readonly section?: string
  readonly public?: boolean
  readonly hidden?: boolean
  readonly enterprise?: boolean
  readonly modules?: readonly string[]
  readonly invalidValue?: unknown
  readonly value?: unknown
  /** Length of a text that the catalogue does not carry. */
  readonly valueLength?: number
}

/** What a release puts into an empty database. */
export interface Catalogue {
  readonly settings: ReadonlyMap<string, Shipped>
  readonly permissions: ReadonlyMap<string, readonly string[]>
  readonly roles: readonly Omit<Role, '_updatedAt'>[]
}

/** Permissions that the releases between two catalogues no longer have (rocketchat.md 12.4). */
const withdrawn: readonly (readonly [from: string, permission: string])[] = [['7.0', 'view-history']]

/** The lists of the real server follow the order of creation; the catalogue files are sorted by name. */
const firstPermissions = ['access-permissions', 'access-marketplace', 'access-setting-permissions']
const roleOrder = 'admin moderator leader owner user bot app guest anonymous livechat-agent livechat-manager'.split(' ')

const folder = new URL('../../rocketchat/catalogue/', import.meta.url)
const loaded = new Map<string, Catalogue>()

/**
 * What a release ships: read from the catalogue files once, on first use. There are two: 6.14, which also stands for the
 * releases before 8.0 (with what 7.0 withdrew), and 8.6.1 for all later ones.
 */
export function catalogueOf(version: Version): Catalogue {
  const source = atLeast(version, '8.0') ? '8.6.1' : '6.14'
  const gone = withdrawn.filter(([from]) => atLeast(version, from)).map(([, permission]) => permission)
  const key = [source, ...gone].join(' ')
  const known = loaded.get(key) ?? readCatalogue(source, gone)
  loaded.set(key, known)
  return known
}

function readCatalogue(source: string, gone: readonly string[]): Catalogue {
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}-${source}.json`, folder), 'utf8'))
  const settings = (read('settings') as Shipped[]).map((setting) => [setting._id, withText(setting)] as const)
  const permissions = read('permissions') as { [id: string]: string[] }
  const roles = read('roles') as (Role & Doc)[]
  const names = [...firstPermissions, ...Object.keys(permissions).filter((id) => !firstPermissions.includes(id))]
  const place = (id: string) => (roleOrder.includes(id) ? roleOrder.indexOf(id) : roleOrder.length)
  return {
    settings: new Map(settings),
    permissions: new Map(names.filter((id) => !gone.includes(id)).map((id) => [id, permissions[id] ?? []])),
    roles: roles.map(({ _updatedAt, ...role }) => role).sort((a, b) => place(a._id) - place(b._id)),
  }
}

/** Long default texts are not in the catalogue: a stand-in of the same length takes their place. */
function withText(setting: Shipped): Shipped {
  if (setting.valueLength === undefined) return setting
  return { ...setting, value: 'Default text. '.repeat(setting.valueLength / 14 + 1).slice(0, setting.valueLength) }
}
