import { problem, TaskError } from '../core/diagnostic.ts'
import { limitedFor, type Reply } from './refusal.ts'

/** The longest that the limiter is waited for in one call, in seconds; its window is one minute unless it was changed. */
const longest = 180

/**
 * Keeps calls within the server's limiter (10 per route and minute by default; administrators are exempt, login is not):
 * waits before a route that is known to be used up, and repeats a call that was refused with 429.
 */
export class Pace {
  readonly #usedUp = new Map<string, number>()
  readonly #wait: (ms: number, why: string) => Promise<void>
  readonly #now: () => number

  constructor(wait: (ms: number, why: string) => Promise<void>, now: () => number = Date.now) {
    this.#wait = wait
    this.#now = now
  }

  async send(method: string, path: string, call: () => Promise<Reply>): Promise<Reply> {
    const route = `${method} ${path.split('?')[0]}`
    let waited = 0
    for (;;) {
      const until = this.#usedUp.get(route) ?? 0
      if (until > this.#now()) await this.#wait(until - this.#now(), `the rate limiter of the server (${route})`)
      this.#usedUp.delete(route)
      const reply = await call()
      if (reply.remaining === 0 && reply.resetAt !== undefined) this.#usedUp.set(route, reply.resetAt)
      const seconds = limitedFor(reply, this.#now())
      if (seconds === undefined) return reply
      waited += seconds
      if (waited > longest) {
        throw new TaskError(
          problem(
            'api-rate-limited',
            `${route}: the server's rate limiter wants ${seconds} s more after ${waited - seconds} s of waiting`,
            {
              mend: 'something else uses up the limit of this address; wait, or raise API_Enable_Rate_Limiter_Limit_Calls_Default',
            },
          ),
        )
      }
      await this.#wait(seconds * 1000, `the rate limiter of the server (${route})`)
    }
  }
}
