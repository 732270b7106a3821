import { runCommand } from '../lib/entry.ts'
import { commonFlags } from '../lib/run-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/doc.ts',
    summary:
      'Shows what a task does, its arguments, what it returns, and examples; without a name the list of all tasks.',
    examples: [
      { words: '', says: 'all tasks' },
      { words: 'copy', says: 'one of them' },
    ],
    flags: commonFlags,
    operands: { name: 'TASK', least: 0, most: 100, help: 'the name of a task, as playbooks have it' },
  },
  work: async (call) => {
    const { showTask } = await import('../lib/show-task.ts')
    return showTask(call)
  },
})
