import { found } from '../../lib/containers/inspect.ts'
import { type Network, networkDifference } from '../../lib/containers/network.ts'
import { applyNetwork, type Data } from '../../lib/containers/network-apply.ts'
import { type Change, create, remove, run, s, task, update, type Value } from '../../lib/task.ts'

export default task({
  summary: 'A network exists with these properties, or does not.',
  args: s.args({
    name: s.string('Name of the network.', { aliases: ['network_name'] }),
    driver: s.string('Driver of the network.').default('bridge'),
    driver_options: s.map(s.string('A value.'), 'Options of the driver.').optional(),
    internal: s.boolean('No way out of the network.').optional(),
    attachable: s.boolean('Containers may join it by themselves, in a swarm.').optional(),
    enable_ipv6: s.boolean('Also use IPv6.').optional(),
    ipam_driver: s.string('Driver that gives addresses.').optional(),
    ipam_config: s
      .list(
        s.object(
          {
            subnet: s.string('Addresses of the network: 172.30.0.0/24.').optional(),
            gateway: s.string('Address of the host in it.').optional(),
            iprange: s.string('Addresses to give out.').optional(),
            aux_addresses: s.map(s.string('An address.'), 'Addresses kept for other things.').optional(),
          },
          'One range of addresses.',
        ),
        'Addresses of the network.',
      )
      .optional(),
    labels: s.map(s.string('A value.'), 'Labels of the network.').optional(),
    connected: s
      .list(
        s.string('Name of a container.'),
        'Containers in the network; when given, others are disconnected unless "appends" is set.',
        { aliases: ['containers'] },
      )
      .optional(),
    appends: s.boolean('Leave containers in it that are not in the list.', { aliases: ['incremental'] }).default(false),
    force: s.boolean('Make it anew each time; for "absent", disconnect what is in it first.').default(false),
    state: s.choice(['present', 'absent'], 'Shall it exist?').default('present'),
  }),
  examples: [
    'docker_network: { name: rocketchat }',
    `docker_network:
  name: backend
  internal: true
  ipam_config: [{ subnet: 172.30.0.0/24, gateway: 172.30.0.1 }]`,
    'docker_network: { name: old, state: absent, force: true }',
  ],
  returns: { network: 'What the engine says of the network.' },

  probe: ({ name }) => ({
    ask: [{ on: 'docker', path: `/networks/${encodeURIComponent(name)}` }],
    read: ([answer]) => found<Network>(answer),
  }),
  diff: (args, network): readonly Change<Data>[] => {
    const target = `network ${args.name}`
    const inside = Object.values(network?.Containers ?? {}).map((one) => one.Name)
    if (args.state === 'absent')
      return network ? [remove(target, { driver: network.Driver, containers: inside }, { do: 'remove', inside })] : []
    if (!network)
      return [
        create(
          target,
          { driver: args.driver, ...(args.connected && { connected: args.connected }) },
          { do: 'create', connect: args.connected ?? [] },
        ),
      ]
    const difference = networkDifference(args, network)
    const again: Data = {
      do: 'recreate',
      inside,
      connect: args.connected ?? [],
      drop: args.connected !== undefined && !args.appends,
    }
    if (difference) return [update(target, difference.before, difference.after, again)]
    if (args.force) return [run(`${target}: make it anew`, again)]
    const connect = (args.connected ?? []).filter((one) => !inside.includes(one))
    const drop =
      args.connected === undefined || args.appends ? [] : inside.filter((one) => !args.connected?.includes(one))
    if (connect.length === 0 && drop.length === 0) return []
    return [
      update(
        target,
        { containers: inside },
        { containers: [...inside.filter((one) => !drop.includes(one)), ...connect] },
        { do: 'connect', connect, drop },
      ),
    ]
  },
  apply: async ({ data }, io, args) => {
    await applyNetwork(data, io, args)
    return undefined
  },
  result: (_args, network) => ({ values: { network: (network ?? {}) as unknown as Value } }),
})
