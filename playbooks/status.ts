import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'status.yml',
  command: {
    name: 'npx zx playbooks/status.ts',
    summary:
      'Says how everything that makes up the chat is; ends with 0 when all is well, with 1 when something is not.',
    examples: [
      { words: '--inventory prod', says: 'every host as a table' },
      { words: '--inventory prod --output json', says: 'the same for a program that watches' },
    ],
    flags: runFlags,
  },
})
