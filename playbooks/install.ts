import { runEntry } from '../lib/cli.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'install.yml',
  command: {
    name: 'npx zx playbooks/install.ts',
    summary: 'Installs Rocket.Chat for Ametys on the hosts of an inventory and configures it.',
    examples: [
      { words: '--inventory sandbox', says: 'rehearse all of it on this machine, with nothing real touched' },
      { words: '--inventory prod --check --diff', says: 'show what would change' },
      { words: '--inventory prod', says: 'bring the hosts to the wanted state' },
    ],
    flags: runFlags,
  },
})
