import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'configure.yml',
  command: {
    name: 'npx zx playbooks/configure.ts',
    summary: 'Configures a Rocket.Chat that is already there for Ametys, through its REST API alone.',
    examples: [
      { words: '--inventory prod --check --diff', says: 'show what would change' },
      { words: '--inventory prod --tags permissions', says: 'only the rights of the role user' },
    ],
    flags: runFlags,
  },
})
