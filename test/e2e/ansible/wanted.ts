import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../../lib/root.ts'
import { type Part, parts } from './observed.ts'

/** Something we do otherwise than Ansible, on purpose. */
export interface Wanted {
  readonly what: string
  readonly why: string
  /** The cases that show it, each with the parts in which the two differ. */
  readonly cases: { readonly [id: string]: readonly Part[] }
}

const file = join(root, 'test/e2e/ansible/wanted-differences.yml')

/** The one list of wanted differences; throws when an entry of it is not complete. */
export function wantedDifferences(): readonly Wanted[] {
  const list = parse(readFileSync(file, 'utf8')) as readonly Wanted[]
  for (const { what, why, cases } of list) {
    const complete = typeof what === 'string' && typeof why === 'string' && Object.keys(cases ?? {}).length > 0
    if (!complete) throw new Error(`wanted-differences.yml: an entry needs "what", "why" and "cases": ${what}`)
    for (const [id, differing] of Object.entries(cases))
      if (!differing.every((part) => parts.includes(part)))
        throw new Error(`wanted-differences.yml: ${id} names a part that there is not; parts are ${parts.join(', ')}`)
  }
  return list
}

/** In which parts a case is to differ; none when it is in no list. */
export function wantedParts(): ReadonlyMap<string, readonly Part[]> {
  return new Map(wantedDifferences().flatMap(({ cases }) => Object.entries(cases)))
}
