import type { Io } from '../task.ts'
import { askEngine } from './engine.ts'
import { disconnect, inspect } from './life.ts'
import { type NetworkArgs, networkBody } from './network.ts'

export type Data =
  | { readonly do: 'remove'; readonly inside: readonly string[] }
  | { readonly do: 'create'; readonly connect: readonly string[] }
  /** `inside` are the containers in it now; they come back into it unless `drop` is set. */
  | {
      readonly do: 'recreate'
      readonly inside: readonly string[]
      readonly connect: readonly string[]
      readonly drop: boolean
    }
  | { readonly do: 'connect'; readonly connect: readonly string[]; readonly drop: readonly string[] }

/** Makes one change of a network. */
export async function applyNetwork(data: Data, io: Io, args: NetworkArgs & { readonly force: boolean }): Promise<void> {
  const { name } = args
  switch (data.do) {
    case 'remove':
      if (args.force) for (const container of data.inside) await disconnect(io, container, name)
      return removeNetwork(io, name)
    case 'create':
      await make(io, args)
      for (const container of data.connect) await join(io, name, container, {})
      return
    case 'recreate': {
      // Containers get back the names and addresses that they have in the network.
      const endpoints = new Map<string, unknown>()
      for (const container of data.inside) {
        const endpoint = (await inspect(io, container))?.NetworkSettings.Networks?.[name]
        const aliases = endpoint?.Aliases?.filter((alias) => !/^[0-9a-f]{12}$/.test(alias))
        endpoints.set(container, {
          ...(aliases && { Aliases: aliases }),
          ...(endpoint?.IPAMConfig && { IPAMConfig: endpoint.IPAMConfig }),
        })
        await disconnect(io, container, name)
      }
      await removeNetwork(io, name)
      await make(io, args)
      const back = data.drop ? data.connect : [...new Set([...data.inside, ...data.connect])]
      for (const container of back) await join(io, name, container, endpoints.get(container) ?? {})
      return
    }
    case 'connect':
      for (const container of data.drop) await disconnect(io, container, name)
      for (const container of data.connect) await join(io, name, container, {})
      return
    default:
      return data satisfies never
  }
}

async function make(io: Io, args: NetworkArgs): Promise<void> {
  await askEngine(io, `make the network ${args.name}`, 'POST', '/networks/create', { body: networkBody(args) })
}

async function removeNetwork(io: Io, name: string): Promise<void> {
  await askEngine(io, `remove the network ${name}`, 'DELETE', `/networks/${encodeURIComponent(name)}`, { also: [404] })
}

async function join(io: Io, network: string, container: string, endpoint: unknown): Promise<void> {
  const path = `/networks/${encodeURIComponent(network)}/connect`
  await askEngine(io, `connect ${container} to the network ${network}`, 'POST', path, {
    body: { Container: container, EndpointConfig: endpoint },
  })
}
