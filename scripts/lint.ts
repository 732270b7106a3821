import { runCommand } from '../lib/entry.ts'
import { lintFlags } from '../lib/lint-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/lint.ts',
    summary:
      'Finds what is wrong or most likely not meant in playbooks and inventories, and says the mend. Ends with 1 when there is anything.',
    examples: [
      { words: '', says: 'the playbooks of this project' },
      { words: 'site.yml -i prod', says: 'a playbook with the inventory it is for' },
      { words: '-i prod', says: 'an inventory' },
    ],
    flags: lintFlags,
    operands: { name: 'PLAYBOOK', least: 0, most: 1000, help: 'files to read' },
  },
  work: async (call) => {
    const { lintFiles } = await import('../lib/lint-files.ts')
    return lintFiles(call)
  },
})
