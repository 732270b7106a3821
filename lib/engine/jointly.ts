import type { Become } from '../core/host.ts'
import type { Answer, Query } from '../core/query.ts'

export type Exec = Query & { readonly on: 'exec' }

/** A command to be run in a container, and the name of its answer. */
export interface Waiting {
  readonly key: string
  readonly query: Exec
  readonly become: Become | undefined
}

/** Runs commands with `send`, those that can be one as one; gives back the answers by their names. */
export function jointly(
  waiting: readonly Waiting[],
  send: (query: Exec, become: Become | undefined) => Promise<Answer>,
): ReadonlyMap<string, Promise<Answer>> {
  const groups = Map.groupBy(waiting, ({ key, query, become }) =>
    query.joint === undefined ? key : JSON.stringify([become?.user ?? '', query.container, query.joint.key]),
  )
  const answers = new Map<string, Promise<Answer>>()
  for (const group of groups.values()) {
    const [first, ...others] = group
    if (first === undefined) continue
    const { joint } = first.query
    if (joint === undefined || others.length === 0) {
      answers.set(first.key, send(first.query, first.become))
      continue
    }
    const parts = group.flatMap(({ query: { joint, stdin } }) => (joint ? [{ part: joint.part, stdin }] : []))
    const all = send({ ...first.query, ...joint.join(parts) }, first.become)
    group.forEach(({ key }, which) => {
      answers.set(
        key,
        all.then((answer) => (answer.unavailable ? answer : joint.apart(answer, which))),
      )
    })
  }
  return answers
}
