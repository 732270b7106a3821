import { didYouMean } from '../core/closest.ts'
import { problem } from '../core/diagnostic.ts'
import type { Step, Task } from '../core/playbook.ts'
import type { HostRun } from './host-run.ts'
import { runTask } from './task-run.ts'

/** The handlers of a play for one host: who was notified, and running them in the order they are written. */
export class Handlers {
  readonly #handlers: readonly Step[]
  readonly #run: HostRun
  readonly #notified = new Set<Step>()

  constructor(handlers: readonly Step[], run: HostRun) {
    this.#handlers = handlers
    this.#run = run
  }

  get owed(): readonly string[] {
    return [...this.#notified].map((step) => this.#nameOf(step))
  }

  /** Marks every handler of that name or topic; fails the host when there is none. */
  notify(name: string, task: Task, taskName: string): void {
    const named = this.#named(name)
    const listening = this.#handlers.filter((step) => step.kind !== 'meta' && step.keywords.listen.includes(name))
    const found = [...new Set([...(named ? [named] : []), ...listening])]
    if (found.length === 0) {
      const mend = didYouMean(
        name,
        this.#handlers.flatMap((step) => [this.#nameOf(step), ...(step.kind === 'meta' ? [] : step.keywords.listen)]),
        'handlers of this play',
      )
      this.#run.fail(task, taskName, [
        problem('unknown-handler', `notifies "${name}", but this play has no such handler`, { at: task.at, mend }),
      ])
    }
    for (const step of found) this.#mark(step, taskName)
  }

  /** Notifies anew what an earlier run owed to the task of that name, or all that is left of it; unknown names are passed over. */
  recall(taskName?: string): void {
    for (const { handler, by } of this.#run.leftovers.take(taskName)) {
      for (const step of this.#handlers.filter((one) => this.#nameOf(one) === handler)) this.#mark(step, by)
    }
  }

  /** The handler of that name, with or without its role's in front. Of several the play's own wins, and of those the first. */
  #named(name: string): Step | undefined {
    const all = this.#handlers.filter(
      (step) => this.#nameOf(step) === name || roleAnd(this.#nameOf(step), step) === name,
    )
    const last = all.at(-1)
    return last && all.find((step) => roleOf(step) === roleOf(last))
  }

  #mark(step: Step, by: string): void {
    if (this.#notified.has(step)) return
    this.#notified.add(step)
    if (step.kind === 'task') this.#run.enrol(step)
    this.#run.state.emit({ kind: 'handler.notified', host: this.#run.host.name, handler: this.#nameOf(step), by })
  }

  /** Runs what was notified; a handler may notify others, also earlier ones. */
  async flush(): Promise<void> {
    const run = this.#run
    // Behind all steps of the play when they are done.
    if (run.place.length === 0) return run.at(Number.MAX_SAFE_INTEGER, () => this.flush())
    while (this.#notified.size > 0) {
      for (const [index, step] of this.#handlers.entries()) {
        if (!this.#notified.delete(step)) continue
        await run.at(index, async () => {
          if (step.kind === 'task') await runTask(run, step, true)
          else await this.#steps(step)
        })
      }
    }
  }

  async #steps(step: Step): Promise<void> {
    this.#run.handling = true
    try {
      await this.#run.steps([step])
    } finally {
      this.#run.handling = false
    }
  }

  #nameOf(step: Step): string {
    if (step.kind === 'meta') return ''
    const { state, host } = this.#run
    if (step.name === undefined) return step.kind === 'task' ? step.moduleName : ''
    return String(state.templar.renderDeep(step.name, state.scopeOf(host, step.keywords.vars), () => step.at)).trim()
  }
}

function roleOf(step: Step): string | undefined {
  return step.kind === 'task' ? step.role : undefined
}

function roleAnd(name: string, step: Step): string {
  const role = roleOf(step)
  return role === undefined ? name : `${role} : ${name}`
}

/** The names by which a handler can be notified, as written. */
export function namesOfHandler(step: Exclude<Step, { kind: 'meta' }>): readonly string[] {
  const name = step.name ?? (step.kind === 'task' ? step.moduleName : '')
  return [...new Set([name, roleAnd(name, step)])]
}
