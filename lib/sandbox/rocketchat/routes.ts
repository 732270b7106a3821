import type { Route } from './call.ts'
import { channelRoutes } from './channel-routes.ts'
import { chatRoutes } from './chat-routes.ts'
import { directRoutes } from './direct-routes.ts'
import { fileRoutes } from './file-routes.ts'
import { groupRoutes } from './group-routes.ts'
import { sessionRoutes } from './login.ts'
import { methodRoutes } from './method-routes.ts'
import { permissionRoutes } from './permission-routes.ts'
import { roleRoutes } from './role-routes.ts'
import { roomEditRoutes } from './room-edit-routes.ts'
import { settingRoutes } from './settings-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { userCreationRoutes } from './users-create.ts'
import { userManagementRoutes } from './users-manage.ts'
import { pictureRoutes } from './users-pictures.ts'
import { userReadingRoutes } from './users-read.ts'
import { securityRoutes } from './users-security.ts'
import { userUpdateRoutes } from './users-update.ts'
import { atLeast, type Version } from './version.ts'
import { workspaceRoutes } from './workspace-routes.ts'

const all: readonly Route[] = [
  ...sessionRoutes,
  ...settingRoutes,
  ...permissionRoutes,
  ...roleRoutes,
  ...tokenRoutes,
  ...userReadingRoutes,
  ...userCreationRoutes,
  ...userUpdateRoutes,
  ...userManagementRoutes,
  ...pictureRoutes,
  ...securityRoutes,
  ...channelRoutes,
  ...groupRoutes,
  ...roomEditRoutes,
  ...directRoutes,
  ...chatRoutes,
  ...fileRoutes,
  ...workspaceRoutes,
  ...methodRoutes,
]

/** What an address below /api/v1/ leads to: the routes by method, and what its parameters are. */
export interface Match {
  readonly routes: ReadonlyMap<string, Route>
  readonly params: Readonly<Record<string, string>>
}

/** The routes of one release, as a look-up by path. */
export function routesOf(version: Version): (path: string) => Match | undefined {
  const known = all.filter(({ releases: { from, before } = {} }) => {
    return (from === undefined || atLeast(version, from)) && (before === undefined || !atLeast(version, before))
  })
  const byPath = new Map<string, Map<string, Route>>()
  for (const route of known) {
    const methods = byPath.get(route.path) ?? new Map<string, Route>()
    byPath.set(route.path, methods.set(route.method, route))
  }
  const patterns = [...byPath]
    .filter(([path]) => path.includes(':'))
    .map(([path, routes]) => ({ ...pattern(path), routes }))
  return (path) => {
    const exact = byPath.get(path)
    if (exact) return { routes: exact, params: {} }
    for (const { test, names, routes } of patterns) {
      const found = test.exec(path)
      if (found)
        return {
          routes,
          params: Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1] ?? '')])),
        }
    }
    return undefined
  }
}

function pattern(path: string): { test: RegExp; names: readonly string[] } {
  const names = [...path.matchAll(/:([A-Za-z_]+)/g)].map((match) => match[1] ?? '')
  return { test: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:[A-Za-z_]+/g, '([^/]+)')}$`), names }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
