/**
 * To be loaded before an entry (`--import`): writes each network call of the process, one a line, to the file that `NOTE_CALLS`
 * names: `connect HOST PORT`, `connect PATH`, `lookup NAME`, `listen HOST`, `datagram`. Nothing leaves this machine: a connection
 * to elsewhere is made to a port of this one where nobody listens.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const file = process.env.NOTE_CALLS ?? ''
const note = (line: string) => appendFileSync(file, `${line}\n`)

// All of TCP and Unix sockets, with TLS, HTTP and fetch on top of them, goes through these two.
const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0]
  const options = (typeof first === 'object' ? first : { port: first, host: given[1] }) as {
    host?: string | null
    port?: number
    path?: string | null
  }
  const host = options.host ?? 'localhost'
  note(`connect ${options.path ?? `${host} ${options.port}`}`)
  const away = !options.path && !/^(localhost|127\.|::1$)/.test(host)
  return (connect as (...all: unknown[]) => net.Socket).apply(this, away ? [{ host: '127.0.0.1', port: 1 }] : given)
} as typeof connect
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (this: net.Server, ...given: unknown[]) {
  const [first, second] = given
  const { host, path } = (typeof first === 'object' && first !== null ? first : { host: second }) as {
    host?: string
    path?: string
  }
  note(`listen ${path ?? host ?? (typeof first === 'string' ? first : 'everywhere')}`)
  return (listen as (...all: unknown[]) => net.Server).apply(this, given)
} as typeof listen

type Any = Record<string, unknown>
for (const target of [dns, dns.promises, dns.Resolver.prototype] as unknown as Any[]) {
  for (const name of Object.getOwnPropertyNames(target)) {
    const original = target[name]
    if (!/^(lookup|resolve|reverse)/.test(name) || typeof original !== 'function') continue
    target[name] = function (this: unknown, ...given: unknown[]) {
      note(`lookup ${String(given[0])}`)
      return original.apply(this, given)
    }
  }
}
const { send } = dgram.Socket.prototype as unknown as Any
;(dgram.Socket.prototype as unknown as Any).send = function (this: unknown, ...given: unknown[]) {
  note('datagram')
  return (send as (...all: unknown[]) => unknown).apply(this, given)
}
syncBuiltinESMExports()
