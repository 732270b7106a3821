import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../../lib/root.ts'
import { type Case, hashOf } from './case.ts'
import type { Observed } from './observed.ts'

const folder = join(root, 'test/e2e/ansible/inventories/recorded')

type Recorded = { readonly [title: string]: { readonly hash: string; readonly observed: Observed } }

/** Ansible's answers as they were recorded, by the id of the case; those of a case that has been edited since are left out. */
export function recordedOf(cases: readonly Case[]): ReadonlyMap<string, Observed> {
  const known = new Map<string, Recorded>()
  return new Map(
    cases.flatMap((one) => {
      const subject = known.get(one.subject) ?? read(one.subject)
      known.set(one.subject, subject)
      const entry = subject[one.title]
      return entry?.hash === hashOf(one) ? [[one.id, entry.observed] as const] : []
    }),
  )
}

function read(subject: string): Recorded {
  const file = join(folder, `${subject}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded) : {}
}

/** Writes the answers of all cases; those of cases that are gone go too. */
export function record(cases: readonly Case[], observed: ReadonlyMap<string, Observed>): void {
  for (const [subject, own] of Map.groupBy(cases, (one) => one.subject)) {
    const entries = own.flatMap((one) => {
      const seen = observed.get(one.id)
      const inOrder = seen && Object.fromEntries(one.questions.map(({ name }) => [name, seen[name]]))
      return inOrder === undefined ? [] : [[one.title, { hash: hashOf(one), observed: inOrder }] as const]
    })
    writeFileSync(join(folder, `${subject}.json`), `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`)
  }
}
