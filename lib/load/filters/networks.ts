import type { Arguments } from '../template/arguments.ts'
import { maxItems } from '../template/budget.ts'
import { isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'
import { whole } from './address-questions.ts'
import {
  type Address,
  addressText,
  bitsOf,
  cidrText,
  contains,
  firstOf,
  lastOf,
  parseAddress,
  sizeOf,
  usableOf,
} from './addresses.ts'
import { type FilterTable, reading } from './definition.ts'
import { digitsOf } from './hardware-addresses.ts'

const textAt = (value: bigint, { version }: Address) => addressText(value, version)

function needed(filter: string, written: Item): Address {
  const found = parseAddress(str(written))
  if (found) return found
  throw new Fault('template-argument', `the filter "${filter}": "${str(written)}" is no address and no network`)
}

/** Parts of a network by their size, or the networks around an address; the place of a network in another one. */
function subnet(input: Item, args: Arguments): Item {
  const one = parseAddress(str(input))
  if (!one) return false
  const query = str(args.get('query') ?? '')
  if (query === '') return cidrText(one)
  if (!/^\d+$/.test(query)) return placeIn(one, needed('ipsubnet', query))
  const size = Number(query)
  if (size > bitsOf(one.version)) return false
  const index = args.get('index') !== undefined ? BigInt(args.integer('index', 0)) : undefined
  const isAddress = sizeOf(one) === 1n || one.value !== firstOf(one)
  if (isAddress) return around(one, size, index)
  if (size < one.prefix) {
    throw new Fault('template-argument', `the filter "ipsubnet": ${cidrText(one)} has no parts of the size ${size}`)
  }
  const count = 1n << BigInt(size - one.prefix)
  if (index === undefined) return whole(count)
  const place = index < 0n ? count + index : index
  return place < 0n || place >= count ? false : `${textAt(firstOf(one) + place * (sizeOf(one) / count), one)}/${size}`
}

/** The networks that an address is in, from that of the size down to the smallest that is not the address alone. */
function around(one: Address, size: number, index: bigint | undefined): Item {
  const sizes = Array.from({ length: bitsOf(one.version) - size }, (_, step) => size + step)
  if (index === undefined) return cidrText({ ...one, prefix: size })
  const prefix = sizes.at(Number(index))
  return prefix === undefined ? false : cidrText({ ...one, prefix })
}

/** Which of the parts of the outer network it is, counted from 1. */
function placeIn(one: Address, outer: Address): Item {
  if (!contains(outer, one)) {
    throw new Fault('template-argument', `the filter "ipsubnet": ${cidrText(one)} is not in ${cidrText(outer)}`)
  }
  return whole((firstOf(one) - firstOf(outer)) / sizeOf(one) + 1n)
}

function moved(input: Item, amount: bigint): Item {
  const one = needed('ipmath', input)
  const value = one.value + amount
  if (value >= 0n && value < 1n << BigInt(bitsOf(one.version))) return textAt(value, one)
  throw new Fault('template-argument', `the filter "ipmath": ${str(input)} and ${amount} leave the addresses there are`)
}

function nthHost(input: Item, number: bigint): Item {
  const one = parseAddress(str(input))
  if (!one) return false
  const value = (number < 0n ? lastOf(one) + 1n : firstOf(one)) + number
  return value >= firstOf(one) && value <= lastOf(one) ? textAt(value, one) : false
}

function isWithin(input: Item, test: Item, usable: boolean): boolean {
  const [outer, inner] = [parseAddress(str(input)), parseAddress(str(test))]
  if (!outer || !inner || outer.version !== inner.version) return false
  const range = usable ? usableOf(outer) : undefined
  const { first, last } = range ?? { first: firstOf(outer), last: lastOf(outer) }
  return first <= firstOf(inner) && lastOf(inner) <= last
}

function nthUsable(input: Item, step: bigint): Item {
  const one = parseAddress(str(input))
  const range = one && usableOf(one)
  if (!one || !range) return null
  const value = one.value + step
  return value >= range.first && value <= range.last ? textAt(value, one) : null
}

/** The fewest networks that hold the same addresses, or with `span` the smallest one that holds all of them. */
function merged(input: Item, action: string): Item {
  if (!isList(input)) throw new Fault('template-argument', 'the filter "cidr_merge" needs a list of networks')
  const all = input.map((one) => needed('cidr_merge', one))
  if (action === 'span') return span(all)
  if (action === 'merge') return [...joined(all)].map(cidrText)
  throw new Fault('template-argument', `the filter "cidr_merge" knows no action "${action}"`, {
    mend: 'use merge or span',
  })
}

function joined(all: readonly Address[]): readonly Address[] {
  const sorted = all
    .map((one) => ({ ...one, value: firstOf(one) }))
    .sort((a, b) => a.version - b.version || (a.value < b.value ? -1 : a.value > b.value ? 1 : a.prefix - b.prefix))
  const out: Address[] = []
  for (const one of sorted) {
    const last = out.at(-1)
    if (last && contains(last, one)) continue
    out.push(one)
    for (let pair = halves(out); pair; pair = halves(out)) out.splice(-2, 2, pair)
  }
  return out
}

/** The network whose halves are the last two, if they are. */
function halves(out: readonly Address[]): Address | undefined {
  const [a, b] = out.slice(-2)
  if (!a || !b || a.version !== b.version || a.prefix !== b.prefix || a.prefix === 0) return undefined
  const whole = { ...a, prefix: a.prefix - 1 }
  return firstOf(whole) === a.value && contains(whole, b) ? whole : undefined
}

function span(all: readonly Address[]): Item {
  const [first] = all
  if (!first) throw new Fault('template-argument', 'the filter "cidr_merge" needs at least one network for a span')
  let outer = first
  while (!all.every((one) => contains(outer, one))) {
    if (outer.prefix === 0)
      throw new Fault('template-argument', 'the filter "cidr_merge": IPv4 and IPv6 have no common network')
    outer = { ...outer, prefix: outer.prefix - 1 }
  }
  return cidrText(outer)
}

function reduced(input: Item, outer: Address): Item {
  return (isList(input) ? input : [input]).filter((one) => {
    const inner = parseAddress(str(one))
    return inner !== undefined && contains(outer, inner)
  })
}

function allOf(input: Item): Item {
  const one = needed('usable_range', input)
  const size = sizeOf(one)
  if (size > BigInt(maxItems))
    throw new Fault('template-argument', `the filter "usable_range": ${cidrText(one)} has ${size} addresses`)
  const addresses = Array.from({ length: Number(size) }, (_, index) => textAt(firstOf(one) + BigInt(index), one))
  return { number_of_ips: Number(size), usable_ips: addresses }
}

/** The address that a host with this hardware address gives itself in a network (RFC 4291, appendix A). */
function selfMade(input: Item, hardware: Item): Item {
  const one = parseAddress(str(input))
  const digits = digitsOf(hardware)
  if (one?.version !== 6 || digits === undefined) return false
  const id = BigInt(`0x${digits.slice(0, 6)}fffe${digits.slice(6)}`) ^ (1n << 57n)
  return textAt(firstOf(one) + id, one)
}

/** Filters that reckon with networks. */
export const networks: FilterTable = {
  ipsubnet: reading('query index', subnet),
  ipmath: reading('amount', (input, args) => moved(input, BigInt(args.integer('amount', 0)))),
  nthhost: reading('query', (input, args) => nthHost(input, BigInt(args.integer('query', 0)))),
  network_in_network: reading('test', (input, args) => isWithin(input, args.get('test') ?? '', false)),
  network_in_usable: reading('test', (input, args) => isWithin(input, args.get('test') ?? '', true)),
  next_nth_usable: reading('offset', (input, args) => nthUsable(input, BigInt(args.integer('offset', 0)))),
  previous_nth_usable: reading('offset', (input, args) => nthUsable(input, -BigInt(args.integer('offset', 0)))),
  cidr_merge: reading('action', (input, args) => merged(input, args.text('action', 'merge'))),
  reduce_on_network: reading('network', (input, args) =>
    reduced(input, needed('reduce_on_network', args.get('network') ?? '')),
  ),
  usable_range: reading('', allOf),
  slaac: reading('query', (input, args) => selfMade(input, args.get('query') ?? '')),
}
