import { LoadError } from '../core/diagnostic.ts'
import type { Play, Playbook } from '../core/playbook.ts'
import { selectHosts } from '../load/pattern.ts'
import type { Run } from './run.ts'
import { tasksIn } from './selection.ts'
import type { Variables } from './variables.ts'

/**
 * The hosts of a play after `--limit`, in inventory order. That there are none is no error when `open`: earlier plays
 * may add the hosts that are meant, or have found that there are none.
 */
export function hostsOf(
  run: Pick<Run, 'inventory' | 'options' | 'templar' | 'playbook'>,
  play: Play,
  variables: Variables,
  open = mayHaveGrown(run.playbook, play),
): readonly string[] {
  const pattern = run.templar.renderDeep(play.hosts.value, variables.outside(), () => play.hosts.at)
  const text = Array.isArray(pattern) ? pattern.map(String).join(',') : String(pattern)
  const { hosts, diagnostics } = selectHosts(run.inventory, text, { limit: run.options.limit, at: play.hosts.at })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  const serious = errors.filter((one) => !open || one.code !== 'pattern-matches-nothing')
  if (serious.length > 0) throw new LoadError(serious)
  return hosts
}

/** The hosts in the order that the play asks for; as in the inventory without one. */
export function ordered(names: readonly string[], { order }: Play): readonly string[] {
  switch (order) {
    case 'reverse_inventory':
      return names.toReversed()
    case 'sorted':
      return names.toSorted()
    case 'reverse_sorted':
      return names.toSorted().toReversed()
    case 'shuffle':
      return names
        .map((name) => ({ name, at: Math.random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ name }) => name)
    default:
      return names
  }
}

/** Is there a task before this play that adds hosts or groups? Files that are included while the run goes on are not known yet. */
export function mayHaveGrown(playbook: Playbook, play: Play): boolean {
  return playbook.plays.slice(0, Math.max(playbook.plays.indexOf(play), 0)).some(({ steps, handlers }) => {
    const tasks = [...tasksIn(steps, { rescue: true }), ...tasksIn(handlers, { rescue: true })]
    return tasks.some((task) => task.module.growsInventory)
  })
}
