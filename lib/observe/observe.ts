import type { Duplex } from 'node:stream'
import { problem, TaskError } from '../core/diagnostic.ts'
import type { Answer } from '../core/query.ts'

export type Input = { readonly [key: string]: unknown }

/** With whose eyes an observer looks. */
export interface Eyes {
  readonly signal: AbortSignal
  /** Opens streams from the host instead of from this machine. */
  readonly dial?: (host: string, port: number) => Promise<Duplex>
  /** The host is a machine of the rehearsal: nothing outside of it exists. */
  readonly rehearsal: boolean
}

/** Looks and says what it saw; its JSON is described where the observer is. Throws nothing for what it looks at. */
export type Observer = (input: Input, eyes: Eyes) => Promise<Answer>

/** The observers by name; each is loaded when it is needed first. */
const observers: { readonly [name: string]: () => Promise<Observer> } = {
  file: async () => (await import('./file.ts')).file,
  clock: async () => (await import('./clock.ts')).clock,
  addresses: async () => (await import('./addresses.ts')).addresses,
  authorities: async () => (await import('./authorities.ts')).authorities,
  port: async () => (await import('./port.ts')).port,
  certificate: async () => (await import('./certificate.ts')).certificate,
  handshake: async () => (await import('./handshake.ts')).handshake,
  http: async () => (await import('./http.ts')).http,
  tls: async () => (await import('./tls.ts')).tls,
  upload: async () => (await import('./upload.ts')).upload,
  websocket: async () => (await import('./websocket.ts')).websocket,
}

/** A look at the world by the observer of that name. Throws TaskError `unknown-observer`. */
export async function observe(name: string, input: Input, eyes: Eyes): Promise<Answer> {
  const load = observers[name]
  if (load === undefined)
    throw new TaskError(
      problem('unknown-observer', `there is no observer "${name}"`, {
        detail: `there are: ${Object.keys(observers).join(', ')}`,
      }),
    )
  return (await load())(input, eyes)
}
