import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { plainProgram } from '../docker/plain-program.ts'
import type { ExecRequest, ExecResult, Program, ProgramContext, RunningProgram } from '../docker/program.ts'
import type { RocketChatDouble } from '../rocketchat/server.ts'
import type { ChatServers } from './chat-servers.ts'
import { type MongoUrl, readMongoUrl } from './mongo-url.ts'
import { nodeEval } from './node-eval.ts'
import { complaint, runningBanner } from './rocketchat-log.ts'
import { followScript, type Started } from './start-script.ts'

/** What a database server answers to a client that signs in; `folder` is where its data lie. */
export type MongoAnswer =
  | { readonly state: 'primary'; readonly version: string; readonly folder: string }
  | { readonly state: 'unreachable' | 'no-primary' | 'wrong-set' | 'refused' }

export interface RocketChatProgramOptions {
  readonly chats: ChatServers
  readonly mongo: (context: ProgramContext, url: MongoUrl) => Promise<MongoAnswer>
}

/** How long a start takes on a small server, and how long the driver looks for a primary (18.23 and 18.24 of the reference). */
const START_MS = 30_000
const SELECTION_MS = 30_000
const EVAL_PATIENCE_MS = 10_000

/** The database is kept on the disk at this distance behind, so that it survives what ends us without a word. */
const SAVE_MS = 250

/** What runs in containers of a Rocket.Chat image: the server's double on the database that its environment names. */
export function rocketChatProgram(options: RocketChatProgramOptions): Program {
  return {
    start: async (context) => {
      const started = await followScript(context, isServer)
      if ('code' in started) {
        // A command that is no server at all (`sleep`, `ls`) is a plain one; a start script that failed has said why.
        if (started.code === 0) return plainProgram.start(context)
        context.exit(started.code)
        return { ports: {}, stop: async () => started.code }
      }
      return run(context, started, options)
    },
  }
}

function isServer([program = '', ...args]: readonly string[]): boolean {
  return /^(?:.*\/)?node$/.test(program) && args.some((word) => /(?:^|\/)main\.js$/.test(word))
}

async function run(
  context: ProgramContext,
  { env }: Started,
  options: RocketChatProgramOptions,
): Promise<RunningProgram> {
  const ports: Record<number, number> = {}
  const port = Number(env.PORT ?? 3000)
  const ending = new AbortController()
  let stopServer: (() => Promise<void>) | undefined
  const life = (async () => {
    const found = await findPrimary(context, env, options, ending.signal)
    await wait(START_MS * context.pace, undefined, { signal: ending.signal })
    const { server, stop } = await startOn(context, env, found, options.chats)
    stopServer = stop
    if (ending.signal.aborted) return stop()
    ports[port] = server.port
    for (const line of runningBanner({ version: versionOf(context), mongo: found.version, env, port }))
      context.log(line)
  })()
  life.catch((error: unknown) => {
    if (ending.signal.aborted) return
    for (const line of complaint(error)) context.log(line, 'stderr')
    context.exit(1)
  })
  return {
    ports,
    stop: async (signal) => {
      ending.abort()
      await life.catch(() => undefined)
      await stopServer?.()
      return signal === 'SIGKILL' ? 137 : 0
    },
    exec: (request) => execute(context, request),
  }
}

type Primary = Extract<MongoAnswer, { state: 'primary' }> & { readonly url: MongoUrl }

/** Looks for the database's primary as the driver does; throws what the driver would throw when time is up. */
async function findPrimary(
  context: ProgramContext,
  env: Readonly<Record<string, string>>,
  options: RocketChatProgramOptions,
  signal: AbortSignal,
): Promise<Primary> {
  const url = readMongoUrl(env.MONGO_URL ?? '')
  if (url === undefined)
    throw new Error(
      `MongoParseError: Invalid scheme, expected connection string to start with "mongodb://" or "mongodb+srv://"`,
    )
  const until = Date.now() + SELECTION_MS * context.pace
  for (;;) {
    const answer = await options.mongo(context, url)
    if (answer.state === 'primary') return { ...answer, url }
    if (answer.state === 'refused') throw new Error('MongoServerError: Authentication failed.')
    if (Date.now() >= until) throw new Error(selectionError(answer.state, url))
    await wait(Math.max(5, 500 * context.pace), undefined, { signal })
  }
}

function selectionError(state: 'unreachable' | 'no-primary' | 'wrong-set', url: MongoUrl): string {
  if (state === 'unreachable') return `MongoServerSelectionError: getaddrinfo ENOTFOUND ${url.host}`
  if (state === 'wrong-set')
    return `MongoServerSelectionError: Server selection timed out after 30000 ms (no member of replica set ${url.replicaSet})`
  return 'MongoServerSelectionError: Server selection timed out after 30000 ms (not primary)'
}

async function startOn(
  context: ProgramContext,
  env: Readonly<Record<string, string>>,
  { folder, url }: Primary,
  chats: ChatServers,
): Promise<{ server: RocketChatDouble; stop: () => Promise<void> }> {
  const [{ startRocketChat }, { loadDatabase, saveDatabase }] = await Promise.all([
    import('../rocketchat/server.ts'),
    import('../rocketchat/database.ts'),
  ])
  // Beside the data of the database server, so that they live and die with its volume.
  const file = join(folder, 'rocketchat', `${encodeURIComponent(url.database)}.json`)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const database = await loadDatabase(file)
  const server = await startRocketChat({ version: versionOf(context), env, database })
  chats.add(server)
  let kept = ''
  let saving: Promise<void> = Promise.resolve()
  const save = () => {
    saving = saving.then(async () => {
      const now = createHash('sha1').update(JSON.stringify(database)).digest('hex')
      if (now === kept) return
      kept = now
      await saveDatabase(database, file)
    })
    return saving
  }
  await save()
  const timer = setInterval(() => void save().catch((error: unknown) => context.log(String(error), 'stderr')), SAVE_MS)
  timer.unref()
  return {
    server,
    stop: async () => {
      clearInterval(timer)
      chats.remove(server)
      await server.stop()
      await save()
    },
  }
}

/** The release that the image's tag names; for an image named by digest, what its label says. */
function versionOf(context: ProgramContext): string {
  const tag = /:(\d+\.\d+(?:\.\d+)?)[\w.-]*$/.exec(context.image)?.[1]
  const labelled = context.container.Config.Labels['org.opencontainers.image.version']
  const version = tag ?? (labelled !== undefined && /^\d/.test(labelled) ? labelled : '8.6.1')
  return version.split('.').length === 2 ? `${version}.0` : version
}

async function execute(context: ProgramContext, { cmd, env }: ExecRequest): Promise<ExecResult | undefined> {
  const [program = '', option, text] = cmd
  if (!/^(?:.*\/)?node$/.test(program)) return undefined
  if (option === '--version' || option === '-v') return { code: 0, stdout: 'v22.22.3\n' }
  if ((option === '-e' || option === '--eval') && text !== undefined) {
    return nodeEval(text, env, (host, port) => context.resolve(host, port), EVAL_PATIENCE_MS)
  }
  return { code: 1, stderr: `node: the sandbox runs "node -e" only, not "${cmd.slice(1).join(' ')}"\n` }
}
