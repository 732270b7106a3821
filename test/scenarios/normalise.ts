import { relative } from 'node:path'
import { inventoryNames } from '../../lib/load/inventory.ts'
import { root } from '../../lib/root.ts'

/** What differs from run to run (places, ports, keys, times, inventories of one's own) replaced by words that do not. */
export function normalise(text: string, folder: string): string {
  const plain = text
    .replaceAll(`${folder}/`, '')
    .replaceAll(folder, '.')
    .replaceAll(`${relative(folder, root)}/`, '')
    .replaceAll(`${root}/`, '')
    .replaceAll(inventoryNames(root).join(', '), 'prod, sandbox, staging')
    .replaceAll(/(127\.0\.0\.1\]?:)\d{4,5}/g, '$1PORT')
    .replaceAll(/\bport \d{4,5}\b/g, 'port PORT')
    .replaceAll(/SHA256:[\w+/]+/g, 'SHA256:FINGERPRINT')
    .replaceAll(/AAAA[\w+/=]{40,}/g, 'AAAAKEY')
    .replaceAll(/"at":"\d{4}-[^"]*Z"/g, '"at":"TIME"')
    .replaceAll(/ {2}\((\d+(\.\d)? s|\d+ min \d+ s)\)$/gm, '')
    .replaceAll(/took \d+(\.\d)? s/g, 'took N s')
  return sorted(plain)
}

const results = /^(ok|changed|skipped|failed|unreachable|unknown) +(\S+) {2}(\S.*)$/

/** Hosts work side by side: lines of one task, each with what is indented below it, are put in the order of the hosts. */
function sorted(text: string): string {
  const groups: string[][] = []
  for (const line of text.split('\n')) {
    const last = groups.at(-1)
    if (line.startsWith('    ') && last !== undefined) last.push(line)
    else groups.push([line])
  }
  const of = (group: readonly string[] | undefined) => results.exec(group?.[0] ?? '') ?? undefined
  for (let index = 1; index < groups.length; index++) {
    for (let at = index; at > 0; at--) {
      const [before, after] = [of(groups[at - 1]), of(groups[at])]
      if (before === undefined || after === undefined || before[3] !== after[3]) break
      if ((before[2] ?? '') <= (after[2] ?? '')) break
      groups.splice(at - 1, 2, groups[at] as string[], groups[at - 1] as string[])
    }
  }
  return groups.flat().join('\n')
}
