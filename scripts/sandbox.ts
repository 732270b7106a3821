import { runCommand } from '../lib/entry.ts'
import { toggle } from '../lib/flags.ts'
import { commonFlags, inventoryFlags } from '../lib/run-flags.ts'

const group = 'What to do'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/sandbox.ts',
    summary: 'Looks after the machines that a rehearsal runs on. Without a flag it says what there is.',
    examples: [
      { words: '--serve', says: 'start the machines and keep them up, to look at what a rehearsal has made' },
      { words: '--reset', says: 'throw them away; the next rehearsal starts from nothing' },
      { words: '--reset --serve', says: 'start fresh ones' },
    ],
    flags: {
      inventory: inventoryFlags.inventory,
      reset: toggle({ group, help: 'Throw the machines and their secrets away.' }),
      serve: toggle({ group, help: 'Keep the machines up until Ctrl-C, and say how to reach them.' }),
      ...commonFlags,
    },
  },
  work: async (call) => {
    const { tendSandbox } = await import('../lib/tend-sandbox.ts')
    return tendSandbox(call)
  },
})
