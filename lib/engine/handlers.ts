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
    const found = this.#handlers.filter(
      (step) => this.#nameOf(step) === name || (step.kind !== 'meta' && step.keywords.listen.includes(name)),
    )
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
    for (const step of found) {
      if (this.#notified.has(step)) continue
      this.#notified.add(step)
      this.#run.state.emit({
        kind: 'handler.notified',
        host: this.#run.host.name,
        handler: this.#nameOf(step),
        by: taskName,
      })
    }
  }

  /** Runs what was notified; a handler may notify others, also earlier ones. */
  async flush(): Promise<void> {
    while (this.#notified.size > 0) {
      for (const step of this.#handlers) {
        if (!this.#notified.delete(step)) continue
        if (step.kind === 'task') await runTask(this.#run, step, true)
        else await this.#run.steps([step])
      }
    }
  }

  #nameOf(step: Step): string {
    if (step.kind === 'meta') return ''
    const { state, host } = this.#run
    if (step.name === undefined) return step.kind === 'task' ? step.moduleName : ''
    return String(state.templar.renderDeep(step.name, state.scopeOf(host, step.keywords.vars), () => step.at))
  }
}
