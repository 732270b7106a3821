import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../../../lib/root.ts'

/** Something we read otherwise than Ansible, on purpose. */
export interface Wanted {
  readonly what: string
  readonly why: string
  /** The cases that show it, each with the questions that are answered differently. */
  readonly cases: { readonly [id: string]: readonly string[] }
}

const file = join(root, 'test/e2e/ansible/inventories/wanted-differences.yml')

/** The list of wanted differences; throws when an entry of it is not complete. */
export function wantedDifferences(): readonly Wanted[] {
  const list = parse(readFileSync(file, 'utf8')) as readonly Wanted[]
  for (const { what, why, cases } of list) {
    const complete = typeof what === 'string' && typeof why === 'string' && Object.keys(cases ?? {}).length > 0
    if (!complete) throw new Error(`wanted-differences.yml: an entry needs "what", "why" and "cases": ${what}`)
  }
  return list
}

/** Which questions about a case are to be answered differently; none when it is in no list. */
export function wantedQuestions(): ReadonlyMap<string, readonly string[]> {
  return new Map(wantedDifferences().flatMap(({ cases }) => Object.entries(cases)))
}
