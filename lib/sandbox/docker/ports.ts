import type { Engine } from './engine.ts'
import type { ContainerRecord, HostConfig, PublishedPort } from './records.ts'
import { badParameter, systemError } from './refusal.ts'

const anyAddress = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::'

const clash = (one: PublishedPort, other: PublishedPort): boolean =>
  one.hostPort === other.hostPort &&
  one.protocol === other.protocol &&
  (one.hostIp === other.hostIp ||
    (anyAddress(one.hostIp) && one.hostIp !== '::') ||
    (anyAddress(other.hostIp) && other.hostIp !== '::'))

/** Splits `3000/tcp`; throws 400 when it is no port. */
export const parsePort = (key: string): { readonly port: number; readonly protocol: string } => {
  const [port = '', protocol = 'tcp'] = key.split('/')
  if (!/^\d+$/.test(port) || Number(port) > 65_535) {
    throw badParameter(`invalid port specification: ${JSON.stringify(key)}`)
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw badParameter(`invalid protocol: ${protocol}`)
  return { port: Number(port), protocol }
}

/** Refuses bindings whose container or host port is none. */
export const checkPortBindings = (bindings: HostConfig['PortBindings']): void => {
  for (const [key, list] of Object.entries(bindings)) {
    parsePort(key)
    for (const { HostPort } of list) if (HostPort !== '') parsePort(HostPort)
  }
}

/** The first of the ports that Linux hands out by itself. */
const firstFree = 32_768

const taken = (engine: Engine, but: ContainerRecord): readonly PublishedPort[] =>
  engine.records.containers
    .filter((other) => other !== but && other.State.Running)
    .flatMap(({ published }) => published)

/**
 * Publishes the ports of a container that starts. As with the real engine, a binding acts only if its port is exposed (by the image or
 * by the container); and an empty host address means all, IPv4 and IPv6. Throws 500 when a port is in use.
 */
export const publish = (engine: Engine, container: ContainerRecord): readonly PublishedPort[] => {
  const { HostConfig, Config } = container
  if (HostConfig.NetworkMode === 'host' || HostConfig.NetworkMode === 'none') return []
  const others = taken(engine, container)
  const mine: PublishedPort[] = []
  const free = (port: PublishedPort): boolean =>
    ![...others, ...mine].some((other) => clash(port, other)) && !engine.settings.portTaken(port.hostIp, port.hostPort)
  for (const key of Object.keys(Config.ExposedPorts ?? {})) {
    const { port: containerPort, protocol } = parsePort(key)
    const wanted = HostConfig.PortBindings[`${containerPort}/${protocol}`] ?? HostConfig.PortBindings[key] ?? []
    const bindings = wanted.length === 0 && HostConfig.PublishAllPorts ? [{ HostIp: '', HostPort: '' }] : wanted
    for (const { HostIp, HostPort } of bindings) {
      const hostIp = HostIp === '' ? '0.0.0.0' : HostIp
      let hostPort = HostPort === '' || HostPort === '0' ? firstFree : Number(HostPort)
      if (hostPort === firstFree && HostPort !== String(firstFree)) {
        while (!free({ containerPort, protocol, hostIp, hostPort })) hostPort++
      }
      const port = { containerPort, protocol, hostIp, hostPort }
      if (!free(port))
        throw portRefused(
          container,
          port,
          others.some((other) => clash(port, other)),
        )
      mine.push(port)
      if (HostIp === '') mine.push({ ...port, hostIp: '::' })
    }
  }
  return mine
}

const portRefused = (container: ContainerRecord, port: PublishedPort, byContainer: boolean): Error => {
  const endpoint = Object.values(container.Networks)[0]
  const where = `${port.hostIp}:${port.hostPort}`
  const why = byContainer
    ? `Bind for ${where} failed: port is already allocated`
    : `failed to bind host port for ${where}:${endpoint?.IPAddress ?? ''}:${port.containerPort}/${port.protocol}: address already in use`
  return systemError(
    `failed to set up container networking: driver failed programming external connectivity on endpoint ${container.Name} (${endpoint?.EndpointID ?? ''}): ${why}`,
  )
}

/**
 * The real loopback port behind an address of the imitated machine, or undefined when nothing listens there.
 * `hostIp` may be any address of the machine; a port published on one address only is found on that address only.
 */
export const resolvePort = (engine: Engine, hostIp: string, port: number): number | undefined => {
  for (const container of engine.records.containers) {
    if (!container.State.Running || container.State.Paused) continue
    const ports = engine.live.get(container.Id)?.program?.ports
    if (ports === undefined) continue
    if (container.HostConfig.NetworkMode === 'host' && ports[port] !== undefined) return ports[port]
    const hit = container.published.find(
      (binding) =>
        binding.hostPort === port &&
        binding.protocol === 'tcp' &&
        (anyAddress(binding.hostIp) ||
          binding.hostIp === hostIp ||
          (hostIp === 'localhost' && isLoopback(binding.hostIp))),
    )
    if (hit !== undefined) return ports[hit.containerPort]
  }
  return undefined
}

const isLoopback = (ip: string): boolean => ip === '::1' || ip.startsWith('127.')
