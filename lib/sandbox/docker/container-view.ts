import type { Engine } from './engine.ts'
import { dnsNames, findNetwork, isUserDefined, macAddress, prefixLength } from './networks.ts'
import { dataRoot } from './paths.ts'
import type { ContainerRecord, EndpointRecord, PublishedPort } from './records.ts'

const endpointView = (engine: Engine, container: ContainerRecord, name: string, endpoint: EndpointRecord) => {
  const network = findNetwork(engine, name)
  const up = endpoint.EndpointID !== ''
  return {
    IPAMConfig: endpoint.IPAMConfig,
    Links: null,
    Aliases: endpoint.Aliases,
    MacAddress: up ? macAddress(endpoint.IPAddress) : '',
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: endpoint.NetworkID,
    EndpointID: endpoint.EndpointID,
    Gateway: up ? (network?.Gateway ?? '') : '',
    IPAddress: endpoint.IPAddress,
    IPPrefixLen: up && network ? prefixLength(network) : 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: isUserDefined(name) ? dnsNames(container, endpoint) : null,
  }
}

const portsView = (container: ContainerRecord) => {
  const ports: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  if (!container.State.Running) return ports
  for (const key of Object.keys(container.Config.ExposedPorts ?? {})) ports[key] = null
  for (const { containerPort, protocol, hostIp, hostPort } of container.published) {
    const key = `${containerPort}/${protocol}`
    ports[key] = [...(ports[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]
  }
  return ports
}

/** What `GET /containers/{id}/json` answers. */
export const inspectView = (engine: Engine, container: ContainerRecord) => {
  const { Id, Config, HostConfig, State } = container
  const words = [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])]
  const home = `${dataRoot}/containers/${Id}`
  const networks = Object.entries(container.Networks).map(
    ([name, endpoint]) => [name, endpointView(engine, container, name, endpoint)] as const,
  )
  const bridge = Object.fromEntries(networks).bridge
  return {
    Id,
    Created: container.Created,
    Path: words[0] ?? '',
    Args: words.slice(1),
    State,
    Image: container.ImageId,
    ResolvConfPath: `${home}/resolv.conf`,
    HostnamePath: `${home}/hostname`,
    HostsPath: `${home}/hosts`,
    LogPath: `${home}/${Id}-json.log`,
    Name: `/${container.Name}`,
    RestartCount: container.RestartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: 'docker-default',
    ExecIDs: null,
    HostConfig,
    GraphDriver: { Name: 'overlay2', Data: { MergedDir: `${dataRoot}/overlay2/${Id}/merged` } },
    Mounts: container.Mounts,
    Config,
    NetworkSettings: {
      Bridge: '',
      SandboxID: State.Running ? Id : '',
      SandboxKey: State.Running ? `/var/run/docker/netns/${Id.slice(0, 12)}` : '',
      Ports: portsView(container),
      EndpointID: bridge?.EndpointID ?? '',
      Gateway: bridge?.Gateway ?? '',
      IPAddress: bridge?.IPAddress ?? '',
      IPPrefixLen: bridge?.IPPrefixLen ?? 0,
      MacAddress: bridge?.MacAddress ?? '',
      Networks: Object.fromEntries(networks),
    },
  }
}

/** A container as the API shows it. */
export type ContainerView = ReturnType<typeof inspectView>

const units: readonly (readonly [string, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

const span = (ms: number): string => {
  const [unit, length] = units.find(([, each]) => ms >= each) ?? ['second', 1000]
  const count = Math.floor(ms / length)
  return count === 0 ? 'Less than a second' : count === 1 && unit !== 'second' ? `About a ${unit}` : `${count} ${unit}s`
}

/** The sentence of the STATUS column, such as `Up 3 minutes (healthy)`. */
export const statusText = ({ State }: ContainerRecord): string => {
  const since = (time: string) => span(Date.now() - Date.parse(time))
  if (State.Restarting) return `Restarting (${State.ExitCode}) ${since(State.FinishedAt)} ago`
  if (State.Running) {
    const health = State.Health === undefined ? '' : State.Health.Status
    const shown = health === 'starting' ? ' (health: starting)' : health === '' ? '' : ` (${health})`
    return `Up ${since(State.StartedAt)}${State.Paused ? ' (Paused)' : shown}`
  }
  return State.Status === 'created' ? 'Created' : `Exited (${State.ExitCode}) ${since(State.FinishedAt)} ago`
}

const listedPorts = (container: ContainerRecord) => {
  if (!container.State.Running) return []
  const published = container.published.map((port: PublishedPort) => ({
    IP: port.hostIp,
    PrivatePort: port.containerPort,
    PublicPort: port.hostPort,
    Type: port.protocol,
  }))
  const bare = Object.keys(container.Config.ExposedPorts ?? {})
    .map((key) => ({ PrivatePort: Number.parseInt(key, 10), Type: key.split('/')[1] ?? 'tcp' }))
    .filter((port) => !published.some((other) => other.PrivatePort === port.PrivatePort && other.Type === port.Type))
  return [...published, ...bare]
}

/** A container as `GET /containers/json` lists it. */
export const listView = (engine: Engine, container: ContainerRecord) => {
  const view = inspectView(engine, container)
  return {
    Id: view.Id,
    Names: [view.Name],
    Image: container.Config.Image,
    ImageID: container.ImageId,
    Command: [view.Path, ...view.Args].join(' '),
    Created: Math.floor(Date.parse(container.Created) / 1000),
    Ports: listedPorts(container),
    Labels: container.Config.Labels,
    State: container.State.Status,
    Status: statusText(container),
    HostConfig: { NetworkMode: container.HostConfig.NetworkMode },
    NetworkSettings: { Networks: view.NetworkSettings.Networks },
    Mounts: container.Mounts,
  }
}
