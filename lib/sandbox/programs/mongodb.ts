import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { plainProgram } from '../docker/plain-program.ts'
import type { ExecRequest, ExecResult, Program, ProgramContext, RunningProgram } from '../docker/program.ts'
import { findServer, mongodWords, ownNames, withoutEntrypoint } from '../mongodb/container.ts'
import { type MongoData, newUser, writeData } from '../mongodb/data.ts'
import { log } from '../mongodb/mongod-log.ts'
import { mongosh } from '../mongodb/mongosh.ts'
import { EarlyEnd, type Plan, prepare } from '../mongodb/prepare.ts'
import { ownCompatibility, releaseOfTag } from '../mongodb/release.ts'
import { announce, withdraw } from '../mongodb/running.ts'
import { type MongoServer, type ServerOptions, startServer } from '../mongodb/server.ts'
import { followScript } from './start-script.ts'

export interface MongodbProgramOptions {
  /** Whether the machine's processor has AVX; without it MongoDB 5 and later die at once with exit code 132. */
  readonly avx?: boolean
  /** Awaited before a server listens, and before the first account is made: a way to look at each state in peace. */
  readonly hold?: (before: 'first-account' | 'listening') => Promise<void>
}

/** How long things take on a small server, in milliseconds: until mongod listens, the making of the first account, an election. */
const START_MS = 1500
const ACCOUNT_MS = 1500
const ELECTION_MS = 1000

/**
 * What runs in containers of a MongoDB image: a server that keeps its accounts and its replica set in the folder of its data, and
 * `mongosh` to speak to it. As with the real images the first start on an empty volume with MONGO_INITDB_ROOT_… goes through a
 * temporary server that only the container itself reaches, has no replica set and has no account in its first moments.
 */
export const mongodbProgram = (options: MongodbProgramOptions = {}): Program => ({
  start: async (context) => {
    const isServer = mongodWords(context.argv) !== undefined
    const bare = isServer ? context : { ...context, argv: withoutEntrypoint(context.argv) }
    const started = await followScript(bare, (argv) => mongodWords(argv) !== undefined || isClient(argv))
    if ('code' in started) {
      if (started.code === 0 || started.code === 127) return plainProgram.start(bare)
      context.exit(started.code)
      return { ports: {}, stop: async () => started.code }
    }
    if (mongodWords(started.argv) === undefined) return runClient(context, started.argv)
    return run({ ...context, argv: started.argv, env: started.env }, options)
  },
})

const isClient = (argv: readonly string[]): boolean => argv.some((word) => /^(?:.*\/)?mongosh$/.test(word))

const runClient = (context: ProgramContext, argv: readonly string[]): RunningProgram => {
  const words = argv.slice(argv.findIndex((word) => /^(?:.*\/)?mongosh$/.test(word)) + 1)
  const done = shell(context, undefined, words, context.env, async () => Buffer.alloc(0))
  void done.then(({ code, stdout, stderr }) => {
    for (const [text, stream] of [[stdout, 'stdout'] as const, [stderr, 'stderr'] as const]) {
      for (const line of String(text ?? '').split('\n')) if (line !== '') context.log(line, stream)
    }
    context.exit(code)
  })
  return { ports: {}, stop: async () => 143 }
}

const shell = (
  context: ProgramContext,
  own: MongoServer | undefined,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: () => Promise<Buffer>,
): Promise<ExecResult> =>
  mongosh(words, { find: (host, port) => findServer(context, own, host, port), stdin, env, path: context.path })

/** The volume mounted over the data folder may hold other files (a foreign file system's lost+found, say). */
const isEmpty = (folder: string): boolean => {
  try {
    return readdirSync(folder).every((name) => name === 'lost+found')
  } catch {
    return true
  }
}

const run = async (context: ProgramContext, options: MongodbProgramOptions): Promise<RunningProgram> => {
  const ports: Record<number, number> = {}
  const ending = new AbortController()
  let own: MongoServer | undefined
  let listener: Server | undefined
  const pause = (ms: number) => wait(ms * context.pace, undefined, { signal: ending.signal, ref: false })
  const ended = new Promise<never>((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(new Error('the server is stopped')), { once: true })
  })
  ended.catch(() => undefined)
  const held = (before: 'first-account' | 'listening') => Promise.race([options.hold?.(before), ended])
  const up = async (plan: Plan, data: MongoData, wish: Partial<ServerOptions>, outside: boolean) => {
    own = startServer(
      {
        folder: plan.folder,
        release: plan.release,
        port: plan.call.port,
        replicaSet: plan.call.replicaSet,
        auth: plan.call.auth,
        electionMs: ELECTION_MS * context.pace,
        hostName: context.container.Config.Hostname,
        isMe: (host) => {
          const [name = '', port = '27017'] = host.split(':')
          return ownNames(context).has(name) && Number(port) === plan.call.port
        },
        ...wish,
      },
      data,
    )
    announce(plan.folder, own)
    const { port } = plan.call
    if (outside) {
      listener = await listen()
      ports[port] = (listener.address() as AddressInfo).port
    }
    log(context, 'NETWORK', 23_016, 'Waiting for connections', { port, ssl: 'off' })
    tellReplicaSet(context, own)
  }
  const down = async () => {
    if (own !== undefined) withdraw(own.options.folder)
    own = undefined
    for (const port of Object.keys(ports)) delete ports[Number(port)]
    const closing = listener
    listener = undefined
    if (closing !== undefined) await new Promise<void>((resolve) => closing.close(() => resolve()))
  }
  const life = async (): Promise<void> => {
    const plan = prepare(context, options.avx ?? true)
    log(context, 'CONTROL', 23_403, 'Build Info', { buildInfo: { version: plan.release } })
    await pause(START_MS)
    let data = plan.data ?? { featureCompatibility: ownCompatibility(plan.release), users: [] }
    if (plan.data === undefined && plan.account !== undefined && isEmpty(plan.folder)) {
      await held('listening')
      await up(plan, data, { replicaSet: undefined, auth: false }, false)
      await pause(ACCOUNT_MS)
      await held('first-account')
      const { user, password } = plan.account
      data = { ...data, users: [newUser(user, 'admin', password, [{ role: 'root', db: 'admin' }])] }
      writeData(plan.folder, data)
      await down()
      context.log('MongoDB init process complete; ready for start up.')
      await pause(START_MS)
    }
    await held('listening')
    await up(plan, data, {}, plan.call.bindAll)
  }
  const living = life().catch((problem: unknown) => {
    if (ending.signal.aborted) return
    const code = problem instanceof EarlyEnd ? problem.code : 1
    const text = problem instanceof Error ? problem.message : String(problem)
    if (text !== '') for (const line of text.split('\n')) context.log(line, 'stderr')
    context.exit(code)
  })
  return {
    ports,
    stop: async (signal) => {
      ending.abort()
      await living
      await down()
      if (signal !== 'SIGKILL') log(context, 'CONTROL', 23_138, 'Shutting down', { exitCode: 0 })
      return signal === 'SIGKILL' ? 137 : 0
    },
    exec: (request) => execute(context, own, request),
  }
}

/** Connections are taken and closed: clients of the double do not speak the wire protocol, but they may try the port. */
const listen = async (): Promise<Server> => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  return server
}

const tellReplicaSet = (context: ProgramContext, { options, data }: MongoServer): void => {
  if (options.replicaSet === undefined) return
  const found = data.replicaSet
  if (found === undefined) log(context, 'REPL', 21_311, 'Did not find local initialized voted for document at startup')
  else if (found._id !== options.replicaSet) {
    const error = `InvalidReplicaSetConfig: Local replica set configuration document reported a set name of ${found._id}; expected ${options.replicaSet}`
    log(
      context,
      'REPL',
      21_405,
      'Locally stored replica set configuration is invalid; see http://www.mongodb.org/dochub/core/recover-replica-set-from-invalid-config for information on how to recover from this',
      { error },
      'E',
    )
  } else if (!found.members.some(({ host }) => options.isMe(host))) {
    log(context, 'REPL', 21_394, 'This node is not a member of the config')
  }
}

const execute = async (
  context: ProgramContext,
  own: MongoServer | undefined,
  { cmd, env, stdin }: ExecRequest,
): Promise<ExecResult | undefined> => {
  const name = cmd[0]?.split('/').at(-1)
  if (name === 'mongosh') return shell(context, own, cmd.slice(1), env, stdin)
  if (name === 'mongod' && cmd.includes('--version')) {
    return { code: 0, stdout: `db version v${own?.options.release ?? releaseOfTag('')}\n` }
  }
  return undefined
}
