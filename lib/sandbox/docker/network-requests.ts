import { empty, type Handler, json, readJson } from './call.ts'
import { containerNamed } from './containers.ts'
import type { Engine } from './engine.ts'
import { reader } from './fields.ts'
import { anyOf, labelled, readFilters } from './filters.ts'
import {
  endpointsOf,
  firstAddress,
  freeSubnet,
  isUserDefined,
  joinNetwork,
  macAddress,
  networkNamed,
  overlaps,
  prefixLength,
  subnetRange,
} from './networks.ts'
import type { EndpointRecord, NetworkRecord } from './records.ts'
import { badParameter, conflict, forbidden, notFound, systemError } from './refusal.ts'
import { newId } from './store.ts'

const view = (engine: Engine, network: NetworkRecord) => ({
  Name: network.Name,
  Id: network.Id,
  Created: network.Created,
  Scope: 'local',
  Driver: network.Driver,
  EnableIPv4: true,
  EnableIPv6: network.EnableIPv6,
  IPAM: {
    Driver: 'default',
    Options: isUserDefined(network.Name) ? {} : null,
    Config: network.Subnet === '' ? [] : [{ Subnet: network.Subnet, Gateway: network.Gateway }],
  },
  Internal: network.Internal,
  Attachable: network.Attachable,
  Ingress: false,
  ConfigFrom: { Network: '' },
  ConfigOnly: false,
  Containers: Object.fromEntries(
    endpointsOf(engine, network).map((container) => {
      const endpoint = container.Networks[network.Name]
      const address = endpoint?.IPAddress ?? ''
      return [
        container.Id,
        {
          Name: container.Name,
          EndpointID: endpoint?.EndpointID ?? '',
          MacAddress: macAddress(address),
          IPv4Address: address === '' ? '' : `${address}/${prefixLength(network)}`,
          IPv6Address: '',
        },
      ]
    }),
  ),
  Options: network.Options,
  Labels: network.Labels,
})

/** `GET /networks` */
export const listNetworks: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'])
  return json(
    engine.records.networks
      .filter(
        (network) =>
          labelled(filters, network.Labels) &&
          anyOf(filters, 'name', (name) => network.Name.includes(name)) &&
          anyOf(filters, 'id', (id) => network.Id.includes(id)) &&
          anyOf(filters, 'driver', (driver) => network.Driver === driver) &&
          anyOf(filters, 'scope', (scope) => scope === 'local') &&
          anyOf(filters, 'type', (type) => (type === 'custom') === isUserDefined(network.Name)),
      )
      // The list leaves the containers out.
      .map((network) => ({ ...view(engine, network), Containers: {} })),
  )
}

/** `GET /networks/{id}` */
export const inspectNetwork: Handler = ({ engine, params }) => json(view(engine, networkNamed(engine, params.id ?? '')))

const subnetOf = (engine: Engine, config: ReturnType<typeof reader>): { Subnet: string; Gateway: string } => {
  const first = (reader('IPAM', config.object('IPAM')).objects('Config') ?? [])[0]
  const wish = reader('IPAMConfig', first)
  const Subnet = wish.text('Subnet') ?? ''
  if (Subnet === '') {
    const free = freeSubnet(engine)
    return { Subnet: free, Gateway: firstAddress(free) }
  }
  if (subnetRange(Subnet) === undefined) {
    throw badParameter(`invalid network config:\ninvalid subnet ${Subnet}: invalid CIDR address: ${Subnet}`)
  }
  if (overlaps(engine, Subnet)) {
    throw forbidden('invalid pool request: Pool overlaps with other one on this address space')
  }
  return { Subnet, Gateway: wish.text('Gateway') ?? firstAddress(Subnet) }
}

/** `POST /networks/create` */
export const createNetwork: Handler = async (call) => {
  const { engine } = call
  const wish = reader('CreateRequest', await readJson(call))
  const Name = wish.text('Name') ?? ''
  if (Name.trim() === '') throw badParameter('invalid name: ')
  if (!isUserDefined(Name)) throw forbidden(`operation is not permitted on predefined ${Name} network`)
  if (engine.records.networks.some((network) => network.Name === Name)) {
    throw conflict(`network with name ${Name} already exists`)
  }
  const Driver = wish.text('Driver') || 'bridge'
  if (Driver !== 'bridge') throw notFound(`could not find plugin ${Driver} in v1 plugin registry: plugin not found`)
  const network: NetworkRecord = {
    Id: newId(),
    Name,
    Created: new Date().toISOString(),
    Driver,
    Internal: wish.flag('Internal') ?? false,
    Attachable: wish.flag('Attachable') ?? false,
    EnableIPv6: wish.flag('EnableIPv6') ?? false,
    Options: wish.map('Options') ?? {},
    Labels: wish.map('Labels') ?? {},
    ...subnetOf(engine, wish),
  }
  engine.records.networks.push(network)
  engine.save()
  engine.events.emit('network', 'create', network.Id, { name: Name, type: Driver })
  return json({ Id: network.Id, Warning: '' }, 201)
}

/** `DELETE /networks/{id}` */
export const removeNetwork: Handler = ({ engine, params }) => {
  const network = networkNamed(engine, params.id ?? '')
  if (!isUserDefined(network.Name)) {
    throw forbidden(`${network.Name} is a pre-defined network and cannot be removed`)
  }
  const active = endpointsOf(engine, network)
  if (active.length > 0) {
    const names = active.map(
      ({ Name, Networks }) => `name:"${Name}" id:"${Networks[network.Name]?.EndpointID.slice(0, 12)}"`,
    )
    throw forbidden(`error while removing network: network ${network.Name} has active endpoints (${names.join(', ')})`)
  }
  engine.records.networks.splice(engine.records.networks.indexOf(network), 1)
  engine.save()
  engine.events.emit('network', 'destroy', network.Id, { name: network.Name, type: network.Driver })
  return empty(204)
}

/** `POST /networks/{id}/connect` */
export const connectNetwork: Handler = async (call) => {
  const { engine } = call
  const wish = reader('ConnectRequest', await readJson(call))
  const network = networkNamed(engine, call.params.id ?? '')
  const container = containerNamed(engine, wish.text('Container') ?? '')
  const config = reader('EndpointSettings', wish.object('EndpointConfig'))
  const aliases = config.texts('Aliases') ?? null
  if (network.Name === 'host' || container.HostConfig.NetworkMode === 'host') {
    throw badParameter('container cannot be disconnected from host network or connected to host network')
  }
  if (aliases !== null && aliases.length > 0 && !isUserDefined(network.Name)) {
    throw badParameter(
      'invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks',
    )
  }
  if (container.State.Running && container.Networks[network.Name] !== undefined) {
    throw forbidden(`endpoint with name ${container.Name} already exists in network ${network.Name}`)
  }
  const endpoint: EndpointRecord = {
    IPAMConfig: config.object('IPAMConfig') ?? null,
    Aliases: aliases,
    NetworkID: network.Id,
    EndpointID: '',
    IPAddress: '',
  }
  container.Networks[network.Name] = endpoint
  if (container.State.Running) joinNetwork(engine, network, endpoint)
  engine.save()
  engine.events.emit('network', 'connect', network.Id, {
    container: container.Id,
    name: network.Name,
    type: network.Driver,
  })
  return empty(200)
}

/** `POST /networks/{id}/disconnect` */
export const disconnectNetwork: Handler = async (call) => {
  const { engine } = call
  const wish = reader('DisconnectRequest', await readJson(call))
  const network = networkNamed(engine, call.params.id ?? '')
  const container = containerNamed(engine, wish.text('Container') ?? '')
  if (container.Networks[network.Name] === undefined) {
    throw systemError(`container ${container.Id} is not connected to network ${network.Name}`)
  }
  delete container.Networks[network.Name]
  engine.save()
  engine.events.emit('network', 'disconnect', network.Id, {
    container: container.Id,
    name: network.Name,
    type: network.Driver,
  })
  return empty(200)
}

/** `POST /networks/prune`: removes the networks no container is attached to. */
export const pruneNetworks: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), ['label', 'until'])
  const idle = engine.records.networks.filter(
    (network) =>
      isUserDefined(network.Name) &&
      labelled(filters, network.Labels) &&
      !engine.records.containers.some(({ Networks }) => Networks[network.Name] !== undefined),
  )
  for (const network of idle) engine.records.networks.splice(engine.records.networks.indexOf(network), 1)
  engine.save()
  return json({ NetworksDeleted: idle.length === 0 ? null : idle.map(({ Name }) => Name) })
}
