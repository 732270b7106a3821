import { ToolError } from '../core/diagnostic.ts'
import type { Play, Task } from '../core/playbook.ts'
import type { HostState } from './host-state.ts'
import { hostsOf, mayHaveGrown } from './play-hosts.ts'
import type { PlayState } from './play-state.ts'
import type { Run } from './run.ts'
import { tasksIn } from './selection.ts'
import type { Variables } from './variables.ts'

/** A task of a later play, and the variables that it will have there. */
export interface LaterTask {
  readonly task: Task
  readonly scopeOf: PlayState['scopeOf']
}

/** The tasks that a host comes to in the plays behind one, in order. */
export type LaterTasks = (play: Play, host: HostState) => Iterable<LaterTask>

/** Makes the way to see later tasks; it ends before a play of which it is not known yet who belongs to it. */
export function laterTasks(run: Run, variables: Variables): LaterTasks {
  const { plays } = run.playbook
  const members = new Map<Play, ReadonlySet<string> | undefined>()
  const membersOf = (play: Play) => {
    if (!members.has(play)) members.set(play, whoComes(run, play, variables))
    return members.get(play)
  }
  return function* (play, host) {
    for (const later of plays.slice(plays.indexOf(play) + 1)) {
      const names = membersOf(later)
      if (names === undefined) return
      if (!names.has(host.name)) continue
      const scopeOf: PlayState['scopeOf'] = (of, own, item) => variables.scopeOf(of, later, [of], own, item)
      for (const task of tasksIn(later.steps)) yield { task, scopeOf }
    }
  }
}

function whoComes(run: Run, play: Play, variables: Variables): ReadonlySet<string> | undefined {
  if (mayHaveGrown(run.playbook, play)) return undefined
  try {
    return new Set(hostsOf(run, play, variables, true))
  } catch (error) {
    if (error instanceof ToolError) return undefined
    throw error
  }
}

/**
 * What one host was changed by may be what another one is asked about: when any host has forgotten its answers since
 * `before`, all do. Gives back the count to compare with the next time.
 */
export function forgetTogether(hosts: Iterable<HostState>, before: number): number {
  const all = [...hosts]
  const forgotten = () => all.reduce((sum, { answers }) => sum + answers.forgotten, 0)
  if (forgotten() === before) return before
  for (const { answers } of all) answers.forget()
  return forgotten()
}
