import { packages } from './packages.ts'

/** An address, maybe with the network it is in. */
export interface Address {
  readonly version: 4 | 6
  readonly value: bigint
  readonly prefix: number
  /** It was written with a prefix or a netmask. */
  readonly isNetwork: boolean
}

export const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128)

/** An address with or without a prefix or a netmask behind a slash, or a number that stands for one; undefined when it is none. */
export function parseAddress(written: string): Address | undefined {
  const [text = '', mask, ...more] = written.trim().split('/')
  const found = /^\d+$/.test(text) ? ofNumber(BigInt(text)) : ofText(text)
  if (found === undefined || more.length > 0) return undefined
  const bits = bitsOf(found.version)
  if (mask === undefined) return { ...found, prefix: bits, isNetwork: false }
  const prefix = /^\d+$/.test(mask) ? Number(mask) : prefixOf(mask, found.version)
  return prefix === undefined || prefix > bits ? undefined : { ...found, prefix, isNetwork: true }
}

type Plain = Pick<Address, 'version' | 'value'>

/** Small numbers are IPv4. */
function ofNumber(value: bigint): Plain | undefined {
  if (value < 1n << 32n) return { version: 4, value }
  return value < 1n << 128n ? { version: 6, value } : undefined
}

function ofText(text: string): Plain | undefined {
  const { IPv4, IPv6 } = packages.addresses()
  if (IPv4.isValidFourPartDecimal(text)) return { version: 4, value: numberOf(IPv4.parse(text).toByteArray()) }
  if (text.includes('%') || !IPv6.isValid(text)) return undefined
  return { version: 6, value: numberOf(IPv6.parse(text).toByteArray()) }
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

function prefixOf(mask: string, version: 4 | 6): number | undefined {
  const { IPv4, IPv6 } = packages.addresses()
  const text = mask.trim()
  if (version === 4)
    return IPv4.isValidFourPartDecimal(text) ? (IPv4.parse(text).prefixLengthFromSubnetMask() ?? undefined) : undefined
  return IPv6.isValid(text) ? (IPv6.parse(text).prefixLengthFromSubnetMask() ?? undefined) : undefined
}

/** The usual text of an address: IPv6 shortened (RFC 5952), with a dotted end where an IPv4 address is in it. */
export function addressText(value: bigint, version: 4 | 6): string {
  const { IPv4, IPv6 } = packages.addresses()
  const bytes = Array.from({ length: bitsOf(version) / 8 }, (_, index) =>
    Number((value >> BigInt(bitsOf(version) - 8 - 8 * index)) & 255n),
  )
  if (version === 4) return new IPv4(bytes).toString()
  if (value >> 32n === 0xffffn) return `::ffff:${addressText(value & 0xffffffffn, 4)}`
  return new IPv6(bytes).toRFC5952String()
}

export const ipText = ({ value, version }: Plain): string => addressText(value, version)

/** How many addresses its network has. */
export const sizeOf = ({ version, prefix }: Address): bigint => 1n << BigInt(bitsOf(version) - prefix)

export const firstOf = (one: Address): bigint => one.value - (one.value % sizeOf(one))

export const lastOf = (one: Address): bigint => firstOf(one) + sizeOf(one) - 1n

/** First and last address that a host may have; undefined for a single address. Networks of two have no others. */
export function usableOf(one: Address): { readonly first: bigint; readonly last: bigint } | undefined {
  const size = sizeOf(one)
  if (size === 1n) return undefined
  return size === 2n ? { first: firstOf(one), last: lastOf(one) } : { first: firstOf(one) + 1n, last: lastOf(one) - 1n }
}

export const contains = (outer: Address, inner: Address): boolean =>
  outer.version === inner.version && firstOf(outer) <= firstOf(inner) && lastOf(inner) <= lastOf(outer)

/** `192.0.2.0/24`. */
export const cidrText = (one: Address): string => `${addressText(firstOf(one), one.version)}/${one.prefix}`
