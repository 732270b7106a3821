import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'stop.yml',
  command: {
    name: 'npx zx playbooks/stop.ts',
    summary:
      'Stops Rocket.Chat, then its database; they stay stopped until they are started, also over a restart of the machine.',
    examples: [{ words: '--inventory prod', says: 'stop the chat of all hosts' }],
    flags: runFlags,
  },
})
