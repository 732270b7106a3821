import { type MongoUser, newUser, type RoleGrant } from './data.ts'
import { MongoRefusal } from './mongo-error.ts'
import { isPrimary } from './replica-set.ts'
import { roleExists } from './roles.ts'
import type { Command, CommandKind, Connection, Document, MongoServer } from './server.ts'

const mustTakeWrites = (server: MongoServer, connection: Connection): void => {
  if (!isPrimary(server, connection)) throw new MongoRefusal(10_107, 'not primary')
}

/** Roles as they may be written: `'read'` means the role of the same database. */
const rolesOf = (found: unknown, db: string): readonly RoleGrant[] => {
  if (!Array.isArray(found)) throw new MongoRefusal(2, '"roles" must be an array')
  return found.map((entry: unknown) => {
    const grant =
      typeof entry === 'object' && entry !== null && 'role' in entry && 'db' in entry
        ? { role: String(entry.role), db: String(entry.db) }
        : { role: String(entry), db }
    if (!roleExists(grant)) throw new MongoRefusal(31, `Could not find role: ${grant.role}@${grant.db}`)
    return grant
  })
}

const textOf = (command: Command, name: string): string => {
  const found = command[name]
  if (typeof found !== 'string' || found === '') throw new MongoRefusal(2, `"${name}" must not be empty`)
  return found
}

const indexOf = (server: MongoServer, user: string, db: string): number => {
  const index = server.data.users.findIndex((known) => known.user === user && known.db === db)
  if (index < 0) throw new MongoRefusal(11, `Could not find user "${user}" for db "${db}"`)
  return index
}

const shown = ({ user, db, roles }: MongoUser): Document => ({
  _id: `${db}.${user}`,
  userId: `${db}.${user}`,
  user,
  db,
  roles,
  mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'],
})

const change =
  (alter: (server: MongoServer, db: string, command: Command) => void): CommandKind['run'] =>
  (server, connection, db, command) => {
    mustTakeWrites(server, connection)
    alter(server, db, command)
    server.save()
    return {}
  }

/** The commands behind `db.createUser()` and its like. */
export const userCommands: Readonly<Record<string, CommandKind>> = {
  createUser: {
    privilege: 'users',
    localException: true,
    run: (server, connection, db, command) => {
      mustTakeWrites(server, connection)
      const user = textOf(command, 'createUser')
      if (server.data.users.some((known) => known.user === user && known.db === db)) {
        throw new MongoRefusal(51_003, `User "${user}@${db}" already exists`)
      }
      const pwd = textOf(command, 'pwd')
      server.data.users.push(newUser(user, db, pwd, rolesOf(command.roles, db)))
      server.save()
      return {}
    },
  },
  updateUser: {
    privilege: 'users',
    run: change((server, db, command) => {
      const user = textOf(command, 'updateUser')
      const index = indexOf(server, user, db)
      const before = server.data.users[index]
      if (before === undefined) return
      const roles = command.roles === undefined ? before.roles : rolesOf(command.roles, db)
      server.data.users[index] =
        command.pwd === undefined ? { ...before, roles } : newUser(user, db, textOf(command, 'pwd'), roles)
    }),
  },
  dropUser: {
    privilege: 'users',
    run: change((server, db, command) => {
      server.data.users.splice(indexOf(server, textOf(command, 'dropUser'), db), 1)
    }),
  },
  grantRolesToUser: {
    privilege: 'users',
    run: change((server, db, command) => {
      const index = indexOf(server, textOf(command, 'grantRolesToUser'), db)
      const before = server.data.users[index]
      if (before === undefined) return
      const more = rolesOf(command.roles, db).filter(
        ({ role, db: where }) => !before.roles.some((known) => known.role === role && known.db === where),
      )
      server.data.users[index] = { ...before, roles: [...before.roles, ...more] }
    }),
  },
  revokeRolesFromUser: {
    privilege: 'users',
    run: change((server, db, command) => {
      const index = indexOf(server, textOf(command, 'revokeRolesFromUser'), db)
      const before = server.data.users[index]
      if (before === undefined) return
      const gone = rolesOf(command.roles, db)
      server.data.users[index] = {
        ...before,
        roles: before.roles.filter(({ role, db: where }) => !gone.some((one) => one.role === role && one.db === where)),
      }
    }),
  },
  usersInfo: {
    privilege: 'users',
    run: (server, _connection, db, command) => {
      const wish = command.usersInfo
      const name = typeof wish === 'object' && wish !== null && 'user' in wish ? wish.user : wish
      const users = server.data.users.filter((known) => known.db === db && (name === 1 || known.user === name))
      return { users: users.map(shown) }
    },
  },
}
