import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Left, LeftTask } from '../core/left.ts'
import { aliveSince } from '../processes/alive.ts'
import { unlink } from './chain.ts'
import type { Entry, Head } from './entry.ts'
import { headOf, read, recordsIn, tailOf } from './file.ts'
import { type Progress, startLeft } from './left.ts'

/** A run that did not come to its end, or left something to the next one. */
export interface Unsettled extends Progress {
  readonly head: Head
  readonly file: string
  readonly how: 'cut off' | 'stopped' | 'failed'
}

/** Records of the same playbook that are looked at; older ones count as settled. */
const depth = 50

/**
 * The unsettled runs of a playbook that no later run has taken over, newest first. A run that still goes on is none, nor is
 * a check. With `resumes`, the newest run counts also when it failed and owes nothing.
 */
export function lookBack(folder: string, playbook: string, resumes = false): readonly Unsettled[] {
  const runs = newest(folder, playbook)
  const taken = new Set(runs.flatMap(({ head }) => head.continues?.runs ?? []))
  return runs
    .filter(({ head }) => !taken.has(head.id))
    .map(({ file, head }, index) => unsettled(file, head, resumes && index === 0))
    .filter((run) => run !== undefined)
}

function newest(folder: string, playbook: string): readonly { readonly file: string; readonly head: Head }[] {
  const found: { file: string; head: Head }[] = []
  for (const file of recordsIn(folder).toReversed()) {
    const head = headOf(file)
    if (head?.playbook === playbook && !head.check) found.push({ file, head })
    if (found.length === depth) break
  }
  return found
}

function unsettled(file: string, head: Head, alsoFailed: boolean): Unsettled | undefined {
  const end = tailOf(file)?.entry
  if (end?.kind !== 'run.end')
    return goesOn(head) ? undefined : { head, file, how: 'cut off', ...progressOf(file, head) }
  const left = end.left ?? { owed: [], cut: [], changed: [] }
  const owes = left.owed.length + left.cut.length > 0
  if (!end.stopped && !owes && !(alsoFailed && end.exitCode !== 0)) return undefined
  return { head, file, how: end.stopped ? 'stopped' : 'failed', ...progressOf(file, head) }
}

/** Folds a record as far as it can be read. */
export function progressOf(file: string, head: Head): Progress {
  const fold = startLeft(head.continues?.left, head.partial)
  for (const entry of entriesOf(file)) fold.take(entry)
  return fold.progress()
}

/** The events of a record; lines that cannot be read are left out. */
export function entriesOf(file: string): readonly Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(1)
  return lines.map((line) => read<Entry>(unlink(line))).filter((entry) => entry !== undefined)
}

/** Everything that several runs left, as one. */
export function together(all: readonly { readonly left: Left }[]): Left {
  const once = <T>(list: readonly T[]): readonly T[] => [
    ...new Map(list.map((one) => [JSON.stringify(one), one])).values(),
  ]
  return {
    owed: once(all.flatMap(({ left }) => left.owed)),
    cut: once<LeftTask>(all.flatMap(({ left }) => left.cut)),
    changed: once<LeftTask>(all.flatMap(({ left }) => left.changed)),
  }
}

/** True while the process that writes the record is alive on this machine; one that was started later only has its number. */
export function goesOn({ pid, by, at }: Head): boolean {
  return by.endsWith(`@${hostname()}`) && pid !== process.pid && aliveSince(pid, at)
}
