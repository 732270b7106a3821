import { setImmediate as turn } from 'node:timers/promises'
import { ToolError } from '../core/diagnostic.ts'
import type { Step, Task } from '../core/playbook.ts'
import { Unknown } from '../core/unknown.ts'
import type { Asked } from './asked.ts'
import type { HostState } from './host-state.ts'
import type { PlayState } from './play-state.ts'
import { type Item, itemsOf, type Prepared, prepare } from './prepare.ts'
import { isSelected, tasksIn } from './selection.ts'

/** Where a host is among the steps of a play, from the outermost block to the innermost. */
export type Frames = readonly { readonly steps: readonly Step[]; readonly index: number }[]

/** A task that comes later (or one item of the loop at hand), and the variables it will have. */
interface Coming {
  readonly task: Task
  readonly item?: Item
  readonly scopeOf: PlayState['scopeOf']
  /** It belongs to a later play. */
  readonly later: boolean
}

/** Looks ahead for one host in one play: what can be asked for later tasks together with the one at hand. */
export class Ahead {
  readonly #state: PlayState
  readonly #host: HostState
  readonly #frames: Frames
  /**
   * How many later tasks are asked about together with the one at hand: all at first, few after a change, as the next
   * one makes their answers old again, and more each time when there was none.
   */
  #reach = Number.POSITIVE_INFINITY
  #forgotten: number
  readonly #prepared = new Map<
    Task,
    { readonly version: number; readonly age: number; readonly prepared: Promise<Prepared> }
  >()
  /** Grows when files of this machine may have changed, which what was prepared before may have read. */
  #age = 0

  /** `frames` is kept up to date by whoever goes through the steps. */
  constructor(state: PlayState, host: HostState, frames: Frames) {
    this.#state = state
    this.#host = host
    this.#frames = frames
    this.#forgotten = host.answers.forgotten
  }

  /** Prepares a task without a loop whose turn it is, or knows how it was prepared. */
  prepare(task: Task): Promise<Prepared> {
    const known = this.#prepared.get(task)
    return known?.age === this.#age ? this.#early(task) : this.#anew(task)
  }

  /**
   * For asking ahead it may have been prepared before files of this machine changed, as questions that turn out to be
   * others are put anew. What cannot be prepared yet simply is not asked ahead.
   */
  #early(task: Task, scopeOf = this.#state.scopeOf): Promise<Prepared> {
    const known = this.#prepared.get(task)
    return known?.version === this.#host.version ? known.prepared : this.#anew(task, scopeOf)
  }

  #anew(task: Task, scopeOf = this.#state.scopeOf): Promise<Prepared> {
    const prepared = this.#fill(task, scopeOf)
    this.#prepared.set(task, { version: this.#host.version, age: this.#age, prepared })
    return prepared
  }

  /** What was prepared of one task or of all is old: files of this machine, or what other hosts know, may have changed. */
  forgetPrepared(task?: Task): void {
    if (task) this.#prepared.delete(task)
    else this.#age++
  }

  /**
   * The questions that can be put already, as far as it is worth while: those of `items`, which are still to come of the
   * loop of `task`, those of later tasks of this play (few, when many of them have none), and, while nothing was changed on this host, those of later plays. Behind
   * a task that decides whether the host may be worked on at all, nothing is asked.
   */
  async questions(task: Task, items: readonly Item[] = []): Promise<readonly Asked[]> {
    const { forgotten } = this.#host.answers
    this.#reach = forgotten === this.#forgotten ? this.#reach * 4 : 1
    this.#forgotten = forgotten
    const asked: Asked[] = []
    let left = this.#reach
    let far = this.#reach * 2
    for (const coming of this.#coming(task, items)) {
      // What comes in from the host meanwhile is taken at once: the link may still be on its way.
      await turn()
      const before = asked.length
      for (const prepared of await this.#itemsOf(coming)) add(asked, prepared, coming.later)
      if (asked.length > before) left--
      far--
      if (left <= 0 || far <= 0 || (coming.task.module.decides && !coming.item)) break
    }
    return asked
  }

  /** What comes after the item and the task at hand; of later plays only as long as nothing was changed here. */
  *#coming(current: Task, items: readonly Item[]): Generator<Coming> {
    const { scopeOf, options } = this.#state
    if (!current.keywords.delegateTo) for (const item of items) yield { task: current, item, scopeOf, later: false }
    if (current.module.decides) return
    const isAsked = ({ keywords: { delegateTo, until, tags } }: Task) =>
      !delegateTo && !until && this.#host.begun && isSelected(tags, options)
    for (const { steps, index } of this.#frames.toReversed())
      for (const task of tasksIn(steps.slice(index + 1))) if (isAsked(task)) yield { task, scopeOf, later: false }
    if (this.#host.answers.forgotten > 0) return
    for (const { task, scopeOf } of this.#state.later(this.#host))
      if (isAsked(task)) yield { task, scopeOf, later: true }
  }

  /** A task without a loop is one item; a loop whose list cannot be known yet has none to ask about. */
  async #itemsOf({ task, item, scopeOf }: Coming): Promise<readonly Prepared[]> {
    if (item) return [await this.#fill(task, scopeOf, item.variables)]
    if (!task.keywords.loop) return [await this.#early(task, scopeOf)]
    try {
      const items = itemsOf(task, scopeOf(this.#host, task.keywords.vars), this.#state.templar)
      if (items instanceof Unknown) return []
      return await Promise.all(items.map(({ variables }) => this.#fill(task, scopeOf, variables)))
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      return []
    }
  }

  #fill(task: Task, scopeOf: PlayState['scopeOf'], item?: Item['variables']): Promise<Prepared> {
    const scope = scopeOf(this.#host, task.keywords.vars, item)
    return prepare(task, scope, { ...this.#state, host: this.#host.name, become: this.#state.become })
  }
}

/**
 * Adds the questions of a task. Rocket.Chat is signed in to when the play comes that does so: it may have another account
 * or address in mind, and a sign-in that is refused is not tried again for a while.
 */
function add(asked: Asked[], prepared: Prepared, later: boolean): void {
  if (prepared.kind !== 'ready' || prepared.probe.inTurn) return
  for (const query of prepared.probe.ask)
    if (!later || query.on !== 'api') asked.push({ query, become: prepared.become })
}
