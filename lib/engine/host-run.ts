import { type Diagnostic, LoadError, problem, StoppedError, ToolError } from '../core/diagnostic.ts'
import type { Position, Value } from '../core/plain.ts'
import type { Block, Include, Keywords, Meta, Step, Task } from '../core/playbook.ts'
import { Ahead } from './ahead.ts'
import { Handlers } from './handlers.ts'
import type { HostState } from './host-state.ts'
import { filesOf, stepsOf } from './included.ts'
import { HostEnds, HostOut, idOf } from './leaving.ts'
import { Leftovers } from './leftovers.ts'
import type { PlayState } from './play-state.ts'
import { decide, placed } from './prepare.ts'
import { isNamed, isSelected } from './selection.ts'
import { runTask } from './task-run.ts'

/** One host on its way through one play. */
export class HostRun {
  readonly state: PlayState
  readonly host: HostState
  readonly handlers: Handlers
  readonly ahead: Ahead
  readonly leftovers: Leftovers
  /** True while handlers run. */
  handling = false
  /** How many blocks with a rescue are around the task at hand. */
  rescuers = 0
  readonly #frames: { readonly steps: readonly Step[]; index: number }[] = []
  constructor(state: PlayState, host: HostState) {
    this.state = state
    this.host = host
    this.ahead = new Ahead(state, host, this.#frames)
    this.leftovers = new Leftovers(state.leftBehind, host.name, state.playName)
    this.handlers = new Handlers(state.play.handlers, this)
  }

  /** Where this host is, for the lockstep. */
  get place(): readonly number[] {
    return this.#frames.map((frame) => frame.index)
  }

  async steps(steps: readonly Step[]): Promise<void> {
    const frame = { steps, index: 0 }
    this.#frames.push(frame)
    try {
      for (; frame.index < steps.length; frame.index++) {
        this.#goOn()
        const step = steps[frame.index]
        if (step) await this.#step(step)
      }
    } finally {
      this.#frames.pop()
    }
  }

  async #step(step: Step): Promise<void> {
    const task = step.kind === 'task' && this.#begun(step) && isSelected(step.keywords.tags, this.state.options)
    if (task) this.enrol(step)
    this.state.lockstep.arrive(this.host.name, this.place)
    if (this.state.together) {
      await this.state.lockstep.meet(this.host.name, this.place)
      this.#goOn()
    }
    switch (step.kind) {
      case 'task':
        if (task) await runTask(this, step, this.handling)
        return
      case 'block':
        return this.#block(step)
      case 'include':
        if (isSelected(step.keywords.tags, this.state.options)) await this.include(step)
        return
      case 'meta':
        return this.#meta(step)
      default:
        step satisfies never
    }
  }

  /** Notes that this host comes to a task that one host does for all, before any other can be told that it has come so far. */
  enrol(task: Task): void {
    if (!task.keywords.runOnce && !task.module.oncePerPlay) return
    const takers = this.state.takers.get(task) ?? new Set<HostState>()
    this.state.takers.set(task, takers.add(this.host))
  }

  #goOn(): void {
    if (this.state.stopping.aborted) throw new StoppedError(problem('stopped', 'the run was asked to stop'))
    if (this.state.ending !== undefined) throw new HostEnds(this.state.ending)
  }

  /** Everything before the task of `--start-at-task` is passed over. */
  #begun(task: Task): boolean {
    const { startAtTask } = this.state.options
    if (startAtTask === undefined || isNamed(task, startAtTask)) this.host.begun = true
    return this.host.begun
  }

  async #block(block: Block): Promise<void> {
    const rescues = block.rescue.length > 0
    let failure: unknown
    try {
      if (rescues) this.rescuers++
      try {
        await this.at(0, () => this.steps(block.steps))
      } finally {
        if (rescues) this.rescuers--
      }
    } catch (error) {
      failure = error
      if (rescues && error instanceof HostOut && error.how === 'failed') {
        failure = undefined
        try {
          await this.at(1, () => this.steps(block.rescue))
        } catch (inRescue) {
          failure = inRescue
        }
      }
    }
    const over = failure instanceof HostEnds || (failure instanceof HostOut && failure.how === 'unreachable')
    if (!over) await this.at(2, () => this.steps(block.always))
    if (failure !== undefined) throw failure
  }

  /** Reads the tasks of an `include_tasks` now that its name can be known, once per item of its loop, and runs them. */
  async include(include: Include): Promise<void> {
    let name = include.name ?? (include.role ? 'include_role' : 'include_tasks')
    try {
      const chosen = filesOf(include, this.state, this.host)
      const [only, second] = chosen.items
      if (include.name === undefined && only?.file !== undefined && !second) name = `include ${only.file}`
      for (const { label, status } of chosen.items) {
        if (label === undefined) continue
        this.state.emit({
          kind: 'item.done',
          host: this.host.name,
          task: name,
          id: idOf(include.at),
          item: label,
          status,
          ms: 0,
        })
      }
      const files = chosen.items.flatMap(({ file, variables, label }, index) =>
        file === undefined ? [] : [{ variables, steps: stepsOf(include, file, index, label) }],
      )
      if (chosen.status !== 'ok') this.count(chosen.status)
      else if (!include.role) this.host.stats.ok += files.filter(({ steps }) => steps.length > 0).length
      this.report(include, name, chosen.status, chosen.message)
      for (const [index, { variables, steps }] of files.entries()) await this.#included(index, variables, steps)
    } catch (error) {
      if (!(error instanceof LoadError || error instanceof ToolError) || error instanceof StoppedError) throw error
      this.fail(include, name, placed(error.diagnostics, include.at))
    }
  }

  /** The steps of one item of an include; what its loop gives holds for all of them. */
  async #included(index: number, variables: { readonly [name: string]: Value }, steps: readonly Step[]): Promise<void> {
    const { host } = this
    const before = host.around
    const looped = Object.keys(variables).length > 0
    const change = (around: typeof before) => {
      if (!looped) return
      host.around = around
      host.version++
    }
    change({ ...before, ...variables })
    try {
      await this.at(index, () => this.steps(steps))
    } finally {
      change(before)
    }
  }

  /** Does something at a place of its own among the steps: the rescue part of a block, an item of an include, a handler. */
  async at(index: number, work: () => Promise<void>): Promise<void> {
    this.#frames.push({ steps: [], index })
    try {
      await work()
    } finally {
      this.#frames.pop()
    }
  }

  async #meta(meta: Meta): Promise<void> {
    const scope = this.state.scopeOf(this.host, meta.keywords.vars)
    if (decide(meta.keywords.when, scope, this.state.templar) !== true) return
    switch (meta.action) {
      case 'flush_handlers':
        return this.handlers.flush()
      case 'end_host':
        throw new HostEnds('meta: end_host')
      case 'end_play':
        this.state.ending = 'meta: end_play'
        throw new HostEnds('meta: end_play')
      case 'clear_facts':
        this.host.facts = {}
        this.host.version++
        return
      case 'reset_connection':
        return this.host.drop()
      case 'end_batch':
        this.state.ending = 'meta: end_batch'
        throw new HostEnds('meta: end_batch')
      default:
        // noop, clear_host_errors and refresh_inventory have nothing to do here: hosts that are out stay out of this play.
        return
    }
  }

  /** Books a failure that belongs to no module (an include, a handler's name) and takes the host out. */
  fail(
    step: { readonly at: Position; readonly keywords: Keywords },
    name: string,
    diagnostics: readonly Diagnostic[],
  ): never {
    const rescued = this.rescuers > 0
    if (rescued) this.host.stats.rescued++
    else this.host.stats.failed++
    this.report(step, name, 'failed', undefined, { diagnostics, ...(rescued && { rescued }) })
    throw new HostOut('failed')
  }

  count(status: 'skipped' | 'unknown'): void {
    this.host.stats[status]++
  }

  report(
    step: { readonly at: Position },
    name: string,
    status: 'ok' | 'skipped' | 'unknown' | 'failed',
    message?: string,
    more: { readonly diagnostics?: readonly Diagnostic[]; readonly rescued?: boolean } = {},
  ): void {
    this.state.emit({
      kind: 'task.done',
      host: this.host.name,
      task: name,
      id: idOf(step.at),
      status,
      handler: this.handling,
      ms: 0,
      changes: 0,
      ...(message !== undefined && { message }),
      ...more,
    })
  }

  /** A keyword's value for this host; undefined when it was not written. */
  keyword(
    written: { readonly value: Value; readonly at: Position } | undefined,
    item?: { readonly [key: string]: Value },
    keywords?: Keywords,
  ): Value | undefined {
    if (!written) return undefined
    const scope = this.state.scopeOf(this.host, keywords?.vars ?? [], item)
    return this.state.templar.renderDeep(written.value, scope, () => written.at)
  }
}
