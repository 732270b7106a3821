import { runEntry } from '../lib/entry.ts'
import { choice, number } from '../lib/flags.ts'
import { runFlags } from '../lib/run-flags.ts'

const group = 'What to show'

await runEntry({
  file: import.meta.url,
  playbook: 'logs.yml',
  vars: ({ service, tail }) => ({ logs_of: service, logs_tail: tail }),
  command: {
    name: 'npx zx playbooks/logs.ts',
    summary: 'Shows the last lines that Rocket.Chat, its database and the proxy wrote.',
    examples: [
      { words: '--inventory prod', says: 'of all' },
      { words: '--inventory prod --service rocketchat --tail 500', says: 'more, of one' },
    ],
    flags: {
      ...runFlags,
      service: choice(['all', 'rocketchat', 'mongodb', 'caddy'], { group, help: 'Whose lines. Usual: all.' }),
      tail: number('NUMBER', { least: 1, usual: 100 }, { group, help: 'How many lines of each. Usual: 100.' }),
    },
  },
})
