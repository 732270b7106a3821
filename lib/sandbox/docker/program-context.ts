import { inspectView } from './container-view.ts'
import type { Engine, Live } from './engine.ts'
import { appendLog } from './log-file.ts'
import { dnsNames, isUserDefined } from './networks.ts'
import { mountSource, realPath } from './paths.ts'
import { resolvePort } from './ports.ts'
import type { Peer, ProgramContext } from './program.ts'
import type { ContainerRecord } from './records.ts'

/** Environment entries as a map. */
export const envMap = (entries: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    entries
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )

const argvOf = ({ Config }: ContainerRecord): readonly string[] => [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])]

/** The container whose network a container uses: itself, or the one named by `container:<name>`. */
const networkOwner = (engine: Engine, container: ContainerRecord): ContainerRecord => {
  const [, name] = /^container:(.+)$/.exec(container.HostConfig.NetworkMode) ?? []
  if (name === undefined) return container
  return engine.records.containers.find(({ Id, Name }) => Id.startsWith(name) || Name === name) ?? container
}

const peersOf = (engine: Engine, container: ContainerRecord): readonly Peer[] => {
  const mine = networkOwner(engine, container)
  return engine.records.containers.flatMap((other): readonly Peer[] => {
    const live = engine.live.get(other.Id)
    if (live?.program === undefined || !other.State.Running || other.State.Paused) return []
    const shared = Object.keys(mine.Networks).filter(
      (name) => isUserDefined(name) && other.Networks[name] !== undefined,
    )
    const endpoints = shared.flatMap((name) => other.Networks[name] ?? [])
    if (endpoints[0] === undefined) return []
    return [
      {
        id: other.Id,
        name: other.Name,
        image: other.Config.Image,
        names: [...new Set(endpoints.flatMap((endpoint) => dnsNames(other, endpoint)))],
        address: endpoints[0].IPAddress,
        argv: argvOf(other),
        env: envMap(other.Config.Env),
        path: (inContainer) => realPath(engine, other, inContainer),
        port: (containerPort) => live.program?.ports[containerPort],
      },
    ]
  })
}

const loopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)

const resolve = (engine: Engine, container: ContainerRecord, live: Live, host: string, port: number) => {
  const onHost = container.HostConfig.NetworkMode === 'host'
  if (loopback(host)) return onHost ? resolvePort(engine, host, port) : live.program?.ports[port]
  const viaGateway = (container.HostConfig.ExtraHosts ?? []).some((entry) => entry === `${host}:host-gateway`)
  if (onHost || viaGateway) return resolvePort(engine, host, port)
  const peer = peersOf(engine, container).find(({ names, address }) => names.includes(host) || address === host)
  return peer?.port(port)
}

/** What the program of a container gets to see. */
export const programContext = (engine: Engine, container: ContainerRecord, live: Live): ProgramContext => ({
  id: container.Id,
  name: container.Name,
  image: container.Config.Image,
  argv: argvOf(container),
  env: envMap(container.Config.Env),
  container: structuredClone(inspectView(engine, container)),
  mounts: Object.fromEntries(
    container.Mounts.map((mount) => [mount.Destination, mountSource(engine, container, mount)]),
  ),
  path: (inContainer) => realPath(engine, container, inContainer),
  peers: () => peersOf(engine, container),
  peer: (host) => peersOf(engine, container).find(({ names }) => names.includes(host)),
  resolve: (host, port) => resolve(engine, container, live, host, port),
  log: (line, stream = 'stdout') => appendLog(engine, container.Id, stream, line),
  exit: (code, how) => live.end(code, how?.oomKilled ?? false),
  pace: engine.settings.pace,
})
