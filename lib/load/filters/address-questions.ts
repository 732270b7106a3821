import { Fault } from '../template/error.ts'
import type { Item } from '../template/values.ts'
import { isPrivate, kindOf } from './address-kinds.ts'
import {
  type Address,
  addressText,
  bitsOf,
  cidrText,
  contains,
  firstOf,
  ipText,
  lastOf,
  parseAddress,
  sizeOf,
  usableOf,
} from './addresses.ts'

/** What a question is asked about: the address, and the value as it was written, which answers of yes give back. */
export interface Asked {
  readonly one: Address
  readonly written: Item
}

const text = (value: bigint, { version }: Address) => addressText(value, version)
const withPrefix = (one: Address) => `${ipText(one)}/${one.prefix}`
const isFirst = (one: Address) => one.value === firstOf(one)
const maskOf = (one: Address) => text((1n << BigInt(bitsOf(one.version))) - sizeOf(one), one)
const hostMaskOf = (one: Address) => text(sizeOf(one) - 1n, one)
/** Python has one type of whole numbers; here those that are too large for a number are another. */
export const whole = (value: bigint): Item => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value)

function usable({ one }: Asked): { readonly first: bigint; readonly last: bigint } | undefined {
  if (!one.isNetwork) throw new Fault('template-argument', `${ipText(one)} is an address, not a network`)
  return usableOf(one)
}

function beside(asked: Asked, step: bigint): Item {
  const range = usable(asked)
  const value = asked.one.value + step
  return range && value >= range.first && value <= range.last ? text(value, asked.one) : null
}

function hostWithPrefix({ one }: Asked): Item {
  const atAnEnd = sizeOf(one) > 2n && (isFirst(one) || one.value === lastOf(one))
  return atAnEnd ? false : withPrefix(one)
}

const ip = ({ one }: Asked): Item => (sizeOf(one) <= 2n || !isFirst(one) || one.version === 6 ? ipText(one) : null)
const when = (holds: boolean, { written }: Asked): Item => (holds ? written : null)

function peer(asked: Asked): Item {
  const { one } = asked
  usable(asked)
  const size = sizeOf(one)
  if (size === 2n) return text(one.value ^ 1n, one)
  if (size !== 4n) throw new Fault('template-argument', `${withPrefix(one)} is no point-to-point network`)
  const place = one.value % 4n
  if (place === 0n || place === 3n) {
    throw new Fault('template-argument', `the ${place === 0n ? 'network' : 'broadcast'} address of a /30 has no peer`)
  }
  return text(one.value ^ 3n, one)
}

function reverseName({ one }: Asked): Item {
  if (one.version === 4) return `${ipText(one).split('.').reverse().join('.')}.in-addr.arpa.`
  return `${[...one.value.toString(16).padStart(32, '0')].reverse().join('.')}.ip6.arpa.`
}

function toIpv4({ one, written }: Asked): Item {
  if (one.version === 4) return written
  const top = one.value >> 32n
  const isMapped = top === 0xffffn || top === 0n
  return isMapped && one.prefix >= 96 ? `${addressText(one.value & 0xffffffffn, 4)}/${one.prefix - 96}` : false
}

/** Networks that carry IPv4 addresses over IPv6 (RFC 3056). */
function sixToFour({ one, written }: Asked): Item {
  if (one.version === 6) {
    const isOne = one.value >> 112n === 0x2002n
    return isOne && !(one.isNetwork && isFirst(one)) ? written : false
  }
  if (sizeOf(one) > 1n && isFirst(one)) return false
  const groups = one.value.toString(16).padStart(8, '0')
  const kind = kindOf({ ...one, prefix: 32 })
  return kind === 'unicast' || isPrivate({ ...one, prefix: 32 })
    ? `2002:${groups.slice(0, 4)}:${groups.slice(4)}::1/48`
    : false
}

/** All questions with a name; what is asked about is an address already. */
export const questions: { readonly [question: string]: (asked: Asked) => Item } = {
  '': ({ one }) => (one.isNetwork ? withPrefix(one) : ipText(one)),
  '6to4': sixToFour,
  address: ip,
  'address/prefix': hostWithPrefix,
  bool: () => true,
  broadcast: ({ one }) => (sizeOf(one) > 2n ? text(lastOf(one), one) : null),
  cidr: ({ one }) => withPrefix(one),
  first_usable: (asked) => {
    const range = usable(asked)
    return range ? text(range.first, asked.one) : null
  },
  gateway: hostWithPrefix,
  gw: hostWithPrefix,
  host: ({ one }) => (sizeOf(one) <= 2n || !isFirst(one) ? withPrefix(one) : null),
  'host/prefix': hostWithPrefix,
  hostmask: ({ one }) => hostMaskOf(one),
  hostnet: hostWithPrefix,
  int: ({ one }) => (one.isNetwork ? `${one.value}/${one.prefix}` : whole(one.value)),
  ip,
  'ip/prefix': ({ one }) => (sizeOf(one) === 2n || (sizeOf(one) > 1n && !isFirst(one)) ? withPrefix(one) : null),
  ip_netmask: ({ one }) =>
    sizeOf(one) === 2n || (sizeOf(one) > 1n && !isFirst(one)) ? `${ipText(one)} ${maskOf(one)}` : null,
  ipv4: toIpv4,
  ipv6: ({ one, written }) => (one.version === 6 ? written : `::ffff:${ipText(one)}/${one.prefix + 96}`),
  last_usable: (asked) => {
    const range = usable(asked)
    return range ? text(range.last, asked.one) : null
  },
  'link-local': (asked) => when(kindOf({ ...asked.one, prefix: bitsOf(asked.one.version) }) === 'linkLocal', asked),
  loopback: (asked) => when(kindOf({ ...asked.one, prefix: bitsOf(asked.one.version) }) === 'loopback', asked),
  multicast: (asked) => when(kindOf(asked.one) === 'multicast', asked),
  net: ({ one }) => (sizeOf(one) > 1n && isFirst(one) ? cidrText(one) : null),
  netmask: ({ one }) => maskOf(one),
  network: ({ one }) => text(firstOf(one), one),
  'network/prefix': ({ one }) => cidrText(one),
  network_netmask: ({ one }) => `${text(firstOf(one), one)} ${maskOf(one)}`,
  network_wildcard: ({ one }) => `${text(firstOf(one), one)} ${hostMaskOf(one)}`,
  next_usable: (asked) => beside(asked, 1n),
  peer,
  prefix: ({ one }) => one.prefix,
  previous_usable: (asked) => beside(asked, -1n),
  private: (asked) => when(isPrivate(asked.one), asked),
  public: (asked) => when(kindOf({ ...asked.one, prefix: bitsOf(asked.one.version) }) === 'unicast', asked),
  range_usable: (asked) => {
    const range = usable(asked)
    return range ? `${text(range.first, asked.one)}-${text(range.last, asked.one)}` : null
  },
  revdns: reverseName,
  size: ({ one }) => whole(sizeOf(one)),
  size_usable: ({ one }) => {
    const range = usableOf(one)
    return whole(range ? range.last - range.first + 1n : 0n)
  },
  subnet: ({ one }) => cidrText(one),
  type: ({ one }) => (sizeOf(one) > 1n && isFirst(one) ? 'network' : 'address'),
  unicast: (asked) => when(kindOf(asked.one) !== 'multicast', asked),
  version: ({ one }) => one.version,
  wildcard: ({ one }) => hostMaskOf(one),
  wrap: ({ one, written }) =>
    one.version === 4 ? written : one.isNetwork ? `[${ipText(one)}]/${one.prefix}` : `[${ipText(one)}]`,
}

const otherNames: { readonly [name: string]: string } = {
  lo: 'loopback',
  network_id: 'network',
  router: 'gateway',
  v4: 'ipv4',
  v6: 'ipv6',
}

/** One value asked one question; false when it is no address, null when the question has no answer for it. */
export function ask(written: Item, question: string, version: 4 | 6 | undefined): Item {
  const isText = typeof written === 'string' || typeof written === 'number' || typeof written === 'bigint'
  const one = isText && written !== 0 ? parseAddress(String(written)) : undefined
  if (!one || (version !== undefined && one.version !== version)) return false
  const name = otherNames[question] ?? question
  const answer = Object.hasOwn(questions, name) ? questions[name] : undefined
  if (answer) return answer({ one, written: /^\d+(?:\/|$)/.test(String(written)) ? withPrefix(one) : written })
  if (/^-?\d+$/.test(question)) return nth(one, BigInt(question))
  const outer = parseAddress(question)
  if (outer) return contains(outer, one) ? written : null
  throw new Fault('template-argument', `the filter "ipaddr" knows no question "${question}"`, {
    mend: `use a network, a number, or one of ${Object.keys(questions).slice(1).join(', ')}`,
  })
}

/** The address of that number in a network, from its end for a negative one. */
function nth(one: Address, number: bigint): Item {
  if (sizeOf(one) === 1n) return one.isNetwork ? withPrefix(one) : ipText(one)
  const value = (number < 0n ? lastOf(one) + 1n : firstOf(one)) + number
  return value >= firstOf(one) && value <= lastOf(one) ? `${text(value, one)}/${one.prefix}` : false
}
