import { runCommand } from '../lib/entry.ts'
import { toggle } from '../lib/flags.ts'
import { commonFlags, inventoryFlags, secretFlags } from '../lib/run-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/vault.ts',
    summary:
      'Keeps secrets encrypted in the files of inventories, value by value, with age: for all whose public key is in a file "recipients" beside the hosts, or in inventory/recipients.',
    examples: [
      { words: 'init', says: 'make a key of your own and name yourself as the first recipient' },
      { words: 'set inventory/prod/group_vars/all.yml smtp_password', says: 'type a value and write it encrypted' },
      { words: 'get inventory/prod/group_vars/all.yml smtp_password', says: 'show it' },
      {
        words: 'edit inventory/prod/group_vars/all.yml',
        says: 'all of a file in your editor; what stands behind !age is encrypted',
      },
      { words: 'view inventory/prod/group_vars/all.yml', says: 'show all of a file' },
      {
        words: 'encrypt inventory/prod/group_vars/all.yml',
        says: 'what sounds like a secret; or the variables named behind the file',
      },
      { words: 'decrypt inventory/prod/group_vars/all.yml smtp_password', says: 'write it openly' },
      {
        words: 'recipients add age1... Anna',
        says: 'let a colleague in; recipients list and recipients remove as well',
      },
      { words: 'rekey --inventory prod', says: 'encrypt everything anew to the recipients as they are' },
      { words: 'convert --inventory prod --ask-vault-pass', says: 'from ansible-vault to age; or the files named' },
      { words: 'check', says: 'does everything open, and does no secret stand openly?' },
    ],
    operands: {
      name: 'COMMAND',
      least: 1,
      most: 1000,
      help: 'init, set, get, edit, view, encrypt, decrypt, recipients, rekey, convert or check, and its words',
    },
    flags: {
      inventory: inventoryFlags.inventory,
      passphrase: toggle({
        group: 'What to make',
        help: 'With init: a key for all who know a passphrase, kept with the inventories.',
      }),
      ...secretFlags,
      ...commonFlags,
    },
  },
  work: async (call) => {
    const { tendVault } = await import('../lib/tend-vault.ts')
    return tendVault(call)
  },
})
