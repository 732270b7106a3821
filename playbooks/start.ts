import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'start.yml',
  command: {
    name: 'npx zx playbooks/start.ts',
    summary: 'Starts the database, then Rocket.Chat, and waits until both are healthy.',
    examples: [{ words: '--inventory prod', says: 'start the chat of all hosts' }],
    flags: runFlags,
  },
})
