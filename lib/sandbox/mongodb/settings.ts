import { MongoRefusal } from './mongo-error.ts'
import { maySet } from './release.ts'
import type { CommandKind } from './server.ts'

/** Commands about the server itself. */
export const settingCommands: Readonly<Record<string, CommandKind>> = {
  ping: { privilege: undefined, run: () => ({}) },
  buildInfo: {
    privilege: undefined,
    run: ({ options }) => ({
      version: options.release,
      versionArray: [...options.release.split('.').map(Number), 0],
      modules: [],
      storageEngines: ['devnull', 'wiredTiger'],
    }),
  },
  connectionStatus: {
    privilege: undefined,
    run: (_server, { user }) => ({
      authInfo: {
        authenticatedUsers: user === undefined ? [] : [{ user: user.user, db: user.db }],
        authenticatedUserRoles: user?.roles ?? [],
      },
    }),
  },
  serverStatus: {
    privilege: 'monitoring',
    run: ({ options }) => ({
      version: options.release,
      process: 'mongod',
      storageEngine: { name: 'wiredTiger' },
      ...(options.replicaSet === undefined ? {} : { repl: { setName: options.replicaSet } }),
    }),
  },
  getCmdLineOpts: {
    privilege: 'monitoring',
    run: ({ options }) => ({
      parsed: {
        net: { port: options.port },
        ...(options.replicaSet === undefined ? {} : { replication: { replSet: options.replicaSet } }),
        security: options.auth ? { authorization: 'enabled' } : {},
        storage: { dbPath: '/data/db' },
      },
    }),
  },
  listDatabases: {
    privilege: 'monitoring',
    run: () => ({
      databases: ['admin', 'config', 'local'].map((name) => ({ name, sizeOnDisk: 40_960, empty: false })),
    }),
  },
  dbStats: {
    privilege: 'reading',
    run: (_server, _connection, db) => ({ db, collections: 0, objects: 0, dataSize: 0 }),
  },
  getParameter: {
    privilege: 'monitoring',
    run: ({ data }, _connection, _db, command) => {
      if (command.featureCompatibilityVersion === undefined) throw new MongoRefusal(72, 'no option found to get')
      return { featureCompatibilityVersion: { version: data.featureCompatibility } }
    },
  },
  setFeatureCompatibilityVersion: {
    privilege: 'replication',
    run: (server, _connection, _db, command) => {
      const wanted = String(command.setFeatureCompatibilityVersion)
      if (Number(server.options.release.split('.')[0]) >= 7 && command.confirm !== true) {
        throw new MongoRefusal(
          7_369_100,
          `Once you have upgraded to ${wanted}, you will not be able to downgrade FCV and binary version without support assistance. Please re-run this command with 'confirm: true' to acknowledge this and continue with the FCV upgrade.`,
        )
      }
      if (!maySet(server.options.release, wanted)) {
        throw new MongoRefusal(
          4_926_900,
          `Invalid feature compatibility version value '${wanted}'; expected a version this release can have`,
        )
      }
      server.data.featureCompatibility = wanted
      server.save()
      return {}
    },
  },
}
