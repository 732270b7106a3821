import { textOf } from '../posix/json-text.ts'
import { isMapping, type Plain, same, sha256, type Text, type Value } from '../task.ts'
import { containerArgs } from './arguments.ts'
import type { Container, Endpoint } from './inspect.ts'
import { type ContainerArgs, options } from './options.ts'
import { imageName, parseImage } from './reference.ts'

/** Label that says which arguments made a container, so that an argument that was removed is noticed too. */
export const configLabel = 'org.ametys.rocketchat.config'

export interface Difference {
  readonly name: string
  readonly before: Plain
  readonly after: Plain
  /** Can be changed without making the container anew. */
  readonly live: boolean
}

/** The image a container shall have; without an id, the engine does not have it yet. */
export interface WantedImage {
  readonly name: string
  readonly id: string | undefined
}

/** In what a container differs from the arguments that are given; a task that names no image does not describe a whole container. Values of the environment are compared, never shown. */
export function differences(
  args: ContainerArgs,
  container: Container,
  image: WantedImage | undefined,
): readonly Difference[] {
  const all: Difference[] = []
  if (image !== undefined && image.id === undefined && image.name !== imageName(parseImage(container.Config.Image))) {
    all.push({ name: 'image', before: container.Config.Image, after: `${image.name}, still to be pulled`, live: false })
  }
  if (image?.id !== undefined && image.id !== container.Image) {
    all.push({
      name: 'image',
      before: `${container.Config.Image} ${short(container.Image)}`,
      after: `${image.name} ${short(image.id)}`,
      live: false,
    })
  }
  for (const option of options) {
    const value = option.wanted(args)
    if (value === undefined) continue
    const after = option.canon(value)
    const before = option.canon(at(container, option.at))
    const [had, has] = option.compare === 'within' ? within(before, after) : [before, after]
    if (!equal(had, has)) all.push({ name: option.argument, before: had, after: has, live: option.live })
  }
  const labels = labelDifference(args.labels, container)
  if (labels) all.push(labels)
  const env = envDifference(args.env, container)
  if (env) all.push(env)
  const made = container.Config.Labels?.[configLabel]
  if (image !== undefined && made !== undefined && made !== configSum(args) && all.every((one) => one.live)) {
    all.push({
      name: 'arguments',
      before: 'made with further arguments, which are no longer given',
      after: 'as given',
      live: false,
    })
  }
  return all
}

/** SHA-256 of the arguments that make a container what it is; what can be changed later (limits, networks) is left out. */
export function configSum(args: ContainerArgs): string {
  const apart = new Set<string>([
    'networks',
    'restart_retries',
    'labels_when_made',
    ...options.filter((one) => one.live).map((one) => one.argument),
  ])
  const names = Object.keys(containerArgs()).filter((name) => !apart.has(name)) as (keyof ContainerArgs)[]
  const given = names
    .sort()
    .flatMap((name) => (args[name] === undefined ? [] : [[name, ordered(args[name] as Value)] as Value]))
  return sha256(textOf(given))
}

export interface NetworkPlan {
  readonly connect: readonly NonNullable<ContainerArgs['networks']>[number][]
  /** Networks to leave first: those to be joined in another way, and those not wanted. */
  readonly leave: readonly string[]
  readonly before: Plain
  readonly after: Plain
}

/** How the container's networks differ from those given; undefined when they do not. `purge` also leaves others. */
export function networkPlan(args: ContainerArgs, container: Container, purge: boolean): NetworkPlan | undefined {
  if (args.networks === undefined) return undefined
  const joined = container.NetworkSettings.Networks ?? {}
  const wrong = args.networks.filter((wanted) => !isJoined(wanted, joined[wanted.name]))
  const wantedNames = new Set(args.networks.map((one) => one.name))
  const extra = purge ? Object.keys(joined).filter((name) => !wantedNames.has(name)) : []
  if (wrong.length === 0 && extra.length === 0) return undefined
  return {
    connect: wrong,
    leave: [...wrong.map((one) => one.name).filter((name) => name in joined), ...extra],
    before: Object.fromEntries(
      [...wrong.map((one) => one.name), ...extra].map((name) => [name, describeEndpoint(joined[name])]),
    ),
    after: Object.fromEntries(wrong.map(({ name, ...rest }) => [name, rest as Plain])),
  }
}

function isJoined(wanted: NonNullable<ContainerArgs['networks']>[number], endpoint: Endpoint | undefined): boolean {
  if (endpoint === undefined) return false
  const names = new Set([...(endpoint.Aliases ?? []), ...(endpoint.DNSNames ?? [])])
  if (wanted.aliases?.some((alias) => !names.has(alias))) return false
  if (wanted.ipv4_address !== undefined && endpoint.IPAMConfig?.IPv4Address !== wanted.ipv4_address) return false
  return wanted.ipv6_address === undefined || endpoint.IPAMConfig?.IPv6Address === wanted.ipv6_address
}

function describeEndpoint(endpoint: Endpoint | undefined): Plain {
  if (endpoint === undefined) return 'not connected'
  return {
    aliases: endpoint.Aliases ?? [],
    ...(endpoint.IPAMConfig?.IPv4Address !== undefined && { ipv4_address: endpoint.IPAMConfig.IPv4Address }),
  }
}

function envDifference(
  wanted: { readonly [name: string]: Text } | undefined,
  container: Container,
): Difference | undefined {
  if (wanted === undefined) return undefined
  const there = new Map(
    (container.Config.Env ?? []).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  )
  const wrong = Object.entries(wanted).filter(
    ([name, value]) => !same(value, there.get(name) ?? '') || !there.has(name),
  )
  if (wrong.length === 0) return undefined
  const before = Object.fromEntries(wrong.map(([name]) => [name, there.has(name) ? 'has another value' : 'is missing']))
  return { name: 'env', before, after: Object.fromEntries(wrong.map(([name]) => [name, 'has its value'])), live: false }
}

function labelDifference(
  wanted: { readonly [name: string]: string } | undefined,
  container: Container,
): Difference | undefined {
  if (wanted === undefined) return undefined
  const [before, after] = within((container.Config.Labels ?? {}) as Plain, wanted)
  return equal(before, after) ? undefined : { name: 'labels', before, after, live: false }
}

/** Both sides reduced to the keys that are wanted and differ. */
function within(before: Plain, after: Plain): readonly [Plain, Plain] {
  if (!isMapping(before) || !isMapping(after)) return [before, after]
  const wrong = Object.keys(after).filter((key) => !equal(before[key] ?? null, after[key] ?? null))
  const pick = (side: { readonly [key: string]: unknown }) =>
    Object.fromEntries(wrong.flatMap((key) => (key in side ? [[key, side[key] as Plain]] : [])))
  return [pick(before), pick(after)]
}

function at(container: Container, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), container)
}

function equal(a: Plain, b: Plain): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))
}

/** The same value with the keys of its mappings in order. */
function ordered<T extends Value>(value: T): T {
  if (Array.isArray(value)) return value.map((one) => ordered(one as Value)) as unknown as T
  if (!isMapping(value)) return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, ordered(one)]),
  ) as unknown as T
}

function short(id: string): string {
  return id.slice(0, 19)
}
