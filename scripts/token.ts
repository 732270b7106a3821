import { runCommand } from '../lib/entry.ts'
import { commonFlags, inventoryFlags, secretFlags } from '../lib/run-flags.ts'

const { inventory, limit } = inventoryFlags

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/token.ts',
    summary: 'Shows the user id and the token that have to be entered in Ametys. The only command that shows them.',
    examples: [{ words: '--inventory prod', says: 'of every host of the inventory that has one' }],
    flags: { inventory, limit, ...secretFlags, ...commonFlags },
  },
  work: async (call) => {
    const { showTokens } = await import('../lib/show-tokens.ts')
    return showTokens(call)
  },
})
