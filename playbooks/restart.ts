import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'restart.yml',
  command: {
    name: 'npx zx playbooks/restart.ts',
    summary: 'Restarts the database and Rocket.Chat in the right order and waits until both are healthy.',
    examples: [
      { words: '--inventory prod', says: 'restart the chat of all hosts' },
      { words: '--inventory prod --limit chat.example.org', says: 'of one host' },
    ],
    flags: runFlags,
  },
})
