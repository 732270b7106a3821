import { runCommand } from '../lib/entry.ts'
import { showInventoryConflicts, showInventoryFlags } from '../lib/inventory-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/inventory.ts',
    summary: 'Shows an inventory as it is read: groups, hosts and variables. Secrets are shown by their names.',
    examples: [
      { words: '-i prod --graph', says: 'the tree of groups and hosts' },
      { words: '-i prod --list', says: 'groups, and all variables of each host, as JSON' },
      {
        words: '-i prod --host chat --playbook-dir playbooks',
        says: 'one host, with the variables beside the playbooks',
      },
    ],
    flags: showInventoryFlags,
    conflicts: showInventoryConflicts,
    operands: { name: 'GROUP', least: 0, most: 1, help: 'where the tree begins' },
  },
  work: async (call) => {
    const { showInventory } = await import('../lib/show-inventory.ts')
    return showInventory(call)
  },
})
