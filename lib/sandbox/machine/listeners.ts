import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './host.ts'

/** Writes the machine's listening ports to /proc/net/tcp and tcp6, where programs without `ss` look for them. */
export function showListeners(host: Host): void {
  const listeners = host.listeners()
  const folder = join(host.root, 'proc/net')
  mkdirSync(folder, { recursive: true })
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  for (const [file, sixth] of [
    ['tcp', false],
    ['tcp6', true],
  ] as const) {
    const rows = listeners
      .filter(({ address }) => address.includes(':') === sixth)
      .map(({ address, port }, index) => {
        const local = `${hexAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
        const remote = `${'0'.repeat(sixth ? 32 : 8)}:0000`
        return `${String(index).padStart(4)}: ${local} ${remote} 0A 00000000:00000000 00:00000000 00000000     0        0 ${4000 + port} 1 0000000000000000 100 0 0 10 0`
      })
    writeFileSync(join(folder, file), `${[head, ...rows].join('\n')}\n`)
  }
}

/** As the kernel prints it: four bytes at a time in the order of the processor; `[::]` and dotted addresses are told apart. */
function hexAddress(address: string): string {
  if (address.includes(':')) return address.includes('1') ? `${'0'.repeat(24)}01000000` : '0'.repeat(32)
  const bytes = address.split('.').map((one) => Number(one).toString(16).toUpperCase().padStart(2, '0'))
  return bytes.reverse().join('')
}
