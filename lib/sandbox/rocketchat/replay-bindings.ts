import { identityOf } from './replay-volatile.ts'

/** What stands for what: ids, tokens and codes of the recording and those of the double. */
export interface Bindings {
  /** A recorded text with every known id and token replaced. */
  forward(text: string): string
  /** True when the two can be the same thing; they are from then on. Words never bind, except the tail of a token. */
  bind(recorded: string, actual: string, path?: string): boolean
  /** Binds whatever it is, as for a code out of a mail. */
  force(recorded: string, actual: string): void
  /** The double's text for a recorded one, if there is one. */
  get(recorded: string): string | undefined
  /** A copy to try a comparison on. */
  trial(): Bindings
}

/** Bindings between a recording and a double; `known` starts it off. */
export function createBindings(known: Iterable<readonly [string, string]> = []): Bindings {
  const there = new Map(known)
  const back = new Map([...there].map(([recorded, actual]) => [actual, recorded]))
  const force = (recorded: string, actual: string) => {
    there.set(recorded, actual)
    back.set(actual, recorded)
  }
  return {
    force,
    get: (recorded) => there.get(recorded),
    forward(text) {
      const whole = there.get(text)
      if (whole !== undefined) return whole
      if (text.length < 17) return text
      return text.replace(/[A-Za-z0-9_-]{17,}/g, (piece) => there.get(piece) ?? halves(piece, there))
    },
    bind(recorded, actual, path = '') {
      if (path.endsWith('lastTokenPart')) return tailFits(there, recorded, actual)
      const kind = identityOf(recorded)
      if (kind === undefined || kind !== identityOf(actual)) return false
      if (there.has(recorded)) return there.get(recorded) === actual
      if (kind === 'pair of ids' && !samePair(recorded, actual, there)) return false
      if (back.has(actual)) return false
      force(recorded, actual)
      return true
    },
    trial: () => createBindings(there),
  }
}

/** Two ids written as one, as in the id of a direct conversation. */
function halves(text: string, there: ReadonlyMap<string, string>): string {
  const [left, right] = pairOf(text, there) ?? []
  return left !== undefined && right !== undefined ? left + right : text
}

/** The two ids come in the order of their letters, which chance decides anew. */
function samePair(recorded: string, actual: string, there: ReadonlyMap<string, string>): boolean {
  const [left, right] = pairOf(recorded, there) ?? []
  return left !== undefined && right !== undefined && (actual === left + right || actual === right + left)
}

function pairOf(text: string, there: ReadonlyMap<string, string>): readonly [string, string] | undefined {
  for (const length of [17, 24]) {
    const [left, right] = [there.get(text.slice(0, length)), there.get(text.slice(length))]
    if (left !== undefined && right !== undefined) return [left, right]
  }
  return undefined
}

function tailFits(there: ReadonlyMap<string, string>, recorded: string, actual: string): boolean {
  const tokens = [...there].filter(([token]) => token.length === 43 && token.endsWith(recorded))
  return tokens.length === 0 ? recorded.length === actual.length : tokens.some(([, token]) => token.endsWith(actual))
}
