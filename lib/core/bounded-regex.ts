import { createContext, Script } from 'node:vm'
import { problem, TaskError } from './diagnostic.ts'
import { shortened } from './text.ts'

/** Milliseconds that a search may take, and all the searches of one text together. */
const longest = 1000
const longestTogether = 5000

/** Texts that a pattern with one repetition, of no group, cannot take long on. */
const shortText = 10_000

/**
 * A regular expression that people wrote. JavaScript tries all the ways in which repetitions can share a text, which for
 * `(a+)+$` takes years; this one gives up after a second. Throws TaskError `regex-too-slow`.
 */
export class BoundedRegExp extends RegExp {
  readonly #repeats: boolean
  #spent = 0

  /** Methods of texts make a copy of an expression, and give the expression itself. */
  constructor(pattern: string | RegExp, flags?: string) {
    super(pattern, flags)
    const { source } = this
    this.#repeats = /\)[*+?{]/.test(source) || (source.match(/[*+}]/g)?.length ?? 0) > 1
  }

  /** What searches for and replaces calls this, so a match is found here or nowhere. */
  override exec(text: string): RegExpExecArray | null {
    if (!this.#repeats && text.length < shortText) return super.exec(text)
    if (this.lastIndex === 0) this.#spent = 0
    const started = performance.now()
    const found = within(longest, () => super.exec(text), this.source)
    this.#spent += performance.now() - started
    if (this.#spent > longestTogether) throw tooSlow(this.source)
    return found
  }
}

const script = new Script('work()')
let context: { work: () => unknown } | undefined

/** Does `work` and cuts it off after so many milliseconds; nothing of ours is in the context but the work itself. */
function within<Result>(milliseconds: number, work: () => Result, source: string): Result {
  context ??= createContext({ work }) as { work: () => unknown }
  context.work = work
  try {
    return script.runInContext(context, { timeout: milliseconds }) as Result
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw tooSlow(source)
    throw error
  }
}

function tooSlow(source: string): TaskError {
  const shown = shortened(source, 60)
  return new TaskError(
    problem('regex-too-slow', `the regular expression takes too long on this text: ${shown}`, {
      mend: 'do not repeat what is repeated itself, as (a+)+ does, and say what must not match: [^"]* instead of .*',
    }),
  )
}
