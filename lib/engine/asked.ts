import type { Become } from '../core/host.ts'
import type { Query } from '../core/query.ts'
import { flatten, raw } from '../core/script.ts'
import { revealAll } from '../core/text.ts'

/** A question, and the account that asks it. */
export interface Asked {
  readonly query: Query
  readonly become: Become | undefined
}

/** A question that a script answers. */
export type ShellQuery = Query & { readonly on: 'shell' }

/** Questions with the same key have the same answer. */
export function keyOf({ query, become }: Asked): string {
  const account = become?.user ?? ''
  switch (query.on) {
    case 'shell':
      return `shell\n${account}\n${flatten(query.script)}`
    case 'docker':
      return `docker\n${query.path}`
    case 'exec':
      return `exec\n${query.container}\n${JSON.stringify(query.command)}\n${query.stdin === undefined ? '' : flatten(raw(query.stdin))}`
    case 'api':
      return `api\n${query.as ?? 'session'}\n${query.path}`
    case 'store':
      return `store\n${query.name}`
    case 'input':
      return `input\n${account}\n${query.sha256}\n${flatten(query.script)}`
    case 'http': {
      const { body, ...rest } = query.request
      return `http\n${JSON.stringify(revealAll(rest))}\n${typeof body === 'function' ? '' : String(revealAll(body))}`
    }
    case 'controller':
      return `controller\n${query.observe}\n${query.from ?? ''}\n${JSON.stringify(query.input)}`
    default:
      return query satisfies never
  }
}
