import { derive, type Text } from '../task.ts'
import { configLabel, configSum } from './compare.ts'
import { type ContainerArgs, options } from './options.ts'

type Mutable = { [key: string]: unknown }

/** The request that makes a container; values of the environment may be secrets, which the link reveals on the wire. */
export function containerBody(args: ContainerArgs, image: string): { readonly [key: string]: unknown } {
  const config: Mutable = { Image: image }
  const hostConfig: Mutable = {}
  for (const option of options) {
    const value = option.value(args)
    if (value === undefined) continue
    const [place = '', key = ''] = option.at.split('.')
    if (place === 'HostConfig') hostConfig[key] = value
    else config[key] = value
  }
  if (args.env)
    config.Env = Object.entries(args.env).map(([name, value]): Text => derive([value], (plain) => `${name}=${plain}`))
  config.Labels = { ...args.labels_when_made, ...args.labels, [configLabel]: configSum(args) }
  const [first] = args.networks ?? []
  if (first && args.network_mode === undefined) hostConfig.NetworkMode = first.name
  const networking =
    first && (args.network_mode === undefined || args.network_mode === first.name)
      ? { EndpointsConfig: { [first.name]: endpointBody(first) } }
      : undefined
  return { ...config, HostConfig: hostConfig, ...(networking && { NetworkingConfig: networking }) }
}

/** Networks that a new container does not join by being made; older engines take only one then. */
export function laterNetworks(args: ContainerArgs): readonly NonNullable<ContainerArgs['networks']>[number][] {
  const all = args.networks ?? []
  return args.network_mode === undefined || args.network_mode === all[0]?.name ? all.slice(1) : all
}

export function endpointBody({ aliases, ipv4_address, ipv6_address }: NonNullable<ContainerArgs['networks']>[number]): {
  readonly [key: string]: unknown
} {
  const ipam = {
    ...(ipv4_address !== undefined && { IPv4Address: ipv4_address }),
    ...(ipv6_address !== undefined && { IPv6Address: ipv6_address }),
  }
  return { ...(aliases && { Aliases: aliases }), ...(Object.keys(ipam).length > 0 && { IPAMConfig: ipam }) }
}

/** The request that changes the limits of a container as it runs. */
export function liveBody(
  args: ContainerArgs,
  names: readonly string[],
  memorySwap: number | undefined,
): { readonly [key: string]: unknown } {
  const body: Mutable = {}
  for (const option of options) {
    if (option.live && names.includes(option.argument)) body[option.at.replace('HostConfig.', '')] = option.value(args)
  }
  // The engine refuses more memory than memory and swap together; what it had set itself was twice the memory.
  if (typeof body.Memory === 'number' && body.MemorySwap === undefined && memorySwap !== undefined && memorySwap > 0)
    body.MemorySwap = body.Memory * 2
  return body
}
