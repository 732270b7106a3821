import type { Plain } from '../task.ts'

/** What the engine says of a network; only what is looked at. */
export interface Network {
  readonly Name: string
  readonly Id: string
  readonly Driver: string
  readonly Internal?: boolean
  readonly Attachable?: boolean
  readonly EnableIPv6?: boolean
  readonly Options?: { readonly [key: string]: string } | null
  readonly Labels?: { readonly [key: string]: string } | null
  readonly IPAM?: { readonly Driver?: string; readonly Config?: readonly AddressRange[] | null } | null
  readonly Containers?: { readonly [id: string]: { readonly Name: string } } | null
}

interface AddressRange {
  readonly Subnet?: string
  readonly Gateway?: string
  readonly IPRange?: string
  readonly AuxiliaryAddresses?: { readonly [name: string]: string } | null
}

export interface NetworkArgs {
  readonly name: string
  readonly driver: string
  readonly driver_options?: { readonly [key: string]: string } | undefined
  readonly internal?: boolean | undefined
  readonly attachable?: boolean | undefined
  readonly enable_ipv6?: boolean | undefined
  readonly ipam_driver?: string | undefined
  readonly ipam_config?:
    | readonly {
        readonly subnet?: string | undefined
        readonly gateway?: string | undefined
        readonly iprange?: string | undefined
        readonly aux_addresses?: { readonly [name: string]: string } | undefined
      }[]
    | undefined
  readonly labels?: { readonly [key: string]: string } | undefined
}

/** In what a network differs from the arguments that are given; undefined when in nothing. */
export function networkDifference(
  args: NetworkArgs,
  network: Network,
): { readonly before: Plain; readonly after: Plain } | undefined {
  const before: { [key: string]: Plain } = {}
  const after: { [key: string]: Plain } = {}
  const compare = (name: string, wanted: Plain | undefined, found: Plain) => {
    if (wanted === undefined || JSON.stringify(wanted) === JSON.stringify(found)) return
    before[name] = found
    after[name] = wanted
  }
  compare('driver', args.driver, network.Driver)
  compare('internal', args.internal, network.Internal ?? false)
  compare('attachable', args.attachable, network.Attachable ?? false)
  compare('enable_ipv6', args.enable_ipv6, network.EnableIPv6 ?? false)
  compare('ipam_driver', args.ipam_driver, network.IPAM?.Driver ?? 'default')
  compare('driver_options', inOrder(args.driver_options), pick(args.driver_options, network.Options))
  compare('labels', inOrder(args.labels), pick(args.labels, network.Labels))
  const ranges = args.ipam_config?.map(rangeOf)
  const there = (network.IPAM?.Config ?? []).map((one, index) => pickRange(ranges?.[index], one))
  compare('ipam_config', ranges as unknown as Plain | undefined, there as unknown as Plain)
  return Object.keys(after).length === 0 ? undefined : { before, after }
}

/** The request that makes a network. */
export function networkBody(args: NetworkArgs): { readonly [key: string]: unknown } {
  const { name, driver, driver_options, internal, attachable, enable_ipv6, ipam_driver, ipam_config, labels } = args
  return {
    Name: name,
    Driver: driver,
    CheckDuplicate: true,
    ...(internal !== undefined && { Internal: internal }),
    ...(attachable !== undefined && { Attachable: attachable }),
    ...(enable_ipv6 !== undefined && { EnableIPv6: enable_ipv6 }),
    ...(driver_options && { Options: driver_options }),
    ...(labels && { Labels: labels }),
    ...((ipam_driver !== undefined || ipam_config) && {
      IPAM: { Driver: ipam_driver ?? 'default', Config: ipam_config?.map(rangeOf) ?? [] },
    }),
  }
}

function rangeOf(range: NonNullable<NetworkArgs['ipam_config']>[number]): AddressRange {
  const { subnet, gateway, iprange, aux_addresses } = range
  return {
    ...(subnet !== undefined && { Subnet: subnet }),
    ...(gateway !== undefined && { Gateway: gateway }),
    ...(iprange !== undefined && { IPRange: iprange }),
    ...(aux_addresses && { AuxiliaryAddresses: aux_addresses }),
  }
}

/** Of a range that is there, what the wanted one says something about: the engine chooses a gateway by itself. */
function pickRange(wanted: AddressRange | undefined, found: AddressRange): AddressRange {
  return Object.fromEntries(Object.keys(wanted ?? found).map((key) => [key, found[key as keyof AddressRange] ?? null]))
}

type Texts = { readonly [key: string]: string }

const inOrder = (texts: Texts | undefined): Plain | undefined =>
  texts && Object.fromEntries(Object.entries(texts).sort())

function pick(wanted: Texts | undefined, found: Texts | null | undefined): Plain {
  return Object.fromEntries(
    Object.keys(wanted ?? {})
      .sort()
      .flatMap((key) => (found?.[key] === undefined ? [] : [[key, found[key]]])),
  )
}
