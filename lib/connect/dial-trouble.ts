import { problem, TaskError } from '../core/diagnostic.ts'
import type { Endpoint } from './transport.ts'

/** `/var/run/docker.sock` or `127.0.0.1:3000`. */
export function endpointName(endpoint: Endpoint): string {
  return 'socket' in endpoint ? endpoint.socket : `${endpoint.host}:${endpoint.port}`
}

/** Nothing answers at an endpoint of the host; `cause.code` is node's errno name when it is known. */
export function dialTrouble(endpoint: Endpoint, label: string, cause: Error & { code?: string | number }): TaskError {
  const name = endpointName(endpoint)
  const [why, mend] =
    cause.code === 'EACCES' || cause.code === 'EPERM'
      ? ['permission denied', 'use `become`, or add the account to the group that owns the socket']
      : cause.code === 'ENOENT'
        ? ['there is no such socket', 'start the service that makes it']
        : ['nothing answers there', 'start the service, and check the address it listens on']
  return new TaskError(problem('dial-refused', `${name} on ${label}: ${why}`, { detail: cause.message, mend }), {
    cause,
  })
}
