/** Calls allowed in a span of milliseconds. */
export interface Allowance {
  readonly calls: number
  readonly ms: number
}

/** What the limiter says of one call: the headers, and whether it may go on. */
export interface Verdict {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until the window of the rule ends. */
  readonly resetIn: number
}

interface Rule {
  since: number
  counts: Map<string, number>
}

/** Counts calls per route and caller; the window belongs to the route, all callers share its end. */
export interface Limiter {
  /** Counts one call (`weight` 2 for routes that are registered under two names) and tells what follows. */
  call(route: string, caller: string, allowance: Allowance, weight?: number): Verdict
  /** When the window of a route began, in milliseconds since 1970. */
  since(route: string): number
  /** Moves the window of a route: calls that nobody here made opened it then. Counts of an older window are forgotten. */
  open(route: string, at: number): void
  /** Forgets every count: the routes are registered anew, as when a CORS or limiter setting is written. */
  reset(): void
}

/**
 * A limiter like the one of the real server (`M/app/api/server/api.ts` and Meteor's rate-limit package): the first window
 * of each route starts with the process, a later one with the first call after the last has ended.
 */
export function createLimiter(now: () => number): Limiter {
  let registered = now()
  const rules = new Map<string, Rule>()
  return {
    call(route, caller, { calls, ms }, weight = 1) {
      const rule = rules.get(route) ?? { since: registered, counts: new Map() }
      rules.set(route, rule)
      if (now() - rule.since > ms) {
        rule.since = now()
        rule.counts.clear()
      }
      const count = (rule.counts.get(caller) ?? 0) + weight
      rule.counts.set(caller, count)
      return {
        allowed: count <= calls,
        limit: calls,
        remaining: Math.max(0, calls - count),
        resetIn: Math.max(0, rule.since + ms - now()),
      }
    },
    since: (route) => rules.get(route)?.since ?? registered,
    open(route, at) {
      const rule = rules.get(route)
      const counts = rule && at <= rule.since ? rule.counts : new Map<string, number>()
      rules.set(route, { since: at, counts })
    },
    reset() {
      registered = now()
      rules.clear()
    },
  }
}
