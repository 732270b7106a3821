import type { Connection } from '../core/connection.ts'
import { slots } from '../core/slots.ts'
import type { Shell } from './launch.ts'
import { passwordGate } from './password-gate.ts'
import { pipe } from './pipe.ts'
import { put } from './put.ts'
import { run } from './run.ts'
import type { Transport } from './transport.ts'
import { linkLost } from './trouble.ts'

/** sshd allows 10 sessions per link (MaxSessions); two are left for stopping commands and for the operator's surprises. */
const sessionsAtOnce = 8

/** Everything a Connection can do, on top of a bare transport. */
export function shellConnection(transport: Transport): Required<Connection> {
  const shell: Shell = { transport, slots: slots(sessionsAtOnce), gate: passwordGate() }
  return {
    exec: (script, options) => run(shell, { ...options, script }),
    put: (path, content, options) => put(shell, path, content, options),
    async dial(endpoint) {
      const what = 'socket' in endpoint ? `opening ${endpoint.socket}` : `opening ${endpoint.host}:${endpoint.port}`
      if (transport.lost !== undefined) throw linkLost(transport, what)
      transport.traffic.trips++
      try {
        return await transport.stream(endpoint)
      } catch (error) {
        throw transport.lost === undefined ? error : linkLost(transport, what)
      }
    },
    pipe: (script, options) => pipe(shell, script, options),
    traffic: transport.traffic,
    close: () => transport.close(),
  }
}
