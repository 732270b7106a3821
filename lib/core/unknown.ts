import { inspect } from 'node:util'

/** A value that cannot be known before an earlier task is applied; check mode carries it instead of a guess. */
export class Unknown {
  readonly reason: string

  /** `reason` completes the sentence "not known until applied: …". */
  constructor(reason: string) {
    this.reason = reason
  }

  toString(): string {
    return `<known after ${this.reason}>`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
