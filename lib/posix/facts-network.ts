import type { Value } from '../task.ts'
import type { Facts, Sections } from './facts.ts'

interface Address {
  readonly device: string
  readonly family: string
  readonly address: string
  readonly prefix: number
  readonly broadcast: string
  readonly scope: string
}

export function networkFacts(sections: Sections): Facts {
  const addresses = sections('address').flatMap(readAddress)
  const links = new Map(sections('link').flatMap(readLink))
  // 127.0.0.0/8 is everywhere, and tells nothing.
  const all = (family: string) =>
    addresses.filter((one) => one.family === family && one.scope !== 'host').map((one) => one.address)
  return {
    interfaces: [...links.keys()],
    all_ipv4_addresses: all('inet'),
    all_ipv6_addresses: all('inet6'),
    default_ipv4: defaultIpv4(sections('route'), addresses, links),
    default_ipv6: defaultIpv6(sections('route6'), addresses, links),
  }
}

function readAddress(line: string): Address[] {
  const [, device = '', family = '', written = ''] = /^\d+:\s+(\S+)\s+(inet6?)\s+(\S+)/.exec(line) ?? []
  const [address = '', prefix = '32'] = written.split('/')
  const broadcast = / brd (\S+)/.exec(line)?.[1] ?? ''
  return device === ''
    ? []
    : [{ device, family, address, prefix: Number(prefix), broadcast, scope: / scope (\S+)/.exec(line)?.[1] ?? '' }]
}

function readLink(line: string): [string, { readonly [key: string]: Value }][] {
  const [, device = ''] = /^\d+:\s+([^:@\s]+)/.exec(line) ?? []
  const mtu = Number(/ mtu (\d+)/.exec(line)?.[1] ?? 0)
  return device === ''
    ? []
    : [
        [
          device,
          {
            mtu,
            macaddress: /link\/\S+ ([0-9a-f:]{17})/.exec(line)?.[1] ?? '',
            type: / link\/(\S+)/.exec(line)?.[1] ?? '',
          },
        ],
      ]
}

type Links = ReadonlyMap<string, { readonly [key: string]: Value }>

function defaultIpv4(lines: readonly string[], addresses: readonly Address[], links: Links): Facts {
  const text = lines.join('\n')
  const device = / dev (\S+)/.exec(text)?.[1]
  const source = / src (\S+)/.exec(text)?.[1]
  const own = addresses.find(
    (one) => one.family === 'inet' && one.device === device && (source === undefined || one.address === source),
  )
  if (device === undefined || own === undefined) return {}
  const gateway = / via (\S+)/.exec(text)?.[1]
  const mask = (2 ** 32 - 2 ** (32 - own.prefix)) >>> 0
  return {
    address: own.address,
    interface: device,
    alias: device,
    ...(gateway !== undefined && { gateway }),
    netmask: dotted(mask),
    network: dotted((number(own.address) & mask) >>> 0),
    prefix: String(own.prefix),
    broadcast: own.broadcast,
    ...links.get(device),
  }
}

function defaultIpv6(lines: readonly string[], addresses: readonly Address[], links: Links): Facts {
  const [first = ''] = lines
  const device = / dev (\S+)/.exec(first)?.[1]
  const own = addresses.find((one) => one.family === 'inet6' && one.device === device && one.scope === 'global')
  if (device === undefined || own === undefined) return {}
  const gateway = / via (\S+)/.exec(first)?.[1]
  return {
    address: own.address,
    interface: device,
    ...(gateway !== undefined && { gateway }),
    prefix: String(own.prefix),
    scope: own.scope,
    ...links.get(device),
  }
}

const number = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
