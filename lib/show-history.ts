import path from 'node:path'
import type { Call } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Flag } from './flags.ts'
import { recordsOf } from './keep-record.ts'
import { loadInventory } from './load/inventory.ts'
import type { Entry, Head } from './record/entry.ts'
import { headOf, recordsIn, tailOf } from './record/file.ts'
import { entriesOf, goesOn, progressOf } from './record/look-back.ts'
import { type Finding, verifyAll } from './record/verify.ts'
import { paint as paintOf } from './report/colours.ts'
import { took } from './report/durations.ts'
import { createLines } from './report/lines.ts'
import { startRecap } from './report/recap.ts'
import { recapLines } from './report/recap-text.ts'
import { visibleLine } from './report/visible.ts'
import { root } from './root.ts'
import type { inventoryFlags } from './run-flags.ts'
import { createSandboxes } from './sandboxes.ts'

type Flags = Pick<typeof inventoryFlags, 'inventory'> & {
  readonly verify: Flag<boolean>
  readonly verbose: Flag<number>
}

/** A record and what its two ends say. */
export interface Kept {
  readonly file: string
  readonly head: Head
  readonly end: Extract<Entry, { kind: 'run.end' }> | undefined
}

/**
 * Lists the recorded runs of an inventory, shows the one whose id was given, or checks that nobody has changed the
 * records. Gives 1 when somebody has. Throws LoadError `no-such-run`.
 */
export async function showHistory({ options, operands, print }: Call<Flags>): Promise<number> {
  const folder = recordsFolderOf(options.inventory)
  if (options.verify) return verifyRecords(folder, print)
  const runs = keptIn(folder)
  const [wanted] = operands
  if (wanted !== undefined) {
    print(lineByLine(theRun(runs, wanted), options.verbose))
    return 0
  }
  if (runs.length === 0) print(`No run of this inventory is on record in ${shown(folder)}.\n`)
  else print(table(runs, new Set(verifyAll(folder).map(({ file }) => file))))
  return 0
}

/** The folder with the records of the named inventories. Throws LoadError for an inventory that there is not. */
export function recordsFolderOf(named: readonly string[]): string {
  if (named.length === 0) {
    throw new LoadError(problem('no-inventory', 'whose runs? No inventory was named', { mend: 'add --inventory NAME' }))
  }
  const { inventory, diagnostics } = loadInventory(named, { root, cwd: process.cwd() })
  const gone = diagnostics.filter((one) => one.code === 'no-such-inventory')
  if (gone.length > 0) throw new LoadError(gone)
  return recordsOf(inventory, createSandboxes(inventory))
}

/** All recorded runs of a folder, oldest first. */
export function keptIn(folder: string): readonly Kept[] {
  return recordsIn(folder).flatMap((file) => {
    const head = headOf(file)
    const last = tailOf(file)?.entry
    return head === undefined ? [] : [{ file, head, end: last?.kind === 'run.end' ? last : undefined }]
  })
}

/** The run whose id begins so, or whose file has that name. */
export function theRun(runs: readonly Kept[], wanted: string): Kept {
  const found = runs.filter(({ file, head }) => head.id.startsWith(wanted) || path.basename(file).startsWith(wanted))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const mend = 'scripts/history.ts without an id lists the runs there are'
  const message = found.length === 0 ? `there is no run "${wanted}"` : `${found.length} runs begin with "${wanted}"`
  throw new LoadError(problem('no-such-run', message, { mend }))
}

/** How a run ended, in a word or two. */
export function resultOf({ head, end }: Kept): string {
  if (end === undefined) return goesOn(head) ? 'goes on' : 'cut off'
  if (end.stopped) return 'stopped'
  return end.exitCode === 0 ? 'ok' : end.exitCode === 4 ? 'unreachable' : 'failed'
}

function table(runs: readonly Kept[], wrong: ReadonlySet<string>): string {
  const rows = runs.map((run) => {
    const { head, end, file } = run
    const { done, changed } = end === undefined ? progressOf(file, head) : { done: 0, changed: changedBy(end) }
    return [
      head.id,
      head.at.replace('T', ' ').replace(/(:\d\d)?\.\d+Z$/, 'Z'),
      head.by,
      path.basename(head.playbook) + (head.check ? ' (check)' : ''),
      resultOf(run),
      end === undefined ? `${changed} changed of ${done}` : `${changed} changed`,
      end === undefined ? '' : took(end.ms),
      wrong.has(file) ? 'EDITED: see --verify' : '',
    ].map(visibleLine)
  })
  return aligned([['run', 'began', 'by', 'playbook', 'result', '', 'took', ''], ...rows])
}

function changedBy({ changed }: Extract<Entry, { kind: 'run.end' }>): number {
  return Object.values(changed).reduce((sum, tasks) => sum + tasks.length, 0)
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** The run as the terminal showed it, with what was asked for above it. */
function lineByLine(run: Kept, verbosity: number): string {
  const { head, file } = run
  const paint = paintOf(false)
  const lines = createLines({ paint, verbosity })
  const recap = startRecap()
  const out = introduction(run)
  for (const entry of entriesOf(file)) {
    recap.take(entry)
    out.push(...lines(entry))
    if (entry.kind === 'run.end') out.push(...recapLines(recap.recap(), { paint, verbosity }))
  }
  if (run.end === undefined) {
    const { under } = progressOf(file, head)
    out.push('', `The record ends here: the run ${goesOn(head) ? 'goes on' : 'was cut off'}.`)
    out.push(...under.map(({ host, task, id }) => visibleLine(`  under way  ${host}  ${task}  ${id}`)))
  }
  return out.map((line) => `${line}\n`).join('')
}

function introduction({ head, file }: Kept): string[] {
  const { from, versions } = head
  const origin =
    'commit' in from
      ? `commit ${from.commit.slice(0, 12)}${from.dirty ? ', with changes that are not committed' : ''}`
      : `${from.files} files, SHA-256 ${from.sha256.slice(0, 16)}…`
  return [
    `run       ${head.id}, began ${head.at}, by ${head.by}`,
    `command   ${head.command}`,
    `playbooks ${origin}; version ${versions.program}, Node ${versions.node}`,
    ...(head.continues ? [`continues ${head.continues.runs.join(', ')}`] : []),
    `record    ${shown(file)}`,
    '',
  ].map(visibleLine)
}

function verifyRecords(folder: string, print: (text: string) => void): number {
  const files = recordsIn(folder)
  const found = verifyAll(folder)
  for (const finding of found) print(`${sentence(finding)}\n`)
  const count = `${files.length} record${files.length === 1 ? '' : 's'} in ${shown(folder)}`
  if (found.length === 0) print(`${count}: every line is as it was written, as far as the chain tells.\n`)
  else print(`${count}: ${found.length} place${found.length === 1 ? ' is' : 's are'} not as written.\n`)
  return found.length === 0 ? 0 : 1
}

function sentence({ file, line, what }: Finding): string {
  return visibleLine(`${shown(file)}${line === undefined ? '' : `:${line}`}: ${what}`)
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
