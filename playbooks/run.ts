import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  command: {
    name: 'npx zx playbooks/run.ts',
    summary: 'Runs a playbook of yours.',
    examples: [
      { words: 'site.yml --inventory prod', says: 'run it on all its hosts' },
      { words: 'site.yml --inventory prod --limit web --check', says: 'see what it would change on some of them' },
    ],
    flags: runFlags,
    operands: { name: 'PLAYBOOK', least: 1, most: 1, help: 'the playbook to run, a YAML file' },
  },
})
