import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Context, createContext, Script } from 'node:vm'
import type { ExecResult } from '../docker/program.ts'
import type { MongoUrl } from '../programs/mongo-url.ts'
import { stringify } from './ejson.ts'
import { MongoRefusal } from './mongo-error.ts'
import { type MongoshCall, readArguments } from './mongosh-arguments.ts'
import { Quit, type ShellState, shellGlobals, shown } from './mongosh-globals.ts'
import { isPrimary } from './replica-set.ts'
import { type MongoServer, signIn } from './server.ts'

/** What the shell finds around it. */
export interface MongoshWorld {
  /** The server that listens at an address, as the container reaches it, and whether that is its own machine. */
  readonly find: (host: string, port: number) => { readonly server: MongoServer; readonly isLocal: boolean } | undefined
  readonly stdin: () => Promise<Buffer>
  readonly env: Readonly<Record<string, string>>
  readonly path: (inContainer: string) => string
}

/** A script that computes longer than this without a pause will not come to an end. */
const longestScript = 5000

/** Comes before each script: its clock runs ahead by what it has slept, and errors are of its own realm. */
const prelude = `
globalThis.MongoServerError = class MongoServerError extends Error {
  constructor({ message, code, codeName }) { super(message); this.name = 'MongoServerError'; this.code = code; this.codeName = codeName }
};
{
  const RealDate = Date;
  const ahead = globalThis.__ahead; delete globalThis.__ahead;
  globalThis.Date = class Date extends RealDate {
    constructor(...args) { if (args.length === 0) super(RealDate.now() + ahead()); else super(...args) }
    static now() { return RealDate.now() + ahead() }
  };
  const wrap = globalThis.__wrap; delete globalThis.__wrap;
  const make = (info) => new MongoServerError(info);
  const database = wrap(make, globalThis.databaseNamed); delete globalThis.databaseNamed;
  const name = globalThis.__name; delete globalThis.__name;
  Object.defineProperty(globalThis, 'db', { get: () => database(name()), set: () => {}, configurable: true });
  globalThis.rs = wrap(make, globalThis.rs);
}`

type Maker = (info: MongoRefusal) => unknown

/** Makes every function below a value throw the script's own errors instead of ours. */
const wrap = (make: Maker, value: unknown): unknown => {
  if (typeof value === 'function') {
    return (...args: unknown[]): unknown => {
      try {
        return wrap(make, Reflect.apply(value, undefined, args))
      } catch (problem) {
        throw problem instanceof MongoRefusal ? make(problem) : problem
      }
    }
  }
  if (typeof value === 'object' && value !== null && isWords(value)) {
    return new Proxy(value, { get: (target, word) => wrap(make, Reflect.get(target, word)) })
  }
  return value
}

/** Objects full of functions (a database, `rs`), as opposed to documents. */
const isWords = (value: object): boolean => Object.values(value).some((inner) => typeof inner === 'function')

const open = (state: ShellState): Context => {
  const context = createContext({
    ...shellGlobals(state),
    __ahead: () => state.slept,
    __wrap: wrap,
    __name: () => state.database,
  })
  new Script(prelude).runInContext(context)
  return context
}

const evaluate = (context: Context, text: string): unknown =>
  new Script(text, { filename: 'mongosh' }).runInContext(context, { timeout: longestScript })

/** An error as the shell prints it: name, code name of the server, message. */
export const errorLine = (problem: unknown): string => {
  if (typeof problem !== 'object' || problem === null || !('message' in problem)) return `Error: ${String(problem)}`
  const name = 'name' in problem && problem.name !== 'Error' ? String(problem.name) : 'Error'
  if (problem instanceof MongoRefusal) return `MongoServerError[${problem.codeName}]: ${problem.message}`
  const code = 'codeName' in problem && problem.codeName !== undefined ? `[${String(problem.codeName)}]` : ''
  return `${name}${code}: ${String(problem.message)}`
}

const connect = (world: MongoshWorld, target: MongoUrl) => {
  const found = world.find(target.host, target.port)
  if (found === undefined) {
    const known = /^(?:localhost|127\.|\[?::1)/.test(target.host)
    throw new Error(
      known
        ? `MongoNetworkError: connect ECONNREFUSED ${target.host.replace('localhost', '127.0.0.1')}:${target.port}`
        : `MongoNetworkError: getaddrinfo ENOTFOUND ${target.host}`,
    )
  }
  const { server, isLocal } = found
  const connection = { isLocal, user: undefined, ahead: () => 0 }
  if (
    target.replicaSet !== undefined &&
    (server.data.replicaSet?._id !== target.replicaSet || !isPrimary(server, connection))
  ) {
    throw new Error('MongoServerSelectionError: Server selection timed out after 30000 ms')
  }
  const user =
    target.user === undefined ? undefined : signIn(server, target.user, target.password ?? '', target.authSource)
  return { server, isLocal, user }
}

const openState = (world: MongoshWorld, call: MongoshCall, stdin: Buffer, out: (line: string) => void): ShellState => {
  const link = call.offline ? undefined : connect(world, call.target)
  const state: ShellState = {
    server: link?.server,
    connection: { isLocal: link?.isLocal ?? false, user: link?.user, ahead: () => state.slept },
    database: call.target.database,
    slept: 0,
    out,
    stdin,
    env: world.env,
    path: world.path,
  }
  return state
}

/** What is typed line by line: a statement may span lines, `use x` and `exit` are words of the shell. */
const interact = (state: ShellState, context: Context, text: string): void => {
  const { server, connection } = state
  const prompt = (): string => {
    if (server?.options.replicaSet === undefined) return `${state.database}> `
    const role = isPrimary(server, connection) ? 'primary' : 'other'
    return `${server.options.replicaSet} [direct: ${role}] ${state.database}> `
  }
  let pending = ''
  let said = prompt()
  for (const line of text.split('\n')) {
    const whole = pending === '' ? line : `${pending}\n${line}`
    if (whole.trim() === '') continue
    if (/^\s*(?:exit|quit)\s*;?\s*$/.test(whole)) break
    const use = /^\s*use\s+([\w-]+)\s*;?\s*$/.exec(whole)
    try {
      const value = evaluate(context, use === null ? whole : `use(${JSON.stringify(use[1])})`)
      pending = ''
      state.out(said + (value === undefined ? '' : shown(value)))
    } catch (problem) {
      if (problem instanceof Quit) throw problem
      if (problem instanceof SyntaxError && /Unexpected end of input|Unterminated/.test(problem.message)) {
        pending = whole
        continue
      }
      pending = ''
      // A mistake does not end the conversation.
      state.out(said + errorLine(problem))
    }
    said = prompt()
  }
  state.out(said)
}

/**
 * Runs a mongosh command line: `--eval`, script files, or statements on the standard input. A script's `sleep` costs no time while it
 * runs; the whole pause is made up for before the result is handed over, so nothing else in the process is held up.
 */
export const mongosh = async (words: readonly string[], world: MongoshWorld): Promise<ExecResult> => {
  const lines: string[] = []
  let state: ShellState | undefined
  const finish = async (code: number, stderr = ''): Promise<ExecResult> => {
    if (state !== undefined && state.slept > 0) await wait(state.slept, undefined, { ref: false })
    return { code, stdout: lines.map((line) => `${line}\n`).join(''), stderr: stderr === '' ? '' : `${stderr}\n` }
  }
  try {
    const call = readArguments(words)
    if (call.version) return { code: 0, stdout: '2.5.8\n' }
    const typed = call.evals.length === 0 && call.files.length === 0
    const asksInput =
      typed || call.files.includes('/dev/stdin') || call.evals.some((text) => /readFileSync|stdin/.test(text))
    const stdin = asksInput ? await world.stdin() : Buffer.alloc(0)
    state = openState(world, call, stdin, (line) => void lines.push(line))
    const context = open(state)
    for (const file of call.files) {
      evaluate(context, file === '/dev/stdin' ? stdin.toString('utf8') : readFileSync(world.path(file), 'utf8'))
    }
    let last: unknown
    for (const text of call.evals) last = evaluate(context, text)
    if (call.evals.length > 0 && last !== undefined) lines.push(call.json ? stringify(last, null, 2) : shown(last))
    if (typed) interact(state, context, stdin.toString('utf8'))
    return await finish(0)
  } catch (problem) {
    return problem instanceof Quit
      ? finish(problem.code)
      : finish(1, errorLine(problem).replace(/^Error: (?=Mongo)/, ''))
  }
}
