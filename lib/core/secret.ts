import { inspect } from 'node:util'

/**
 * A value that nobody may read by accident: template literals, JSON, `inspect`, spread and `structuredClone` show the
 * label or nothing.
 */
export class Secret {
  readonly #value: string
  readonly label: string
  readonly #shown: string

  /**
   * `label` names the secret in messages (a variable's name, say) and must itself be harmless, as `shown` must be: the text to
   * show instead of the label, for a sentence of which only a part is secret.
   */
  constructor(value: string, label: string, shown?: string) {
    this.#value = value
    this.label = label
    this.#shown = shown ?? `<secret ${label}>`
    for (const listener of listeners) listener(value)
  }

  /** The only way out: for the wire and the redactor. A test lists the few files that may call it. */
  reveal(): string {
    return this.#value
  }

  /** Tells something about the value without giving it away: `test` must only compare. */
  matches(test: (value: string) => boolean): boolean {
    return test(this.#value)
  }

  toString(): string {
    return this.#shown
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

const listeners = new Set<(value: string) => void>()

/** Calls `listener` with the value of every secret made from now on, so that the redactor knows what to mask; returns the way to stop. */
export function onSecret(listener: (value: string) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Lets listeners know a value that is to be masked in all that is shown, although it is used as an ordinary text. */
export function keepFromSight(value: string): void {
  for (const listener of listeners) listener(value)
}

/** Text that may be secret. */
export type Text = string | Secret

/** The text to send over a wire; never to be shown. */
export function reveal(text: Text): string {
  return text instanceof Secret ? text.reveal() : text
}

/** The text as it may be shown: a secret becomes its label. */
export function masked(text: Text): string {
  return text instanceof Secret ? text.toString() : text
}
