import { problem, TaskError } from '../core/diagnostic.ts'
import type { Endpoint } from './transport.ts'

/** `/var/run/docker.sock` or `127.0.0.1:3000`. */
export function endpointName(endpoint: Endpoint): string {
  return 'socket' in endpoint ? endpoint.socket : `${endpoint.host}:${endpoint.port}`
}

/** Nothing answers at an endpoint of the host; `cause.code` is node's errno name when it is known. */
export function dialTrouble(endpoint: Endpoint, label: string, cause: Error & { code?: string | number }): TaskError {
  const name = endpointName(endpoint)
  const [why, mend] = meaning(endpoint, cause.code)
  return new TaskError(problem('dial-refused', `${name} on ${label}: ${why}`, { detail: cause.message, mend }), {
    cause,
  })
}

function meaning(endpoint: Endpoint, code: string | number | undefined): readonly [string, string] {
  if (code === 'EACCES' || code === 'EPERM') {
    return ['permission denied', 'use `become`, or add the account to the group that owns the socket']
  }
  if (code === 'ENOENT') return ['there is no such socket', 'start the service that makes it']
  if ('socket' in endpoint && typeof code !== 'string') {
    // OpenSSH answers "open failed" whether it would not or could not.
    return [
      'the SSH server could not or would not open it',
      'check that the service runs, that the account may open the socket, and that sshd_config does not say `AllowStreamLocalForwarding no`',
    ]
  }
  return ['nothing answers there', 'start the service, and check the address it listens on']
}
