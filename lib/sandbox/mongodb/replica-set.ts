import type { ReplicaSetConfig, ReplicaSetMember } from './data.ts'
import { MongoRefusal } from './mongo-error.ts'
import type { Command, CommandKind, Connection, Document, MongoServer } from './server.ts'

const now = (connection: Connection): number => Date.now() + connection.ahead()

/** The member of the configuration that is this server. */
const self = ({ data, options }: MongoServer): ReplicaSetMember | undefined =>
  data.replicaSet?.members.find(({ host }) => options.isMe(host))

/** Whether the configuration on the disk is one this server can work with. */
const isValid = (server: MongoServer): boolean =>
  server.data.replicaSet?._id === server.options.replicaSet && self(server) !== undefined

/** Whether the server takes writes: always without replication, otherwise once it has won its election. */
export const isPrimary = (server: MongoServer, connection: Connection): boolean => {
  if (server.options.replicaSet === undefined) return true
  const { standsSince } = server
  const { data, options } = server
  // One member elects itself; several need a majority, which this server alone cannot give.
  if (!isValid(server) || data.replicaSet?.members.length !== 1 || standsSince === undefined) return false
  return now(connection) >= standsSince + options.electionMs
}

/** The answer to `hello`, which everybody may ask. */
export const hello = (server: MongoServer, connection: Connection): Document => {
  const { data, options } = server
  const limits = {
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(now(connection)),
    minWireVersion: 0,
    maxWireVersion: 25,
    readOnly: false,
  }
  const primary = isPrimary(server, connection)
  if (options.replicaSet === undefined) return { isWritablePrimary: true, ...limits }
  if (data.replicaSet === undefined || !isValid(server)) {
    return {
      isWritablePrimary: false,
      secondary: false,
      info: 'Does not have a valid replica set config',
      isreplicaset: true,
      ...limits,
    }
  }
  const me = self(server)?.host
  return {
    hosts: data.replicaSet.members.map(({ host }) => host),
    setName: data.replicaSet._id,
    setVersion: data.replicaSet.version,
    isWritablePrimary: primary,
    secondary: !primary,
    ...(primary ? { primary: me } : {}),
    me,
    ...limits,
  }
}

const mustReplicate = ({ options }: MongoServer): string => {
  if (options.replicaSet === undefined) throw new MongoRefusal(76, 'not running with --replSet')
  return options.replicaSet
}

const mustBeValid = (server: MongoServer): ReplicaSetConfig => {
  mustReplicate(server)
  if (server.data.replicaSet === undefined) throw new MongoRefusal(94, 'no replset config has been received')
  if (!isValid(server)) {
    throw new MongoRefusal(93, 'Our replica set config is invalid or we are not a member of it')
  }
  return server.data.replicaSet
}

const status = (server: MongoServer, connection: Connection): Document => {
  const config = mustBeValid(server)
  const primary = isPrimary(server, connection)
  return {
    set: config._id,
    date: new Date(now(connection)),
    myState: primary ? 1 : 2,
    term: primary ? 1 : 0,
    members: config.members.map((member) => {
      const isSelf = member === self(server)
      return {
        _id: member._id,
        name: member.host,
        health: isSelf ? 1 : 0,
        state: isSelf ? (primary ? 1 : 2) : 8,
        stateStr: isSelf ? (primary ? 'PRIMARY' : 'SECONDARY') : '(not reachable/healthy)',
        ...(isSelf ? { self: true } : {}),
      }
    }),
  }
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const membersOf = (found: unknown): readonly ReplicaSetMember[] => {
  if (!Array.isArray(found) || found.length === 0) {
    throw new MongoRefusal(93, 'Replica set configuration must contain at least one member')
  }
  return found.map((member: unknown, index) => {
    if (!isDocument(member) || typeof member.host !== 'string') {
      throw new MongoRefusal(93, `BSON field 'members.host' is missing but a required field`)
    }
    const host = member.host.includes(':') ? member.host : `${member.host}:27017`
    return { ...member, _id: typeof member._id === 'number' ? member._id : index, host }
  })
}

const configOf = (server: MongoServer, found: Document, version: number): ReplicaSetConfig => {
  const set = mustReplicate(server)
  const members = membersOf(found.members)
  if (!members.some(({ host }) => server.options.isMe(host))) {
    throw new MongoRefusal(
      74,
      `No host described in new configuration with {version: ${version}, term: 0} for replica set ${set} maps to this node`,
    )
  }
  return {
    protocolVersion: 1,
    writeConcernMajorityJournalDefault: true,
    ...found,
    _id: set,
    version,
    term: 1,
    members: members.map((member) => ({
      arbiterOnly: false,
      buildIndexes: true,
      hidden: false,
      priority: 1,
      tags: {},
      secondaryDelaySecs: 0,
      votes: 1,
      ...member,
    })),
    settings: {
      chainingAllowed: true,
      heartbeatIntervalMillis: 2000,
      electionTimeoutMillis: 10_000,
      ...settings(found),
    },
  }
}

const settings = (found: Document): Document => (isDocument(found.settings) ? found.settings : {})

const initiate = (server: MongoServer, connection: Connection, _db: string, command: Command): Document => {
  const set = mustReplicate(server)
  if (server.data.replicaSet !== undefined) throw new MongoRefusal(23, 'already initialized')
  const wish = command.replSetInitiate
  // Without a configuration the server makes one of its own, with a name that only its container knows.
  const given: Document =
    isDocument(wish) && Object.keys(wish).length > 0
      ? wish
      : { _id: set, members: [{ _id: 0, host: `${server.options.hostName}:${server.options.port}` }] }
  if (given._id !== set) {
    throw new MongoRefusal(
      93,
      `Rejecting initiate with a set name that differs from command line set name, initiate set name: ${String(given._id)}, command line set name: ${set}`,
    )
  }
  server.data.replicaSet = configOf(server, given, 1)
  server.standsSince = now(connection)
  server.save()
  return {}
}

const reconfigure = (server: MongoServer, connection: Connection, _db: string, command: Command): Document => {
  const set = mustReplicate(server)
  const before = server.data.replicaSet
  if (before === undefined) throw new MongoRefusal(94, 'no replset config has been received')
  const force = command.force === true
  if (!force && !isPrimary(server, connection)) {
    throw new MongoRefusal(
      10_107,
      'New config is rejected : replSetReconfig should only be run on a writable PRIMARY. Current state SECONDARY;',
    )
  }
  const wish = command.replSetReconfig
  if (!isDocument(wish)) throw new MongoRefusal(9, 'no configuration specified')
  if (wish._id !== set) {
    throw new MongoRefusal(
      103,
      `New and old configurations differ in replica set name. Old was ${set}, and new is ${String(wish._id)}`,
    )
  }
  const version = Number(wish.version)
  if (!force && !(version > before.version)) {
    throw new MongoRefusal(
      103,
      `New replica set configuration version must be greater than old, but ${version} is not greater than ${before.version} for replica set ${set}`,
    )
  }
  const wasValid = isValid(server)
  server.data.replicaSet = configOf(server, wish, Math.max(version || 0, before.version + 1))
  // A server that was not part of its set stands for election only now.
  if (!wasValid) server.standsSince = now(connection)
  server.save()
  return {}
}

/** The commands behind `rs.…`. */
export const replicaSetCommands: Readonly<Record<string, CommandKind>> = {
  replSetGetStatus: { privilege: 'monitoring', localException: true, run: status },
  replSetGetConfig: {
    privilege: 'monitoring',
    localException: true,
    run: (server) => {
      mustReplicate(server)
      if (server.data.replicaSet === undefined) throw new MongoRefusal(94, 'no replset config has been received')
      return { config: server.data.replicaSet }
    },
  },
  replSetInitiate: { privilege: 'replication', localException: true, run: initiate },
  replSetReconfig: { privilege: 'replication', localException: true, run: reconfigure },
}
