import type { RoleGrant } from './data.ts'

/** What a command needs: access to users, to the replica set's setting, to figures about it, or to documents. */
export type Privilege = 'users' | 'replication' | 'monitoring' | 'reading' | 'writing' | 'anything'

const clusterRoles: Readonly<Record<string, readonly Privilege[]>> = {
  root: ['users', 'replication', 'monitoring', 'reading', 'writing', 'anything'],
  __system: ['users', 'replication', 'monitoring', 'reading', 'writing', 'anything'],
  clusterAdmin: ['replication', 'monitoring', 'anything'],
  clusterManager: ['replication', 'monitoring'],
  clusterMonitor: ['monitoring'],
  userAdminAnyDatabase: ['users'],
  readAnyDatabase: ['reading'],
  readWriteAnyDatabase: ['reading', 'writing'],
  dbAdminAnyDatabase: [],
  backup: ['monitoring', 'reading'],
  restore: ['users', 'writing'],
  hostManager: [],
}

const databaseRoles: Readonly<Record<string, readonly Privilege[]>> = {
  read: ['reading'],
  readWrite: ['reading', 'writing'],
  dbAdmin: [],
  userAdmin: ['users'],
  dbOwner: ['users', 'reading', 'writing'],
}

/** Whether a built-in role of that name exists in the database. */
export const roleExists = ({ role, db }: RoleGrant): boolean =>
  Object.hasOwn(databaseRoles, role) || (db === 'admin' && Object.hasOwn(clusterRoles, role))

/** Whether the roles give a privilege in a database. */
export const grants = (roles: readonly RoleGrant[], privilege: Privilege, db: string): boolean =>
  roles.some(
    (grant) =>
      (grant.db === 'admin' && clusterRoles[grant.role]?.includes(privilege)) ||
      (grant.db === db && databaseRoles[grant.role]?.includes(privilege)),
  )
