import { ConnectError, problem } from '../core/diagnostic.ts'
import type { Hop } from './route.ts'
import { seconds } from './trouble.ts'

/** Where we are on the way to being logged in; each has a deadline and is named when it passes. */
export type Phase = 'dial' | 'greeting' | 'keys' | 'login'

const waitingFor: { readonly [phase in Phase]: string } = {
  dial: 'a TCP connection',
  greeting: 'the greeting of its SSH server (something answers at that port, but does not say SSH)',
  keys: 'the exchange of keys',
  login: 'the answer to the login',
}

const place = ({ name, host, port }: Hop) => (name === host ? `${host} port ${port}` : `${name} (${host} port ${port})`)

/** It may work a moment later: the error holds unless another attempt succeeds. */
export class NotYet extends Error {
  readonly error: ConnectError
  /** Milliseconds since the first attempt after which it is no use; undefined for the whole time allowed. */
  readonly patience: number | undefined

  constructor(error: ConnectError, patience?: number) {
    super(error.message)
    this.error = error
    this.patience = patience
  }
}

/** The deadline passed in a phase. */
export function tooLate(hop: Hop, phase: Phase, ms: number): ConnectError {
  return new ConnectError(
    problem('connection-timeout', `${place(hop)}: no answer within ${seconds(ms)}`, {
      detail: `waited for ${waitingFor[phase]}`,
      mend:
        phase === 'dial'
          ? 'check the address, the port and the firewalls in between (a packet filter that drops gives this picture)'
          : 'look at the load and the log of the host; give it more time with ansible_ssh_timeout if it is merely slow',
    }),
  )
}

/** How long a refused connection is tried again: a server that restarts is back by then. */
const refusedPatience = 3_000

/** A TCP connection failed; `via` is the jump host that tried, if any. */
export function dialFailed(hop: Hop, cause: Error & { code?: string }, via?: Hop): ConnectError | NotYet {
  const from = via === undefined ? '' : ` from ${via.name}`
  const code = cause.code ?? (cause instanceof AggregateError ? (cause.errors[0] as { code?: string }).code : undefined)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const again = code === 'EAI_AGAIN'
    const error = new ConnectError(
      problem(
        'host-not-found',
        again ? `the name ${hop.host} could not be looked up` : `there is no host ${hop.host}`,
        {
          detail: again ? 'the name server did not answer' : `the name of ${hop.name} has no address`,
          mend: 'correct ansible_host (or HostName in ~/.ssh/config), or the name service of this machine',
        },
      ),
      { cause },
    )
    return again ? new NotYet(error) : error
  }
  if (code === 'ECONNREFUSED') {
    return new NotYet(
      new ConnectError(
        problem('connection-refused', `${place(hop)} refuses the connection${from}`, {
          detail: cause.message,
          mend: 'check that sshd runs there and listens on that port (ansible_port)',
        }),
        { cause },
      ),
      refusedPatience,
    )
  }
  const error = new ConnectError(
    problem('connection-failed', `${place(hop)} cannot be reached${from}`, {
      detail: cause.message,
      mend: 'check the address and the route to it',
    }),
    { cause },
  )
  return code === 'ECONNRESET' || code === 'ETIMEDOUT' ? new NotYet(error) : error
}

/** A jump host could not open the way to the next one. */
export function jumpFailed(hop: Hop, via: Hop, cause: Error & { reason?: unknown }): ConnectError | NotYet {
  if (cause.reason === 1) {
    return new ConnectError(
      problem('jump-refused', `${via.name} does not let us go on to ${place(hop)}`, {
        detail: cause.message,
        mend: `allow forwarding on ${via.name} (AllowTcpForwarding, PermitOpen, \`restrict\` in authorized_keys)`,
      }),
      { cause },
    )
  }
  return dialFailed(hop, Object.assign(new Error(cause.message), { code: 'ECONNREFUSED' }), via)
}

/** The connection was closed in a phase before the login was done. */
export function brokeOff(hop: Hop, phase: Phase, cause: Error | undefined): ConnectError | NotYet {
  const error = new ConnectError(
    problem('connection-failed', `${place(hop)} closed the connection`, {
      detail: [`while waiting for ${waitingFor[phase]}`, cause?.message].filter((one) => one !== undefined).join('\n'),
      mend:
        phase === 'login'
          ? 'look at the log of sshd there: it may refuse this account, or us after too many attempts'
          : 'check that an SSH server listens on that port; it may also refuse us for a while (MaxStartups, fail2ban)',
    }),
    { cause },
  )
  return phase === 'dial' || phase === 'greeting' ? new NotYet(error) : error
}

/** The two sides have no algorithm in common, or the far side does not speak the protocol. */
export function cannotTalk(hop: Hop, cause: Error, note: string | undefined): ConnectError {
  const none = /no matching (.*)$/.exec(cause.message)
  return new ConnectError(
    problem(
      none === null ? 'connection-failed' : 'no-common-algorithm',
      none === null
        ? `${place(hop)} does not speak SSH as expected`
        : `${place(hop)} and this program have no ${none[1]} in common`,
      {
        detail: [cause.message, note].filter((one) => one !== undefined).join('\n'),
        mend:
          none === null
            ? 'check that the port is that of an SSH server'
            : 'update the SSH server; this program leaves out algorithms that are broken',
      },
    ),
    { cause },
  )
}

/** None of our proofs was accepted. */
export function authRefused(
  hop: Hop,
  tried: readonly string[],
  allowed: readonly string[] | undefined,
  notes: readonly string[],
): ConnectError {
  const proofs = tried.filter((one) => one !== 'no proof at all')
  return new ConnectError(
    problem('auth-refused', `${place(hop)} refuses the login of ${hop.user}`, {
      detail: [
        `tried: ${proofs.length === 0 ? 'nothing, for no key and no password is there' : proofs.join('; ')}`,
        `the server takes: ${allowed === undefined ? 'it did not say' : allowed.join(', ')}`,
        ...notes,
      ].join('\n'),
      mend:
        allowed !== undefined && !allowed.includes('password') && proofs.some((one) => one.startsWith('the password'))
          ? `add your public key to ~${hop.user}/.ssh/authorized_keys there: the server takes no passwords`
          : `check ansible_user, and add the public key of one of these to ~${hop.user}/.ssh/authorized_keys there`,
    }),
  )
}
