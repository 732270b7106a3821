import { didYouMean } from '../core/closest.ts'
import { type Diagnostic, problem, ToolError } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import type { Play, Step, Task } from '../core/playbook.ts'
import { Unknown } from '../core/unknown.ts'
import { implicitLocalhost } from '../load/pattern.ts'
import { findPlaceholders } from '../load/placeholders.ts'
import type { Scope } from '../load/scope.ts'
import { namesOfHandler } from './handlers.ts'
import { HostState } from './host-state.ts'
import { hostsOf, mayHaveGrown } from './play-hosts.ts'
import { decide, itemsOf, placed, prepare } from './prepare.ts'
import type { Run } from './run.ts'
import { isNamed, isSelected, tasksIn } from './selection.ts'
import { Variables } from './variables.ts'

/** Most findings that are shown of one playbook; the rest is counted. */
const most = 50

/**
 * Fills in every task for every host as far as that is possible before a host is touched: undefined variables, wrong
 * types, missing files, unknown handlers. What only a run can tell (registered values, facts) is left open.
 */
export async function validate(run: Run): Promise<readonly Diagnostic[]> {
  const findings = new Findings()
  const hosts = new Map<string, HostState>()
  const variables = new Variables(run, hosts, () => findings.open)
  for (const play of run.playbook.plays) {
    try {
      findings.open ||= mayHaveGrown(run.playbook, play)
      const names = hostsOf(run, play, variables, findings.open)
      findings.add(findPlaceholders(names.map((name) => run.inventory.hosts.get(name)?.layers ?? [])))
      for (const name of names) {
        const host = hosts.get(name) ?? (await stateOf(run, name))
        hosts.set(name, host)
        await new Walk(run, play, host, variables, findings).all()
        if (findings.full) return findings.all
      }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      findings.add(error.diagnostics)
    }
  }
  findings.add(startOf(run))
  return findings.all
}

/** `--start-at-task` must name a task, otherwise nothing at all would run. */
function startOf({ playbook, options }: Run): readonly Diagnostic[] {
  const { startAtTask } = options
  if (startAtTask === undefined) return []
  const tasks = playbook.plays.flatMap((play) => [...tasksIn(play.steps, { rescue: true })])
  const dynamic = playbook.plays.some((play) => play.steps.some((step) => step.kind === 'include'))
  if (dynamic || tasks.some((task) => isNamed(task, startAtTask))) return []
  const names = tasks.map((task) => task.name ?? task.moduleName)
  return [
    problem('no-such-task', `no task is called "${startAtTask}"`, { mend: didYouMean(startAtTask, names, 'tasks') }),
  ]
}

async function stateOf(run: Run, name: string): Promise<HostState> {
  const entry = run.inventory.hosts.get(name) ?? implicitLocalhost(run.inventory, name)
  const host = new HostState(entry, run.services, () => undefined, run.signal)
  await host.recall()
  return host
}

/** Findings without repetition: the same mistake is met once per host. */
class Findings {
  readonly #seen = new Map<string, Diagnostic>()
  /** A task that adds hosts or groups was met. */
  open = false
  /** A task was met that may write on this machine. */
  filesMade = false

  add(diagnostics: readonly Diagnostic[]): void {
    for (const one of diagnostics) {
      const place = one.at ? `${one.at.file}:${one.at.line}:${one.at.col}` : ''
      this.#seen.set(`${one.code} ${place} ${one.message}`, one)
    }
  }

  get full(): boolean {
    return this.#seen.size >= most
  }

  get all(): readonly Diagnostic[] {
    return [...this.#seen.values()]
  }
}

/** One host through one play, in order, so that a value is known from the task on that makes it. */
class Walk {
  readonly #run: Run
  readonly #play: Play
  readonly #host: HostState
  readonly #variables: Variables
  readonly #findings: Findings
  /** How many blocks with a rescue are around the step at hand. */
  #rescuers = 0
  /** A task may have brought variables that are not known by name. */
  #open = false
  /** The task at hand has `ignore_errors`. */
  #lenient = false

  constructor(run: Run, play: Play, host: HostState, variables: Variables, findings: Findings) {
    this.#run = run
    this.#play = play
    this.#host = host
    this.#variables = variables
    this.#findings = findings
  }

  async all(): Promise<void> {
    await this.#steps(this.#play.steps)
    await this.#steps(this.#play.handlers)
  }

  async #steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.#findings.full) return
      switch (step.kind) {
        case 'task':
          if (isSelected(step.keywords.tags, this.#run.options)) await this.#task(step)
          break
        case 'block':
          if (step.rescue.length > 0) this.#rescuers++
          await this.#steps(step.steps)
          if (step.rescue.length > 0) this.#rescuers--
          if (step.rescue.length > 0)
            this.#host.learn('set', {
              ansible_failed_task: new Unknown('a failure'),
              ansible_failed_result: new Unknown('a failure'),
            })
          await this.#steps(step.rescue)
          await this.#steps(step.always)
          break
        case 'include':
          await this.#include(step)
          break
        case 'meta':
          break
        default:
          step satisfies never
      }
    }
  }

  async #include(step: Extract<Step, { kind: 'include' }>): Promise<void> {
    if (!isSelected(step.keywords.tags, this.#run.options)) return
    await this.#collect(step.at, async () => {
      const scope = this.#scope(step.keywords.vars)
      const items = itemsOf(step, scope, this.#run.templar)
      const loopVar = step.keywords.loop?.loopVar ?? 'item'
      const before = this.#host.around
      for (const { variables } of items instanceof Unknown ? [{ variables: { [loopVar]: items as Value } }] : items) {
        const inside = this.#scope(step.keywords.vars, variables)
        const condition = decide(step.keywords.when, inside, this.#run.templar)
        if (condition !== true && !(condition instanceof Unknown)) continue
        const file = this.#run.templar.renderDeep(step.file.value, inside, () => step.file.at)
        if (file instanceof Unknown) continue
        this.#host.around = { ...before, ...variables }
        this.#host.version++
        try {
          await this.#steps(step.load(String(file)))
        } finally {
          this.#host.around = before
          this.#host.version++
        }
      }
    })
  }

  async #task(task: Task): Promise<void> {
    if (task.module.growsInventory) this.#findings.open = true
    const { ignoreErrors } = task.keywords
    this.#lenient = ignoreErrors !== undefined && ignoreErrors.value !== false
    try {
      await this.#checked(task)
    } finally {
      this.#lenient = false
    }
  }

  async #checked(task: Task): Promise<void> {
    await this.#collect(task.at, async () => {
      const { templar, services } = this.#run
      const scope = this.#scope(task.keywords.vars)
      const items = this.#items(task, scope)
      const all =
        items instanceof Unknown
          ? [{ variables: { [task.keywords.loop?.loopVar ?? 'item']: items as Value }, label: '' }]
          : items
      for (const item of all) {
        const prepared = await prepare(task, this.#scope(task.keywords.vars, item.variables), {
          templar,
          services,
          options: this.#run.options,
          host: this.#host.name,
          become: (scope, keywords) => this.#variables.become(scope, keywords),
        })
        if (prepared.kind === 'wrong') this.#add(placed(prepared.diagnostics, task.at))
        if (this.#writesHere(task, item.variables)) this.#findings.filesMade = true
        if (prepared.kind === 'ready') this.#provides(task, prepared.args)
        if (prepared.kind === 'unknown') this.#provides(task, task.args)
      }
      this.#notified(task)
    })
    const name = task.name ?? task.moduleName
    if (task.keywords.register !== undefined)
      this.#host.learn('set', { [task.keywords.register]: new Unknown(`"${name}" ran`) })
  }

  /** May the task leave something on this machine that a later one takes as its source? */
  #writesHere({ module, keywords }: Task, item: { readonly [key: string]: Value }): boolean {
    if (module.apply === undefined) return false
    if (module.keepsHere || keywords.delegateTo) return true
    return this.#scope(keywords.vars, item).get('ansible_connection') === 'local'
  }

  /** The items of a loop; none when its list cannot be made and a condition is false anyway. */
  #items(task: Task, scope: Scope): ReturnType<typeof itemsOf> {
    const { templar } = this.#run
    try {
      return itemsOf(task, scope, templar)
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      const condition = decide(task.keywords.when, scope, templar)
      if (condition === true || condition instanceof Unknown) throw error
      return []
    }
  }

  #provides(task: Task, args: unknown): void {
    const provided = task.module.provides?.(args) ?? {}
    if (provided.open) this.#open = true
    this.#host.expect(provided.facts ?? [], provided.secrets ?? [], `"${task.name ?? task.moduleName}" ran`)
  }

  /** Handlers named outright must exist; names that are templates are found wrong when they are used. */
  #notified(task: Task): void {
    const names = this.#play.handlers.flatMap((step) =>
      step.kind === 'meta' ? [] : [...namesOfHandler(step), ...step.keywords.listen],
    )
    if (names.some((name) => name.includes('{{'))) return
    for (const { value, at } of task.keywords.notify) {
      if (typeof value !== 'string' || value.includes('{{') || names.includes(value)) continue
      this.#findings.add([
        problem('unknown-handler', `notifies "${value}", but this play has no such handler`, {
          at,
          mend: didYouMean(value, names, 'handlers of this play'),
        }),
      ])
    }
  }

  #scope(own: Task['keywords']['vars'], item?: { readonly [key: string]: Value }) {
    return this.#variables.scopeOf(this.#host, this.#play, [this.#host], own, item)
  }

  async #collect(at: Task['at'], work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.#add(placed(error.diagnostics, at))
    }
  }

  /**
   * A failure that the playbook itself deals with, by `ignore_errors` or a `rescue`, is left to the run. What is missing may
   * stand in a file of variables that is read during the run, or be a file that an earlier task makes on this machine.
   */
  #add(diagnostics: readonly Diagnostic[]): void {
    if (this.#lenient || this.#rescuers > 0) return
    const open = this.#open || this.#variables.lacksFiles(this.#play)
    const later = [...(open ? ['undefined-variable'] : []), ...(this.#findings.filesMade ? ['no-such-source'] : [])]
    this.#findings.add(diagnostics.filter(({ code }) => !later.includes(code)))
  }
}
