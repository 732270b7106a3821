import { readFileSync } from 'node:fs'
import path from 'node:path'
import { follows, unlink } from './chain.ts'
import type { Entry } from './entry.ts'
import { headOf, read, recordsIn } from './file.ts'

/** Something about a record that is not as it was written. */
export interface Finding {
  readonly file: string
  /** From 1; undefined when it is about the record as a whole. */
  readonly line: number | undefined
  readonly what: string
}

/**
 * Checks that the lines of a record are those that were written, all of them and in order, and that the record before it
 * still ends where it ended. What was removed from the end cannot be told from a run that was cut off: the audit line on
 * the host and the next record know how far it went.
 */
export function verify(file: string, others: ReadonlySet<string>): readonly Finding[] {
  const found: Finding[] = []
  const lines = readFileSync(file, 'utf8').split('\n')
  const torn = lines.pop() !== ''
  let chain = ''
  let expected = 1
  lines.forEach((line, index) => {
    const at = (what: string) => found.push({ file, line: index + 1, what })
    const link = unlink(line)
    if (link === undefined) {
      at('was edited: it is no line of a record')
      expected++
      return
    }
    if (link.n > expected)
      at(`${link.n - expected} line${link.n - expected === 1 ? ' was' : 's were'} removed before it`)
    else if (link.n < expected) at(`stands in the wrong place: it was line ${link.n}`)
    else if (!follows(link, chain)) at('was edited, or replaced by another')
    chain = link.chain
    expected = link.n + 1
  })
  if (torn && ended(lines)) found.push({ file, line: lines.length + 1, what: 'was added behind the end' })
  return [...found, ...predecessor(file, others)]
}

function ended(lines: readonly string[]): boolean {
  return read<Entry>(unlink(lines.at(-1) ?? ''))?.kind === 'run.end'
}

/** The record before must be there and hold the line that was its last. */
function predecessor(file: string, others: ReadonlySet<string>): readonly Finding[] {
  const before = headOf(file)?.follows
  if (before === undefined) return []
  const other = path.join(path.dirname(file), path.basename(before.record))
  if (!others.has(other)) return [{ file, line: 1, what: `the record before it is missing: ${before.record}` }]
  const lines = readFileSync(other, 'utf8').split('\n')
  const isIt = (line = '') => {
    const link = unlink(line)
    return link?.n === before.n && link.chain === before.chain
  }
  if (isIt(lines[before.n - 1]) || lines.some(isIt)) return []
  return [
    {
      file: other,
      line: before.n,
      what: `was edited or removed: the next record, ${path.basename(file)}, knows another`,
    },
  ]
}

/** Checks all records of a folder. */
export function verifyAll(folder: string): readonly Finding[] {
  const files = recordsIn(folder)
  const known = new Set(files)
  const findings = files.flatMap((file) => verify(file, known))
  return [...new Map(findings.map((one) => [`${one.file}:${one.line}`, one])).values()]
}
