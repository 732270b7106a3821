import type { Handler } from './call.ts'

/** What an accepted request counts as: a change of the machine, a command run inside a container, or a mere question. */
export type Effect = 'write' | 'exec' | 'none'

export interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly handler: Handler
  readonly effect: Effect
}

/**
 * A route. `{id}` in the path stands for one part, `{name...}` for one or more (image names contain slashes).
 * Without an effect, a GET or HEAD is a question and everything else a change.
 */
export const route = (method: string, path: string, handler: Handler, effect?: Effect): Route => ({
  method,
  pattern: new RegExp(
    `^${path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name: string, many?: string) => `(?<${name}>${many ? '.+' : '[^/]+'})`)}$`,
  ),
  handler,
  effect: effect ?? (method === 'GET' ? 'none' : 'write'),
})

/** The first route for a path without its version prefix; HEAD falls back to GET. */
export const findRoute = (
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } | undefined => {
  for (const candidate of routes) {
    if (candidate.method !== method && !(method === 'HEAD' && candidate.method === 'GET')) continue
    const match = candidate.pattern.exec(path)
    if (match === null) continue
    const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
    return { route: candidate, params: Object.fromEntries(params) }
  }
  return undefined
}
