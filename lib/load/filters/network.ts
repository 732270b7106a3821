import { isIPv4, isIPv6 } from 'node:net'
import { isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'

interface Address {
  readonly version: 4 | 6
  readonly address: string
  readonly value: bigint
  readonly prefix: number | undefined
}

/** An address with or without a prefix or a netmask behind a slash; undefined when it is none. */
function parseAddress(text: string): Address | undefined {
  const [address = '', mask, ...more] = text.trim().split('/')
  const version = isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined
  if (version === undefined || more.length > 0) return undefined
  const bits = version === 4 ? 32 : 128
  let prefix: number | undefined
  if (mask !== undefined) {
    prefix = /^\d+$/.test(mask) ? Number(mask) : version === 4 && isIPv4(mask) ? prefixOf(mask) : -1
    if (prefix === undefined || prefix < 0 || prefix > bits) return undefined
  }
  return { version, address, value: version === 4 ? valueOf4(address) : valueOf6(address), prefix }
}

/** The IPv4 address that a number stands for. */
function fromNumber(input: Item): Address | undefined {
  if (typeof input !== 'number' || !Number.isInteger(input) || input < 0 || input > 0xffffffff) return undefined
  const value = BigInt(input)
  return { version: 4, address: textOf(value, 4), value, prefix: undefined }
}

function valueOf4(address: string): bigint {
  return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n)
}

function valueOf6(address: string): bigint {
  const plain = address.replace(/(\d+\.\d+\.\d+\.\d+)$/, (dotted) => {
    const value = valueOf4(dotted)
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  return groups.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n)
}

function prefixOf(netmask: string): number | undefined {
  const bits = valueOf4(netmask).toString(2).padStart(32, '0')
  return /^1*0*$/.test(bits) ? bits.replace(/0/g, '').length : undefined
}

function textOf(value: bigint, version: 4 | 6): string {
  if (version === 6 && value >> 32n === 0xffffn) return `::ffff:${textOf(value & 0xffffffffn, 4)}`
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  const zeros = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0]
  if (!zeros) return groups.join(':')
  const text = groups.join(':')
  const head = text.slice(0, zeros.index)
  const tail = text.slice(zeros.index + zeros[0].length).replace(/^:/, '')
  return `${head}::${tail}`
}

const queries = [
  '',
  'address',
  'network',
  'prefix',
  'netmask',
  'broadcast',
  'network/prefix',
  'subnet',
  'net',
  'host/prefix',
  'version',
  'bool',
]

/** One address asked one question; false when it is no address, null when it has no answer. */
function ask(input: Item, question: string, version: 4 | 6 | undefined): Item {
  const found = typeof input === 'string' ? parseAddress(input) : fromNumber(input)
  if (!found || (version !== undefined && found.version !== version)) return false
  const bits = found.version === 4 ? 32 : 128
  const prefix = found.prefix ?? bits
  const hostBits = BigInt(bits - prefix)
  const network = (found.value >> hostBits) << hostBits
  switch (question) {
    case '':
      return found.prefix === undefined
        ? textOf(found.value, found.version)
        : `${textOf(found.value, found.version)}/${prefix}`
    case 'bool':
      return true
    case 'address':
      return found.prefix !== undefined && found.prefix < bits && found.value === network && found.prefix < bits - 1
        ? null
        : textOf(found.value, found.version)
    case 'network':
      return textOf(network, found.version)
    case 'prefix':
      return prefix
    case 'netmask':
      return textOf(((1n << BigInt(prefix)) - 1n) << hostBits, found.version)
    case 'broadcast':
      return prefix >= bits - 1 ? null : textOf(network | ((1n << hostBits) - 1n), found.version)
    case 'network/prefix':
    case 'subnet':
      return `${textOf(network, found.version)}/${prefix}`
    case 'net':
      return found.value === network && found.prefix !== undefined
        ? `${textOf(network, found.version)}/${prefix}`
        : null
    case 'host/prefix':
      return `${textOf(found.value, found.version)}/${prefix}`
    case 'version':
      return found.version
    default:
      throw new Fault('template-argument', `the filter "ipaddr" knows no question "${question}"`, {
        mend: `use ${queries.filter((query) => query !== '').join(', ')}`,
      })
  }
}

function addressFilter(version: 4 | 6 | undefined) {
  return reading('query', (input, args) => {
    const question = args.text('query', '')
    if (!queries.includes(question)) ask('192.0.2.1', question, undefined)
    if (isList(input))
      return input.map((one) => ask(one, question, version)).filter((answer) => answer !== false && answer !== null)
    return ask(input, question, version)
  })
}

/** Basic questions about addresses. */
export const network: FilterTable = {
  ipaddr: addressFilter(undefined),
  ipv4: addressFilter(4),
  ipv6: addressFilter(6),
  ipwrap: reading('', (input) => {
    const [address = '', ...prefix] = str(input).split('/')
    return [isIPv6(address) ? `[${address}]` : address, ...prefix].join('/')
  }),
}
