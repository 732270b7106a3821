import { hostname, userInfo } from 'node:os'
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
    .replaceAll(`${userInfo().username}@${hostname()}`, 'me@here')
    .replaceAll(/\(process \d+/g, '(process N')
    .replaceAll(/(The run of )\d{4}-\d\d-\d\d [\d:]+Z/g, '$1TIME')
    .replaceAll(/since \d{4}-\d\d-\d\dT[\d:.]+Z/g, 'since TIME')
    .replaceAll(/renewed \d+ s ago and runs \d+ s more/g, 'renewed N s ago and runs N s more')
    .replaceAll(/not been heard of for \d+ s/g, 'not been heard of for N s')
    .replaceAll(/ {2}\((\d+(\.\d)? s|\d+ min \d+ s)\)$/gm, '')
    .replaceAll(/^( +(?:start|end|delta): ).*$/gm, '$1TIME')
    .replaceAll(/took \d+(\.\d)? s/g, 'took N s')
    .replaceAll(/^(Slowest tasks\n)(?: {2}.*\n)+/gm, '$1  …\n')
    .replaceAll(/connecting .* received$/gm, 'connecting, asking, applying; round trips, sent, received')
  return sorted(plain)
}

const result = /^(ok|changed|skipped|failed|unreachable|unknown|warning|error) +(\S+) {2}\S/

/** Hosts work side by side: lines of results, each with what is indented below it, are put in the order of the hosts. */
function sorted(text: string): string {
  const out: string[] = []
  let groups: { host: string; lines: string[] }[] = []
  const close = () => {
    out.push(...groups.toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0)).flatMap((one) => one.lines))
    groups = []
  }
  for (const line of text.split('\n')) {
    const host = result.exec(line)?.[2]
    const last = groups.at(-1)
    if (host !== undefined) groups.push({ host, lines: [line] })
    else if (line.startsWith('    ') && last !== undefined) last.lines.push(line)
    else {
      close()
      out.push(line)
    }
  }
  close()
  return out.join('\n')
}
