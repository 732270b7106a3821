import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../lib/root.ts'
import { type Case, hashOf } from './case.ts'
import type { Observed } from './observed.ts'

const folder = join(root, 'test/e2e/ansible/recorded')

interface Recorded {
  /** Of the case as it was recorded. */
  readonly hash: string
  readonly observed: Observed
}

/** Ansible's results as they were recorded, by the id of the case; those of a case that has been edited since are left out. */
export function recordedOf(cases: readonly Case[]): ReadonlyMap<string, Observed> {
  const out = new Map<string, Observed>()
  for (const [subject, own] of Map.groupBy(cases, (one) => one.subject)) {
    const known = readSubject(subject)
    for (const one of own) {
      const entry = known[one.title]
      if (entry !== undefined && entry.hash === hashOf(one)) out.set(one.id, entry.observed)
    }
  }
  return out
}

function readSubject(subject: string): { readonly [title: string]: Recorded } {
  const file = join(folder, `${subject}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { [title: string]: Recorded }) : {}
}

/** Writes the results of all cases of the subjects at hand; those of cases that are gone go too. */
export function record(cases: readonly Case[], observed: ReadonlyMap<string, Observed>): void {
  for (const [subject, own] of Map.groupBy(cases, (one) => one.subject)) {
    const entries = own.flatMap((one) => {
      const seen = observed.get(one.id)
      return seen === undefined ? [] : [[one.title, { hash: hashOf(one), observed: seen }] as const]
    })
    writeFileSync(join(folder, `${subject}.json`), `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`)
  }
}
