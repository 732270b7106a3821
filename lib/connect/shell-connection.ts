import type { Connection } from '../core/connection.ts'
import { slots } from '../core/slots.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Shell } from './launch.ts'
import { passwordGate } from './password-gate.ts'
import { run } from './run.ts'
import { series } from './series.ts'
import type { Transport } from './transport.ts'
import { linkLost } from './trouble.ts'

const pipes = whenNeeded<typeof import('./pipe.ts')>('./pipe.ts', import.meta.url)
const puts = whenNeeded<typeof import('./put.ts')>('./put.ts', import.meta.url)

/** sshd allows 10 sessions per link (MaxSessions); two are left for stopping commands and for the operator's surprises. */
const sessionsAtOnce = 8

/**
 * Everything a Connection can do, on top of a bare transport. `together`: a session is dear, so that small scripts share
 * one.
 */
export function shellConnection(transport: Transport, { together = false } = {}): Required<Connection> {
  const shared = together ? series() : undefined
  const shell: Shell = {
    transport,
    slots: slots(sessionsAtOnce),
    gate: passwordGate(),
    makeRoom: () => shared?.makeRoom(),
  }
  return {
    exec: (script, options) => run(shell, { ...options, script }, shared),
    put: (path, content, options) => puts().put(shell, path, content, options, shared),
    async dial(endpoint) {
      const what = 'socket' in endpoint ? `opening ${endpoint.socket}` : `opening ${endpoint.host}:${endpoint.port}`
      if (transport.lost !== undefined) throw linkLost(transport, what)
      transport.traffic.streams++
      try {
        return await transport.stream(endpoint)
      } catch (error) {
        throw transport.lost === undefined ? error : linkLost(transport, what)
      }
    },
    pipe: (script, options) => pipes().pipe(shell, script, options),
    traffic: transport.traffic,
    async close() {
      await shared?.settled()
      await transport.close()
    },
  }
}
