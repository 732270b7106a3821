import type { Peer, ProgramContext } from '../docker/program.ts'
import { readMongodArguments } from './mongod-arguments.ts'
import { serverOn } from './running.ts'
import type { MongoServer } from './server.ts'

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

const entrypoint = /docker-entrypoint\.(?:sh|py)$/

/** Whether a command goes through the image's entrypoint, which makes the first account. */
export const viaEntrypoint = (argv: readonly string[]): boolean => argv.some((word) => entrypoint.test(word))

/** A command without the image's entrypoint, which hands over everything but mongod as it is. */
export const withoutEntrypoint = (argv: readonly string[]): readonly string[] => {
  const at = argv.findIndex((word) => entrypoint.test(word))
  return argv.slice(at + 1)
}

/** The words of a command from `mongod` on; undefined when it starts no mongod. The images put `mongod` before a bare option. */
export const mongodWords = (argv: readonly string[]): readonly string[] | undefined => {
  const at = argv.findIndex((word) => /^(?:.*\/)?mongod$/.test(word))
  if (at >= 0) return argv.slice(at + 1)
  const entry = argv.findIndex((word) => entrypoint.test(word))
  return entry >= 0 && argv[entry + 1]?.startsWith('-') ? argv.slice(entry + 1) : undefined
}

/** The names under which a container's own server can be named in a replica set. */
export const ownNames = (context: ProgramContext): ReadonlySet<string> => {
  const { Config, NetworkSettings } = context.container
  const dns = Object.values(NetworkSettings.Networks).flatMap(({ DNSNames, IPAddress }) => [
    ...(DNSNames ?? []),
    IPAddress,
  ])
  return new Set(['localhost', '127.0.0.1', Config.Hostname, ...dns].filter((name) => name !== ''))
}

const serverOf = (peer: Peer): MongoServer | undefined => {
  const words = mongodWords(peer.argv)
  return words === undefined ? undefined : serverOn(peer.path(readMongodArguments(words).dbPath))
}

/** The database server that a container reaches at an address; `own` is its own one, if it is a database itself. */
export const findServer = (
  context: ProgramContext,
  own: MongoServer | undefined,
  host: string,
  port: number,
): { readonly server: MongoServer; readonly isLocal: boolean } | undefined => {
  if (isLoopback(host) || (own !== undefined && ownNames(context).has(host))) {
    return own === undefined || own.options.port !== port ? undefined : { server: own, isLocal: isLoopback(host) }
  }
  const peer = context.peer(host)
  if (peer?.port(port) === undefined) return undefined
  const server = serverOf(peer)
  return server === undefined ? undefined : { server, isLocal: false }
}
