import { type Address, contains, parseAddress } from './addresses.ts'

const networks = (...written: readonly string[]): (() => readonly Address[]) => {
  let known: readonly Address[] | undefined
  return () => {
    known ??= written.flatMap((one) => parseAddress(one) ?? [])
    return known
  }
}

const loopbacks = networks('127.0.0.0/8', '::1/128')
const linkLocals = networks('169.254.0.0/16', 'fe80::/10')
const multicasts = networks('224.0.0.0/4', 'ff00::/8')

/** What Python's netaddr calls private, which is more than RFC 1918 says. */
const privates = networks(
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '239.0.0.0/8',
  'fc00::/7',
  'fec0::/10',
)

const isIn = (among: () => readonly Address[], one: Address) => among().some((network) => contains(network, one))

/** A private or link-local network or address. */
export function isPrivate(one: Address): boolean {
  return isIn(privates, one) || isIn(linkLocals, one)
}

/** What a network or address is for; `unicast` for what all may reach. */
export function kindOf(one: Address): 'loopback' | 'linkLocal' | 'multicast' | 'private' | 'mask' | 'unicast' {
  if (isIn(loopbacks, one)) return 'loopback'
  if (isIn(multicasts, one)) return 'multicast'
  if (isIn(linkLocals, one)) return 'linkLocal'
  if (isPrivate(one)) return 'private'
  return isMask(one) ? 'mask' : 'unicast'
}

/** Bits that are all ones and then all zeros, or the other way round. */
function isMask({ version, value }: Address): boolean {
  const bits = value.toString(2).padStart(version === 4 ? 32 : 128, '0')
  return /^(?:1*0*|0*1*)$/.test(bits)
}
