import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { stringify } from './ejson.ts'
import { MongoRefusal } from './mongo-error.ts'
import { type Command, type Connection, type Document, type MongoServer, runOn, signIn } from './server.ts'

/** What a script's words act upon. */
export interface ShellState {
  /** Undefined when the shell has no connection (`--nodb`). */
  readonly server: MongoServer | undefined
  readonly connection: Connection
  database: string
  /** Milliseconds slept so far; the script does not wait, its clock does. */
  slept: number
  readonly out: (line: string) => void
  readonly stdin: Buffer
  readonly env: Readonly<Record<string, string>>
  /** The real path behind a path of the container. */
  readonly path: (inContainer: string) => string
}

/** Thrown by `quit()` and `exit()`. */
export class Quit extends Error {
  readonly code: number
  constructor(code: number) {
    super('quit')
    this.code = code
  }
}

/** A value as the shell shows it. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: 80, compact: 3, sorted: false })

const asCommand = (command: Command | string): Command => (typeof command === 'string' ? { [command]: 1 } : command)

/** Makes the words of a database: `db`, and everything `db.getSiblingDB()` gives. */
const databases = (state: ShellState) => {
  const run = (name: string, command: Command): Document => {
    if (state.server === undefined) throw new MongoRefusal(2, 'db is not connected: the shell was started with --nodb')
    // Documents are copied both ways, as over a wire: a script may change what it was given.
    const sent: Command = JSON.parse(JSON.stringify(command))
    return structuredClone(runOn(state.server, state.connection, name, sent))
  }
  const database = (name: string): object => {
    const collection = (of: string) =>
      new Proxy(
        {},
        {
          get: (_, word) => {
            if (typeof word !== 'string') return undefined
            if (word === 'getName') return () => of
            return () => {
              throw new Error(`the sandbox's mongosh keeps no documents: ${name}.${of}.${word}() is not imitated`)
            }
          },
        },
      )
    const words: Record<string, unknown> = {
      getName: () => name,
      getSiblingDB: (other: string) => database(other),
      getMongo: () => connectionWords,
      runCommand: (command: Command | string) => run(name, asCommand(command)),
      adminCommand: (command: Command | string) => run('admin', asCommand(command)),
      hello: () => run(name, { hello: 1 }),
      isMaster: () => run(name, { isMaster: 1 }),
      version: () => run(name, { buildInfo: 1 }).version,
      serverBuildInfo: () => run('admin', { buildInfo: 1 }),
      serverStatus: () => run('admin', { serverStatus: 1 }),
      stats: () => run(name, { dbStats: 1 }),
      auth: (first: string | { user: string; pwd: string }, second?: string) => {
        const user = typeof first === 'string' ? first : first.user
        const password = typeof first === 'string' ? (second ?? '') : first.pwd
        if (state.server === undefined) throw new MongoRefusal(2, 'db is not connected')
        state.connection.user = signIn(state.server, user, password, name)
        return { ok: 1 }
      },
      logout: () => {
        state.connection.user = undefined
        return { ok: 1 }
      },
      createUser: ({ user, ...rest }: { user: string }) => run(name, { createUser: user, ...rest }),
      updateUser: (user: string, rest: Command) => run(name, { updateUser: user, ...rest }),
      changeUserPassword: (user: string, pwd: string) => run(name, { updateUser: user, pwd }),
      dropUser: (user: string) => run(name, { dropUser: user }),
      grantRolesToUser: (user: string, roles: unknown) => run(name, { grantRolesToUser: user, roles }),
      revokeRolesFromUser: (user: string, roles: unknown) => run(name, { revokeRolesFromUser: user, roles }),
      getUser: (user: string) => {
        const { users } = run(name, { usersInfo: { user, db: name } })
        return (Array.isArray(users) ? users[0] : undefined) ?? null
      },
      getUsers: () => run(name, { usersInfo: 1 }),
      getCollection: collection,
      getCollectionNames: () => [],
      toString: () => name,
      [inspect.custom]: () => name,
    }
    return new Proxy(words, {
      get: (target, word) => {
        if (typeof word !== 'string' || word in target) return Reflect.get(target, word)
        return word === 'toJSON' || word === 'then' ? undefined : collection(word)
      },
    })
  }
  const connectionWords = {
    getDB: database,
    getDBs: () => run('admin', { listDatabases: 1 }),
    setReadPref: () => undefined,
  }
  return { run, database }
}

const replicaSetWords = (run: (name: string, command: Command) => Document) => {
  const config = () => run('admin', { replSetGetConfig: 1 }).config
  return {
    status: () => run('admin', { replSetGetStatus: 1 }),
    initiate: (wish: Command = {}) => run('admin', { replSetInitiate: wish }),
    conf: config,
    config,
    reconfig: (wish: Command, options: Command = {}) => run('admin', { replSetReconfig: wish, ...options }),
    hello: () => run('admin', { hello: 1 }),
    isMaster: () => run('admin', { isMaster: 1 }),
  }
}

const unavailable = (name: string): never => {
  throw new Error(`Cannot find module '${name}': the sandbox's mongosh has fs only`)
}

/** The names a script finds beside those of the language. */
export const shellGlobals = (state: ShellState): Record<string, unknown> => {
  const { run, database } = databases(state)
  const print = (...values: unknown[]) => state.out(values.map((value) => shown(value)).join(' '))
  const quit = (code = 0): never => {
    throw new Quit(Number(code))
  }
  const read = (file: number | string, how?: unknown): string | Buffer => {
    const content = file === 0 || file === '/dev/stdin' ? state.stdin : readFileSync(state.path(String(file)))
    return how === undefined ? content : content.toString('utf8')
  }
  return {
    rs: replicaSetWords(run),
    print,
    printjson: (value: unknown) => state.out(stringify(value, null, 2)),
    console: { log: print, info: print, warn: print, error: print },
    EJSON: { stringify, parse: (text: string) => JSON.parse(text) },
    sleep: (ms: number) => {
      state.slept += Number(ms)
    },
    quit,
    exit: quit,
    use: (name: string) => {
      state.database = name
      return `switched to db ${name}`
    },
    version: () => '2.5.8',
    process: { env: { ...state.env }, argv: ['mongosh'], exit: quit },
    require: (name: string) => (/^(?:node:)?fs$/.test(name) ? { readFileSync: read } : unavailable(name)),
    ObjectId: (hex = '000000000000000000000000') => ({ $oid: hex }),
    ISODate: (text?: string) => (text === undefined ? new Date() : new Date(text)),
    NumberInt: Number,
    NumberLong: Number,
    databaseNamed: database,
  }
}
