import { runEntry } from '../lib/entry.ts'
import { toggle } from '../lib/flags.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: ({ preflight }) => (preflight ? 'preflight.yml' : 'install.yml'),
  command: {
    name: 'npx zx playbooks/install.ts',
    summary: 'Installs Rocket.Chat for Ametys on the hosts of an inventory and configures it.',
    examples: [
      { words: '--inventory sandbox', says: 'rehearse all of it on this machine, with nothing real touched' },
      { words: '--inventory prod --preflight', says: 'only look whether anything speaks against it' },
      { words: '--inventory prod --check --diff', says: 'show what would change' },
      { words: '--inventory prod', says: 'bring the hosts to the wanted state' },
    ],
    flags: {
      ...runFlags,
      preflight: toggle({
        group: 'What to run',
        help: 'Only look whether the hosts can carry the installation, and say all that speaks against it.',
      }),
    },
  },
})
