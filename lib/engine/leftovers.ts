import { isSameTask, type Left, type LeftTask, type OwedHandler } from '../core/left.ts'
import type { Value } from '../core/plain.ts'

/** What earlier runs left to one host in one play, and what of it this run has taken up. */
export class Leftovers {
  #owed: readonly OwedHandler[]
  readonly #cut: readonly LeftTask[]
  readonly #changed: readonly LeftTask[]
  /** Results of tasks that are `ok` in this run and had changed something in an earlier one, as if that was now. */
  readonly carried: Record<string, Value> = {}

  constructor(left: Left | undefined, host: string, play: string) {
    const own = <T extends { readonly host: string; readonly play: string }>(all: readonly T[] = []) =>
      all.filter((one) => one.host === host && one.play === play)
    this.#owed = own(left?.owed)
    this.#cut = own(left?.cut)
    this.#changed = own(left?.changed)
  }

  /** The handlers owed to the task of that name, or to any without one; each is given once. */
  take(by?: string): readonly OwedHandler[] {
    const taken = this.#owed.filter((one) => by === undefined || one.by === by)
    this.#owed = this.#owed.filter((one) => !taken.includes(one))
    return taken
  }

  /** Was the task left in the middle of a change? */
  wasCut(task: Pick<LeftTask, 'task' | 'id'>): boolean {
    return this.#cut.some((one) => isSameTask(one, task))
  }

  /** Had it changed something, or begun to? */
  concerns(task: Pick<LeftTask, 'task' | 'id'>): boolean {
    return this.hasChanged(task) || this.wasCut(task)
  }

  hasChanged(task: Pick<LeftTask, 'task' | 'id'>): boolean {
    return this.#changed.some((one) => isSameTask(one, task))
  }
}
