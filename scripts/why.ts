import { runCommand } from '../lib/entry.ts'
import { whyFlags } from '../lib/why-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/why.ts',
    summary:
      'Says why a variable has its value on a host: where it is written, what it renders to, and what lost against it.',
    examples: [
      { words: 'chat.example.org rocketchat_image -i prod', says: 'as install.yml has it' },
      {
        words: 'web1 http_port -i hosts.ini --playbook site.yml -e http_port=81',
        says: 'as another playbook would have it',
      },
    ],
    flags: whyFlags,
    operands: { name: 'HOST VARIABLE', least: 2, most: 2, help: 'a host of the inventory and the name of a variable' },
  },
  work: async (call) => {
    const { tellWhy } = await import('../lib/tell-why.ts')
    return tellWhy(call)
  },
})
