import type { Connection } from '../core/connection.ts'
import { ConnectError, ToolError } from '../core/diagnostic.ts'
import { type Emit, noStats, type Spent, type Stats } from '../core/event.ts'
import type { Become } from '../core/host.ts'
import type { InventoryHost } from '../core/inventory.ts'
import { type HostLock, type Parting, unlocked } from '../core/lock.ts'
import type { Value } from '../core/plain.ts'
import type { Answer } from '../core/query.ts'
import type { Store } from '../core/store.ts'
import { Unknown } from '../core/unknown.ts'
import { Answers, type Transports } from './answers.ts'
import { pause } from './pause.ts'
import type { ApiLink, DockerLink, Services } from './services.ts'
import { type Lookup, targetOf } from './target.ts'

/** Everything the run remembers of one host, from the first play to the recap: its variables, its link, what it counted. */
export class HostState {
  readonly name: string
  /** What the inventory says of the host; it can gain groups and variables while the run goes on. */
  inventoryHost: InventoryHost
  readonly stats: Stats = noStats()
  readonly changedTasks: string[] = []
  /** `setup` results: lower precedence than play variables. */
  facts: Record<string, Value> = {}
  /** `include_vars`: higher than task variables. */
  included: Record<string, Value> = {}
  /** `register` and `set_fact`: higher than those. */
  set: Record<string, Value> = {}
  /** Loop variables of the includes that are around the task at hand. */
  around: { readonly [name: string]: Value } = {}
  /** Grows with every change of `facts`, `included` or `set`, so that what was rendered from older ones is known to be old. */
  version = 0
  /** False until the task of `--start-at-task` was met. */
  begun = false
  /** Out of the run: failed, or unreachable. */
  out: 'failed' | 'unreachable' | undefined
  /** In check mode: the tasks that would have changed something, so that later answers are only true as of now. */
  readonly pending = new Set<string>()
  readonly answers: Answers
  /** What `secrets.NAME` gives: the stored ones, and Unknown for those that a task of the playbook will make. */
  secrets: Record<string, Value> = {}
  readonly store: Store
  /** Keeps other runs away while this one changes the host. */
  readonly #lock: HostLock
  /** How a task became root here, for what the run itself leaves on the host. */
  root: Become | undefined
  /** Round trips by their kind and bytes of the links it had, and the milliseconds that were spent on it. */
  readonly counted = {
    ...{ shell: 0, docker: 0, api: 0, streams: 0, sent: 0, received: 0 },
    ...{ connecting: 0, asking: 0, applying: 0 },
  }

  readonly services: Services
  readonly #emit: Emit
  readonly #signal: AbortSignal
  #variable: Lookup = () => undefined
  #inPlay = false
  #connection: Promise<Connection> | undefined
  readonly #docker = new Map<string, Promise<DockerLink>>()
  #api: ApiLink | undefined

  constructor(inventoryHost: InventoryHost, services: Services, emit: Emit, signal: AbortSignal) {
    this.name = inventoryHost.name
    this.inventoryHost = inventoryHost
    this.services = services
    this.#emit = emit
    this.#signal = signal
    const kept = services.store(this.name)
    this.store = {
      names: () => kept.names(),
      get: (name) => kept.get(name),
      set: async (name, value) => {
        await kept.set(name, value)
        this.secrets[name] = value
        this.version++
      },
      delete: async (name) => {
        await kept.delete(name)
        delete this.secrets[name]
        this.version++
      },
    }
    const transports: Transports = {
      host: this.name,
      connection: () => this.connection(),
      docker: (become) => this.docker(become),
      api: () => this.api(),
      store: this.store,
      observe: (name, input, from) => this.observe(name, input, from),
      services,
      signal,
    }
    this.answers = new Answers(transports)
    this.#lock = services.lock({
      host: this.name,
      folder: () => targetOf(this.name, this.#variable).lockFolder,
      connection: () => this.connection(),
      linked: () => this.linked,
      note: (diagnostic) => emit({ kind: 'diagnostic', host: this.name, diagnostic }),
      signal,
    })
  }

  /** Gives a host its variables that only a delegated task works on; one that has a play of its own keeps those of it. */
  borrowVariables(variable: Lookup): void {
    if (!this.#inPlay) this.#variable = variable
  }

  /** Gives the host its variables of the play at hand; connection variables are read when the link is first needed. */
  useVariables(variable: Lookup): void {
    this.#inPlay = true
    this.#variable = variable
  }

  /** The one link to the host, opened at the first need; a lost link is opened anew by the next call. */
  connection(): Promise<Connection> {
    this.#connection ??= this.#open()
    return this.#connection
  }

  /** The machine that this program runs on? */
  get isThisMachine(): boolean {
    return targetOf(this.name, this.#variable).via === 'local'
  }

  /** None where tasks of other hosts only keep something on this machine: runs for different servers do that side by side. */
  get lock(): HostLock {
    return !this.#inPlay && this.isThisMachine ? unlocked : this.#lock
  }

  /** Is there a link, or one on its way? */
  get linked(): boolean {
    return this.#connection !== undefined
  }

  /** The milliseconds that were spent on it so far. */
  get spent(): Spent {
    const { connecting, asking, applying } = this.counted
    return { connecting, asking, applying }
  }

  /** Does some work and counts the time it takes, without what of it was spent on connecting. */
  async timed<T>(what: 'asking' | 'applying', work: () => Promise<T>): Promise<T> {
    const before = performance.now() - this.counted.connecting
    try {
      return await work()
    } finally {
      this.counted[what] += Math.max(0, performance.now() - this.counted.connecting - before)
    }
  }

  async #open(): Promise<Connection> {
    const started = performance.now()
    try {
      const target = targetOf(this.name, this.#variable)
      this.doing('connecting', {
        waits: `${target.via} ${target.address}`,
        ...(target.connectTimeout !== undefined && { deadline: target.connectTimeout }),
      })
      return await this.services.connect(this.name, target, {
        signal: this.#signal,
        onProgress: (text) => this.doing(text),
      })
    } catch (error) {
      this.#connection = undefined
      throw error
    } finally {
      this.counted.connecting += performance.now() - started
    }
  }

  /** A look by a named observer, from this machine or through the link. */
  observe(name: string, input: { readonly [key: string]: unknown }, from: 'host' | undefined): Promise<Answer> {
    return this.services.observe(name, input, {
      host: this.name,
      signal: this.#signal,
      ...(from === 'host' && { dial: async (host, port) => (await this.connection()).dial({ host, port }) }),
    })
  }

  /** One way to the engine per account, also for those who ask while the link is still being opened. */
  docker(become: Become | undefined): Promise<DockerLink> {
    const account = become?.user ?? ''
    const known = this.#docker.get(account)
    if (known) return known
    const link = this.connection().then((connection) => this.services.docker(connection, become))
    this.#docker.set(account, link)
    link.catch(() => this.#docker.get(account) === link && this.#docker.delete(account))
    return link
  }

  api(): ApiLink {
    this.#api ??= this.services.api({
      host: this.name,
      variable: (name) => this.#variable(name),
      connection: () => this.connection(),
      store: this.store,
      signal: this.#signal,
      wait: (ms, why) => {
        this.doing('waiting', { waits: why, deadline: ms })
        return pause(ms, this.#signal)
      },
    })
    return this.#api
  }

  /** Shows what is being done for this host now. */
  doing(doing: string, more: { waits?: string; deadline?: number } = {}): void {
    this.#emit({ kind: 'host.doing', host: this.name, doing, ...more })
  }

  /** Reads the names and values of the store once, at the start of the run. */
  async recall(): Promise<void> {
    for (const name of await this.store.names()) {
      const secret = await this.store.get(name)
      if (secret) this.secrets[name] = secret
    }
  }

  learn(kind: 'facts' | 'included' | 'set', values: { readonly [key: string]: Value }): void {
    Object.assign(this[kind], values)
    this.version++
  }

  /** Notes variables and secrets that a task would make: whoever needs them is unknown until then. */
  expect(facts: readonly string[], secrets: readonly string[], reason: string): void {
    const unknown = new Unknown(reason)
    for (const name of facts) this.set[name] ??= unknown
    for (const name of secrets) this.secrets[name] ??= unknown
    this.version++
  }

  /**
   * Takes the lock that a killed run left, to give it back at the end: a run that found nothing to change has not come across
   * it. Somebody else's stays where it is.
   */
  async clearLock(): Promise<void> {
    if (!this.linked || this.lock.held || this.out === 'unreachable') return
    await this.lock.hold(this.root).catch((error: unknown) => {
      if (!(error instanceof ToolError)) throw error
    })
  }

  /** Gives the lock back; `last` goes along where it can, see `HostLock`. */
  unlock(last?: Parting): ReturnType<HostLock['release']> {
    return this.#lock.release(this.out !== 'unreachable', last)
  }

  /** The end of the run. */
  async leave(): Promise<void> {
    await this.unlock()
    await this.drop()
  }

  /** Forgets the link after it broke, so that a later play may try again. */
  async drop(): Promise<void> {
    // It signs out over the link that is there; were it forgotten already, a new one would be opened and never closed.
    await this.#api?.close()
    this.counted.api += this.#api?.calls ?? 0
    this.#api = undefined
    const connection = this.#connection
    this.#connection = undefined
    for (const docker of this.#docker.values()) docker.then((link) => link.close()).catch(() => undefined)
    this.#docker.clear()
    this.answers.forget()
    try {
      const link = await connection
      if (!link) return
      for (const name of ['shell', 'docker', 'streams', 'sent', 'received'] as const)
        this.counted[name] += link.traffic[name]
      await link.close()
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error
    }
  }
}
