import { type MongoData, type MongoUser, passwordFits, writeData } from './data.ts'
import { MongoRefusal } from './mongo-error.ts'
import { hello, replicaSetCommands } from './replica-set.ts'
import { grants, type Privilege } from './roles.ts'
import { settingCommands } from './settings.ts'
import { userCommands } from './users.ts'

export interface ServerOptions {
  /** Where the data lie. */
  readonly folder: string
  readonly release: string
  readonly port: number
  /** The name given by `--replSet`; undefined for a server without replication. */
  readonly replicaSet: string | undefined
  readonly auth: boolean
  /** How long an election takes, in milliseconds. */
  readonly electionMs: number
  /** The container's own host name, which a set gets that is initiated without a configuration. */
  readonly hostName: string
  /** Whether a host name of a replica set's member means this server. */
  readonly isMe: (host: string) => boolean
}

/** A document sent as a command: the command's name is its first key. */
export type Command = Readonly<Record<string, unknown>>
export type Document = Readonly<Record<string, unknown>>

/** A client's connection: whom it has signed in as, and whether it comes from the server's own machine. */
export interface Connection {
  readonly isLocal: boolean
  user: MongoUser | undefined
  /** Milliseconds by which the client's clock is ahead, because its sleeps are made up for later. */
  readonly ahead: () => number
}

export interface MongoServer {
  readonly options: ServerOptions
  readonly data: MongoData
  readonly save: () => void
  /** When this member begins to stand for election, on the clock of Date.now; undefined while it cannot. */
  standsSince: number | undefined
}

/** What a command does; `privilege` is what a client that has signed in must hold, `undefined` what everybody may. */
export interface CommandKind {
  readonly privilege: Privilege | undefined
  /** Whether a client on the same machine may use it while there are no users yet. */
  readonly localException?: boolean
  readonly run: (server: MongoServer, connection: Connection, db: string, command: Command) => Document
}

/** Starts a server on what a folder keeps. */
export const startServer = (options: ServerOptions, data: MongoData): MongoServer => {
  const server: MongoServer = {
    options,
    data,
    save: () => writeData(options.folder, data),
    standsSince: data.replicaSet === undefined ? undefined : Date.now(),
  }
  server.save()
  return server
}

/** The user that signs in so, or code 18. */
export const signIn = (server: MongoServer, user: string, password: string, db: string): MongoUser => {
  const found = server.data.users.find((known) => known.user === user && known.db === db)
  if (found === undefined || !passwordFits(found, password)) throw new MongoRefusal(18, 'Authentication failed.')
  return found
}

const commands: Readonly<Record<string, CommandKind>> = {
  hello: { privilege: undefined, run: hello },
  isMaster: { privilege: undefined, run: hello },
  ismaster: { privilege: undefined, run: hello },
  ...replicaSetCommands,
  ...userCommands,
  ...settingCommands,
}

const authorize = (server: MongoServer, connection: Connection, db: string, name: string, kind: CommandKind): void => {
  if (!server.options.auth || kind.privilege === undefined) return
  if (connection.isLocal && server.data.users.length === 0 && kind.localException) return
  // The account's record may have changed since it signed in.
  const user = server.data.users.find(({ user, db }) => user === connection.user?.user && db === connection.user.db)
  if (user === undefined) throw new MongoRefusal(13, `Command ${name} requires authentication`)
  if (!grants(user.roles, kind.privilege, db)) {
    throw new MongoRefusal(13, `not authorized on ${db} to execute command { ${name}: 1, $db: "${db}" }`)
  }
}

/** Runs a command. Throws MongoRefusal with the server's code and words. */
export const runOn = (server: MongoServer, connection: Connection, db: string, command: Command): Document => {
  const name = Object.keys(command)[0] ?? ''
  const kind = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (kind === undefined) throw new MongoRefusal(59, `no such command: '${name}'`)
  authorize(server, connection, db, name, kind)
  return { ...kind.run(server, connection, db, command), ok: 1 }
}
