import type { Engine } from './engine.ts'
import type { ContainerRecord, EndpointRecord, NetworkRecord } from './records.ts'
import { notFound } from './refusal.ts'
import { newId } from './store.ts'

/** The network with this name, id or beginning of an id. */
export const findNetwork = (engine: Engine, name: string): NetworkRecord | undefined =>
  engine.records.networks.find((network) => network.Id === name || network.Name === name) ??
  (/^[0-9a-f]{4,}$/.test(name) ? engine.records.networks.find((network) => network.Id.startsWith(name)) : undefined)

/** As `findNetwork`; throws 404. */
export const networkNamed = (engine: Engine, name: string): NetworkRecord => {
  const network = findNetwork(engine, name)
  if (network === undefined) throw notFound(`network ${name} not found`)
  return network
}

/** Whether containers on it find each other by name: every network but the three that are always there. */
export const isUserDefined = (name: string): boolean => !['bridge', 'host', 'none'].includes(name)

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

/** First and last address of a subnet; undefined when the text is none. */
export const subnetRange = (subnet: string): { readonly first: number; readonly last: number } | undefined => {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(subnet)
  if (match?.[1] === undefined || match[1].split('.').some((part) => Number(part) > 255) || Number(match[2]) > 32) {
    return undefined
  }
  const size = 2 ** (32 - Number(match[2]))
  const first = Math.floor(toNumber(match[1]) / size) * size
  return { first, last: first + size - 1 }
}

/** Number of leading bits of a network's subnet; 0 for the networks without addresses. */
export const prefixLength = (network: NetworkRecord): number => Number(network.Subnet.split('/')[1] ?? 0)

/** The address after the subnet's own: what the engine takes as gateway. */
export const firstAddress = (subnet: string): string => toAddress((subnetRange(subnet)?.first ?? 0) + 1)

/** The next of the engine's default subnets that does not overlap an existing network. */
export const freeSubnet = (engine: Engine): string => {
  for (let second = 18; second < 32; second++) {
    const subnet = `172.${second}.0.0/16`
    if (!overlaps(engine, subnet)) return subnet
  }
  for (let third = 0; third < 256; third += 16) {
    const subnet = `192.168.${third}.0/20`
    if (!overlaps(engine, subnet)) return subnet
  }
  throw notFound('all predefined address pools have been fully subnetted')
}

/** Whether a subnet shares addresses with an existing network. */
export const overlaps = (engine: Engine, subnet: string): boolean => {
  const wanted = subnetRange(subnet)
  return engine.records.networks.some((network) => {
    const found = subnetRange(network.Subnet)
    return wanted !== undefined && found !== undefined && wanted.first <= found.last && found.first <= wanted.last
  })
}

/** The containers that have an endpoint on the network, that is the running ones. */
export const endpointsOf = (engine: Engine, network: NetworkRecord): readonly ContainerRecord[] =>
  engine.records.containers.filter((container) => (container.Networks[network.Name]?.EndpointID ?? '') !== '')

/** Gives a container its endpoint and address on a network. */
export const joinNetwork = (engine: Engine, network: NetworkRecord, endpoint: EndpointRecord): void => {
  endpoint.NetworkID = network.Id
  endpoint.EndpointID = newId()
  const range = subnetRange(network.Subnet)
  if (range === undefined) return
  const wanted = endpoint.IPAMConfig?.IPv4Address
  const taken = new Set(endpointsOf(engine, network).map((other) => other.Networks[network.Name]?.IPAddress))
  taken.delete('')
  if (typeof wanted === 'string' && wanted !== '') {
    endpoint.IPAddress = wanted
    return
  }
  for (let value = range.first + 1; value < range.last; value++) {
    const address = toAddress(value)
    if (address !== network.Gateway && !taken.has(address)) {
      endpoint.IPAddress = address
      return
    }
  }
}

/** Takes endpoint and address back, when a container ends. */
export const leaveNetwork = (endpoint: EndpointRecord): void => {
  endpoint.EndpointID = ''
  endpoint.IPAddress = ''
}

/** The names under which a container is found on its networks: its name, its aliases, its short id, its host name. */
export const dnsNames = (container: ContainerRecord, endpoint: EndpointRecord): readonly string[] => [
  ...new Set([container.Name, ...(endpoint.Aliases ?? []), container.Id.slice(0, 12), container.Config.Hostname]),
]

/** The locally administered address that goes with an IPv4 address. */
export const macAddress = (address: string): string =>
  address === ''
    ? ''
    : `02:42:${address
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join(':')}`
