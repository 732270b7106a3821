import type { Connection, Output, Rider } from '../core/connection.ts'
import { ConnectError, problem, ToolError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import type { HttpRequest } from '../core/http.ts'
import type { Answer, Query } from '../core/query.ts'
import type { Store } from '../core/store.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { type Asked, keyOf, type ShellQuery } from './asked.ts'
import { jointly, type Waiting } from './jointly.ts'
import type { Aboard } from './riding.ts'
import type { ApiLink, DockerLink, Services, ShellAnswer } from './services.ts'

const riding = whenNeeded<typeof import('./riding.ts')>('./riding.ts', import.meta.url)

/** Milliseconds after which a batch of questions is given up. */
const askTimeout = 120_000

/** Milliseconds that a batch may take. */
const patienceOf = (queries: readonly ShellQuery[]): number =>
  Math.max(askTimeout, ...queries.map(({ patience = 0 }) => patience))

/** Milliseconds for a question that brings a file along. */
const uploadTimeout = 1_800_000

/** Where the questions of one host go. */
export interface Transports {
  readonly host: string
  connection(): Promise<Connection>
  docker(become: Become | undefined): Promise<DockerLink>
  api(): ApiLink
  observe(name: string, input: { readonly [key: string]: unknown }, from: 'host' | undefined): Promise<Answer>
  readonly store: Store
  readonly services: Services
  readonly signal: AbortSignal
}

/**
 * What is known of one host: equal questions are asked once, all shell questions of one `ask` travel in one batch per
 * account, and everything is forgotten when something was applied. An answer may still be under way; who needs it
 * waits for it alone.
 */
export class Answers {
  #known = new Map<string, Promise<Answer>>()
  /** How many times everything was forgotten. */
  forgotten = 0
  /** Changes that are under way, and how many have been begun. */
  readonly #changes = { underWay: 0, begun: 0 }
  readonly #transports: Transports

  constructor(transports: Transports) {
    this.#transports = transports
  }

  forget(): void {
    this.#known = new Map()
    this.forgotten++
  }

  /**
   * Does something after which answers may not hold any more: what is known before is forgotten. `aboard` gives questions that
   * ride on it, when `work` can take them along; their answers are known then, unless it fails or something else is
   * done meanwhile.
   */
  async changing<T>(work: (rider: Rider | undefined) => Promise<T>, aboard?: Aboard): Promise<T> {
    const changes = this.#changes
    this.forget()
    changes.underWay++
    const turn = ++changes.begun
    let ridden = false
    try {
      const rider = aboard && (await this.#rider(aboard, () => (ridden = true)))
      const done = await work(rider)
      if (!ridden || changes.underWay > 1 || turn !== changes.begun) this.forget()
      return done
    } catch (error) {
      this.forget()
      throw error
    } finally {
      changes.underWay--
    }
  }

  async #rider({ become, questions }: Aboard, onTaken: () => void): Promise<Rider | undefined> {
    const fit = riding().fitting(await questions(), become)
    if (fit.size === 0) return undefined
    const queries = [...fit.values()]
    const { script, read } = await this.#transports.services.riding(queries.map((one) => one.script))
    const known = this.#known
    const taken = (output: Promise<Output | undefined>) => {
      onTaken()
      const again = () => (this.#known === known ? this.#batch(queries, become) : Promise.resolve<Answer[]>([]))
      const all = output.then((got) => (got && whole(got, read))?.map(answerOf) ?? again())
      ;[...fit.keys()].forEach((key, index) => {
        const answer = all.then((answers) => answers[index] ?? lost())
        answer.catch(() => undefined)
        known.set(key, answer)
      })
    }
    return { script, timeout: patienceOf(queries), taken }
  }

  /** Forgets some answers, so that these questions are put anew. */
  forgetSome(questions: readonly Asked[]): void {
    for (const asked of questions) this.#known.delete(keyOf(asked))
  }

  has(asked: Asked): boolean {
    return this.#known.has(keyOf(asked))
  }

  /** Sends what is not yet known, in one round trip per transport, and returns the answers in order. */
  ask(questions: readonly Asked[]): Promise<Answer>[] {
    const shell = new Map<string, { become: Become | undefined; keys: string[]; queries: ShellQuery[] }>()
    const fresh = new Map<string, Promise<Answer>>()
    const commands = new Map<string, Waiting>()
    const others = new Map<string, { query: Exclude<Query, { on: 'shell' }>; become: Become | undefined }>()
    for (const asked of questions) {
      const key = keyOf(asked)
      if (this.#known.has(key) || fresh.has(key)) continue
      if (asked.query.on === 'shell') {
        const account = asked.become?.user ?? ''
        const batch = shell.get(account) ?? { become: asked.become, keys: [], queries: [] }
        shell.set(account, batch)
        if (!batch.keys.includes(key)) {
          batch.keys.push(key)
          batch.queries.push(asked.query)
        }
      } else if (asked.query.on === 'exec') {
        commands.set(key, { key, query: asked.query, become: asked.become })
      } else {
        others.set(key, { query: asked.query, become: asked.become })
      }
    }
    // What takes longest goes first: the engine is asked a few things at a time.
    const sent = jointly([...commands.values()], (query, become) => this.#one(query, become))
    for (const [key, answer] of sent) fresh.set(key, answer)
    for (const [key, { query, become }] of others) fresh.set(key, this.#one(query, become))
    for (const { become, keys, queries } of shell.values()) {
      const all = this.#batch(queries, become)
      keys.forEach((key, index) => {
        const answer = all.then((answers) => answers[index] ?? lost())
        fresh.set(key, answer)
      })
    }
    for (const [key, answer] of fresh) {
      // Whoever asked may never come to wait for it (an earlier task fails first); that is no unhandled rejection.
      answer.catch(() => undefined)
      this.#known.set(key, answer)
    }
    return questions.map((asked) => this.#known.get(keyOf(asked)) ?? Promise.resolve(lost()))
  }

  async #batch(queries: readonly ShellQuery[], become: Become | undefined): Promise<Answer[]> {
    const { services, signal } = this.#transports
    const connection = await this.#transports.connection()
    const timeout = patienceOf(queries)
    const scripts = queries.map((one) => one.script)
    return (await services.batch(connection, scripts, { become, signal, timeout })).map(answerOf)
  }

  /** That nothing answers is an answer; that the link is lost is none. */
  async #page(request: HttpRequest): Promise<Answer> {
    const { services, signal } = this.#transports
    const dial: Connection['dial'] = async (target) => (await this.#transports.connection()).dial(target)
    try {
      const page = await services.answer(request, { dial, signal })
      const ok = page.status >= 200 && page.status < 300
      return { ok, code: page.status, text: page.bytes.toString(), errors: '', json: page }
    } catch (error) {
      if (error instanceof ConnectError || !(error instanceof ToolError) || error.code !== 'http-failed') throw error
      return noPage(error)
    }
  }

  async #one(query: Exclude<Query, { on: 'shell' }>, become: Become | undefined): Promise<Answer> {
    try {
      switch (query.on) {
        case 'docker': {
          const docker = await this.#transports.docker(become)
          return await docker.request('GET', query.path, { timeout: askTimeout })
        }
        case 'exec': {
          const docker = await this.#transports.docker(become)
          const output = await docker.exec(query.container, query.command, {
            timeout: askTimeout,
            ...(query.stdin !== undefined && { stdin: query.stdin }),
          })
          return {
            ok: output.code === 0,
            code: output.code,
            text: output.stdout.toString(),
            errors: output.stderr.toString(),
          }
        }
        case 'api':
          return await this.#transports.api().get(query.path, query.as ?? 'session')
        case 'store': {
          const secret = await this.#transports.store.get(query.name)
          return {
            ok: secret !== undefined,
            code: secret === undefined ? 1 : 0,
            text: '',
            errors: '',
            ...(secret && { secret }),
          }
        }
        case 'input': {
          const { script, input } = query
          const { signal } = this.#transports
          const options = {
            become,
            signal,
            timeout: uploadTimeout,
            input: () => input(),
            what: 'looking at the state of the host',
          }
          const output = await (await this.#transports.connection()).exec(script, options)
          const { code, stdout, stderr } = output
          return { ok: code === 0, code, text: stdout.toString(), errors: stderr.toString() }
        }
        case 'http':
          return await this.#page(query.request)
        case 'controller':
          return await this.#transports.observe(query.observe, query.input, query.from)
        default:
          return query satisfies never
      }
    } catch (error) {
      if (error instanceof ConnectError || !(error instanceof ToolError)) throw error
      const first = error.diagnostics[0]
      return { ...lost(), ...(first && { unavailable: first }) }
    }
  }
}

function answerOf({ code, stdout, stderr }: ShellAnswer): Answer {
  return { ok: code === 0, code, text: stdout, errors: stderr }
}

/** The answers, unless the output is cut. */
function whole(output: Output, read: (output: Output) => readonly ShellAnswer[]): readonly ShellAnswer[] | undefined {
  try {
    return read(output)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return undefined
  }
}

function noPage(error: ToolError): Answer {
  const [first] = error.diagnostics
  return { ok: false, code: -1, text: '', errors: error.message, json: first }
}

function lost(): Answer {
  return {
    ok: false,
    code: -1,
    text: '',
    errors: '',
    unavailable: problem('no-answer', 'the host gave no answer to this question'),
  }
}
