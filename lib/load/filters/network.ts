import { isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'
import { ask } from './address-questions.ts'
import { type FilterTable, reading } from './definition.ts'
import { hardwareAddress } from './hardware-addresses.ts'
import { networks } from './networks.ts'

const known = (answer: Item) => answer !== false && answer !== null && answer !== ''

function addressFilter(version: 4 | 6 | undefined) {
  return reading('query', (input, args) => {
    const question = args.text('query', '')
    if (isList(input)) return input.map((one) => ask(one, question, version)).filter(known)
    return ask(input, question, version)
  })
}

/** Brackets around IPv6 addresses; everything else stays as it is. */
function wrapped(input: Item): Item {
  const answer = ask(input, 'wrap', undefined)
  return known(answer) ? answer : input
}

function hexOf(input: Item, delimiter: string): Item {
  const value = ask(input, 'address', 4)
  if (typeof value !== 'string') throw new Fault('template-argument', `"${str(input)}" is no IPv4 address`)
  return value
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(delimiter)
}

/** Questions about addresses and networks: `ansible.utils.ipaddr` and its like. */
export const network: FilterTable = {
  ipaddr: addressFilter(undefined),
  ipv4: addressFilter(4),
  ipv6: addressFilter(6),
  ipwrap: reading('query', (input) => (isList(input) ? input.map(wrapped) : wrapped(input))),
  ip4_hex: reading('delimiter', (input, args) => hexOf(input, args.text('delimiter', ''))),
  hwaddr: reading('query', (input, args) => hardwareAddress(input, args.text('query', ''), 'hwaddr')),
  macaddr: reading('query', (input, args) => hardwareAddress(input, args.text('query', ''), 'macaddr')),
  ...networks,
}
