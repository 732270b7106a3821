/** A TCP port on which a machine listens. */
export interface Listener {
  /** Dotted or with colons; `0.0.0.0` and `::` are all addresses. */
  readonly address: string
  readonly port: number
  /** Name of a program that holds it, where the machine could say. */
  readonly process: string | undefined
}

/** State of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h). */
const listening = '0A'

/**
 * Reads the lines of /proc/net/tcp and /proc/net/tcp6 (addresses are in the byte order of the processor, here the little-endian
 * ones that are supported), with the names of programs from the lines of `ss -Hltnp`, which may be missing.
 */
export function readListeners(tables: readonly string[], programs: readonly string[]): readonly Listener[] {
  const names = new Map(
    programs.flatMap((line) => {
      const [, port, name] = /:(\d+)\s+\S+\s+users:\(\("([^"]+)"/.exec(line) ?? []
      return port === undefined || name === undefined ? [] : [[Number(port), name] as const]
    }),
  )
  return tables.flatMap((line) => {
    const [, address = '', port = '', state] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2})\b/.exec(line) ?? []
    if (state !== listening) return []
    const number = Number.parseInt(port, 16)
    return [{ address: addressOf(address), port: number, process: names.get(number) }]
  })
}

/** Whether someone who listens at `other` keeps others from listening at `address`, both of the same port. */
export function overlap(address: string, other: string): boolean {
  return address === other || isAny(address) || isAny(other)
}

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::'

function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff) return bytes.slice(12).join('.')
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1'
  return Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(':')
}
