import { runCommand } from '../lib/entry.ts'
import { toggle } from '../lib/flags.ts'
import { commonFlags, inventoryFlags } from '../lib/run-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/history.ts',
    summary: 'Lists the runs of an inventory, shows one of them, or checks that no record was changed afterwards.',
    examples: [
      { words: '--inventory prod', says: 'who ran what, when, and how it ended' },
      { words: '--inventory prod 1a2b3c4d', says: 'one run, as it was shown; -v and more show more of it' },
      { words: '--inventory prod --verify', says: 'say which lines of which record are not as they were written' },
    ],
    flags: {
      inventory: inventoryFlags.inventory,
      verify: toggle({
        group: 'What to do',
        help: 'Check the chain of hashes over all records; ends with 1 when it is broken.',
      }),
      ...commonFlags,
    },
    operands: { name: 'RUN', least: 0, most: 1, help: 'the id of a run, or its beginning' },
  },
  work: async (call) => {
    const { showHistory } = await import('../lib/show-history.ts')
    return showHistory(call)
  },
})
