import { runEntry } from '../lib/entry.ts'
import { runFlags } from '../lib/run-flags.ts'

await runEntry({
  file: import.meta.url,
  playbook: 'verify.yml',
  command: {
    name: 'npx zx playbooks/verify.ts',
    summary:
      'Proves from outside that the chat works at its public address; ends with 0 when all is well, with 1 when not, with 4 when it is out of reach.',
    examples: [
      { words: '--inventory prod', says: 'name, certificate, web socket, version and upload as a table' },
      { words: '--inventory prod -e rocketchat_proof_upload_size=0', says: 'without sending a file' },
    ],
    flags: runFlags,
  },
})
