import { parseArgs } from 'node:util'
import type { Diagnostic } from '../../../lib/core/diagnostic.ts'

/** What two programs are compared by. */
export interface Comparison<Case extends { readonly id: string }, Observed> {
  /** How it is called and what it does, for people. */
  readonly usage: string
  readonly cases: readonly Case[]
  recordedOf(cases: readonly Case[]): ReadonlyMap<string, Observed>
  record(cases: readonly Case[], known: ReadonlyMap<string, Observed>): void
  /** Runs cases with Ansible; `say` is given what it wrote where that is wanted. */
  theirs(cases: readonly Case[], say: (text: string) => void): Promise<ReadonlyMap<string, Observed>>
  ours(one: Case): Promise<{ readonly observed: Observed; readonly findings: readonly Diagnostic[] }>
  /** Undefined where all is as it should be, else the difference as text. */
  difference(one: Case, theirs: Observed, ours: Observed): string | undefined
}

/** The command behind `compare.ts`: records what Ansible does where that is asked for, and shows where we differ. */
export async function compare<Case extends { readonly id: string }, Observed>(
  comparison: Comparison<Case, Observed>,
): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      record: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      outputs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const say = (text: string) => process.stdout.write(`${text}\n`)
  if (values.help) return void say(comparison.usage)
  const every = comparison.cases
  const cases = every.filter(({ id }) => positionals.length === 0 || positionals.some((word) => id.includes(word)))
  if (values.record) {
    const known = comparison.recordedOf(every)
    const wanted = cases.filter(({ id }) => values.all || !known.has(id))
    const began = performance.now()
    const seen = await comparison.theirs(wanted, values.outputs ? say : () => undefined)
    comparison.record(every, new Map([...known, ...seen]))
    say(`${seen.size} recorded in ${Math.round((performance.now() - began) / 1000)} s`)
  }
  const recorded = comparison.recordedOf(every)
  let same = 0
  for (const one of cases) {
    const theirs = recorded.get(one.id)
    const said = theirs === undefined ? ': not recorded' : await differing(comparison, one, theirs)
    if (said === undefined) same++
    else say(`\n${one.id}${said}`)
  }
  say(`\n${same} of ${cases.length} agree`)
}

async function differing<Case extends { readonly id: string }, Observed>(
  comparison: Comparison<Case, Observed>,
  one: Case,
  theirs: Observed,
): Promise<string | undefined> {
  try {
    const { observed, findings } = await comparison.ours(one)
    const difference = comparison.difference(one, theirs, observed)
    const found = findings.map(({ at, code, message }) => `\n    ! ${at?.line ?? ''} ${code}: ${message}`)
    return difference === undefined ? undefined : `\n${difference}${found.join('')}`
  } catch (error) {
    return `: DEFECT ${error instanceof Error ? error.stack : String(error)}`
  }
}
