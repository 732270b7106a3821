import { type Diagnostic, problem } from './core/diagnostic.ts'
import { type Options, text, toggle } from './flags.ts'
import { commonFlags, inventoryFlags } from './run-flags.ts'

const what = 'What to show'

/** Flags of `scripts/inventory.ts`, with the names that `ansible-inventory` has for them. */
export const showInventoryFlags = {
  ...inventoryFlags,
  list: toggle({ group: what, help: 'All groups and hosts with their variables, as JSON.' }),
  host: text('NAME', { group: what, help: 'The variables of one host.' }),
  graph: toggle({ group: what, help: 'The tree of groups and hosts, from the named group down.' }),
  vars: toggle({ group: what, help: 'The variables too, in the tree.' }),
  yaml: toggle({ short: 'y', group: what, help: 'YAML instead of JSON.' }),
  export: toggle({
    group: what,
    help: 'Variables where they are written, at groups and hosts, instead of all at each host.',
  }),
  playbookDir: text('FOLDER', {
    group: what,
    help: 'The folder of a playbook, whose group_vars and host_vars count too.',
  }),
  ...commonFlags,
}

/** One of list, host and graph has to be asked for, and one alone. */
export function showInventoryConflicts(options: Options<typeof showInventoryFlags>): readonly Diagnostic[] {
  const asked = (['list', 'host', 'graph'] as const).filter(
    (key) => options[key] !== undefined && options[key] !== false,
  )
  if (asked.length === 1) return []
  const message =
    asked.length === 0 ? 'nothing is asked for' : `${asked.map((one) => `--${one}`).join(' and ')} do not go together`
  return [problem('conflicting-flags', message, { mend: 'give one of --list, --host NAME and --graph' })]
}
