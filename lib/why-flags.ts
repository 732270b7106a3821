import { text } from './flags.ts'
import { commonFlags, inventoryFlags } from './run-flags.ts'

/** Flags of `scripts/why.ts`. */
export const whyFlags = {
  inventory: inventoryFlags.inventory,
  extraVars: inventoryFlags.extraVars,
  playbook: text('FILE', {
    group: 'Where to run',
    help: 'The playbook whose plays, roles, group_vars and host_vars count. Usual: playbooks/install.yml.',
  }),
  ...commonFlags,
}
