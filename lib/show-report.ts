import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Call } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Flag } from './flags.ts'
import { entriesOf } from './record/look-back.ts'
import { verify } from './record/verify.ts'
import { renderPage } from './report/page/page.ts'
import type { inventoryFlags } from './run-flags.ts'
import { keptIn, recordsFolderOf, theRun } from './show-history.ts'

type Flags = Pick<typeof inventoryFlags, 'inventory'> & { readonly out: Flag<string | undefined> }

/**
 * Writes the page of one recorded run, the last one when none is named, and says where it is. Throws LoadError
 * `no-such-run`, `report-unwritable`.
 */
export async function showReport({ options, operands, print }: Call<Flags>): Promise<number> {
  const runs = keptIn(recordsFolderOf(options.inventory))
  const last = runs.at(-1)
  if (last === undefined) {
    throw new LoadError(
      problem('no-such-run', 'no run of this inventory is on record', {
        mend: 'every run leaves one; run something first',
      }),
    )
  }
  const run = operands[0] === undefined ? last : theRun(runs, operands[0])
  const { head, file } = run
  const { from, versions } = head
  const edited = verify(file, new Set(runs.map((one) => one.file)))
  const page = renderPage(entriesOf(file), [
    ['run', head.id],
    ['began', head.at],
    ['by', head.by],
    ['command', head.command],
    [
      'playbooks',
      'commit' in from ? `commit ${from.commit}${from.dirty ? ' with changes' : ''}` : `SHA-256 ${from.sha256}`,
    ],
    ['versions', `${versions.program}, Node ${versions.node}`],
    ['record', path.basename(file)],
    ...edited.map(({ line, what }) => ['not as written', line === undefined ? what : `line ${line} ${what}`] as const),
  ])
  const out = path.resolve(options.out ?? file.replace(/\.jsonl$/, '.html'))
  write(out, page)
  print(`${out}\n`)
  return 0
}

/** Whole or not at all, for its owner alone: a report says as much about a host as its record. */
function write(file: string, page: string): void {
  const draft = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(draft, page, { mode: 0o600 })
    renameSync(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new LoadError(
      problem('report-unwritable', `the report cannot be written: ${error.message}`, {
        mend: 'name another file with --out',
      }),
    )
  }
}
