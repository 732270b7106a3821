import { runCommand } from '../lib/entry.ts'
import { text } from '../lib/flags.ts'
import { commonFlags, inventoryFlags } from '../lib/run-flags.ts'

await runCommand({
  file: import.meta.url,
  command: {
    name: 'npx zx scripts/report.ts',
    summary: 'Makes a page of one recorded run: what failed first, then a timeline, what changed, and all tasks.',
    examples: [
      { words: '--inventory prod', says: 'of the last run; the page stands beside its record' },
      { words: '--inventory prod 1a2b3c4d --out run.html', says: 'of another, into a file to hand on' },
    ],
    flags: {
      inventory: inventoryFlags.inventory,
      out: text('FILE', { group: 'What to do', help: 'Where to write it. Usual: beside the record.' }),
      ...commonFlags,
    },
    operands: { name: 'RUN', least: 0, most: 1, help: 'the id of a run, or its beginning; the last one when left out' },
  },
  work: async (call) => {
    const { showReport } = await import('../lib/show-report.ts')
    return showReport(call)
  },
})
