import type { Duplex } from 'node:stream'
import type { Connection } from '../core/connection.ts'
import { type Diagnostic, problem, TaskError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import { type Script, sh } from '../core/script.ts'

/** How the engine's socket on a host is reached. */
export interface DockerWay {
  /** Opens a stream to the engine. Throws ConnectError, the `become-…` TaskErrors, and TaskError `docker-unavailable`. */
  open(): Promise<Duplex>
  /** Whether streams are commands on the host, each of which takes one of its sessions as long as it is open. */
  readonly bridged: boolean
}

/**
 * Finds the way to a Docker socket: straight, or, when the account may not open it or the SSH server does not forward
 * sockets, through a command on the host that runs as the `become` user. What was found is kept. Until it is, one at a time
 * tries and the others share its failure, and a socket that was missing is looked for before it is opened: sshd writes each
 * vain attempt into its log.
 */
export function dockerWay(connection: Connection, socket: string, become: Become | undefined): DockerWay {
  let bridged = false
  let opened = false
  let missing: TaskError | undefined
  let first: Promise<Duplex> | undefined
  let looking: Promise<State> | undefined
  const bridge = async () => {
    if (connection.pipe === undefined) throw unavailable('this connection cannot run commands as streams', '')
    return connection.pipe(bridgeScript(socket), { become })
  }
  const seen = () => {
    looking ??= look(connection, socket).finally(() => {
      looking = undefined
    })
    return looking
  }
  const straight = async () => {
    if (missing !== undefined) {
      const state = await seen()
      if (!state.there && state.service !== 'active') throw reason(state, socket, missing)
    }
    try {
      const stream = await connection.dial({ socket })
      opened = true
      missing = undefined
      return stream
    } catch (error) {
      if (!(error instanceof TaskError)) throw error
      opened = false
      const state = await seen()
      const forwarding = error.code === 'forwarding-refused' || (state.allowed && mayRun(state))
      const mayHelp = state.there && (forwarding || (!state.allowed && become !== undefined))
      missing = state.there ? undefined : error
      if (!mayHelp) throw reason(state, socket, error)
      bridged = true
      return bridge()
    }
  }
  const open = async (): Promise<Duplex> => {
    if (bridged) return bridge()
    if (opened) return straight()
    if (first !== undefined) return first.then(open)
    first = straight().finally(() => {
      first = undefined
    })
    return first
  }
  return {
    get bridged() {
      return bridged
    },
    open,
  }
}

interface State {
  /** The socket file exists. */
  readonly there: boolean
  /** The account may read and write it. */
  readonly allowed: boolean
  /** Docker's programs are installed. */
  readonly installed: boolean
  /** What systemd says of the service: `active`, `inactive`, `failed`; empty without systemd. */
  readonly service: string
  readonly account: string
}

/** The engine may be running for all we know: then the SSH server may be what stands between, which it does not tell. */
function mayRun({ service, installed }: State): boolean {
  return service === 'active' || (service === '' && installed)
}

async function look(connection: Connection, socket: string): Promise<State> {
  const { stdout } = await connection.exec(
    sh`s=${socket}
[ -e "$s" ] && echo there || echo -
[ -r "$s" ] && [ -w "$s" ] && echo allowed || echo -
command -v dockerd >/dev/null 2>&1 || command -v docker >/dev/null 2>&1 && echo installed || echo -
echo "$(systemctl is-active docker 2>/dev/null)"
id -un`,
    { timeout: 30_000 },
  )
  const [there, allowed, installed, service = '', account = ''] = stdout.toString().split('\n')
  return {
    there: there === 'there',
    allowed: allowed === 'allowed',
    installed: installed === 'installed',
    service,
    account,
  }
}

/** The Docker CLI brings a bridge of its own; socat is the usual other one. */
function bridgeScript(socket: string): Script {
  return sh`s=${socket}
if command -v docker >/dev/null 2>&1; then exec docker -H "unix://$s" system dial-stdio; fi
if command -v socat >/dev/null 2>&1; then exec socat - "UNIX-CONNECT:$s"; fi
echo "neither docker nor socat is there to open $s" >&2; exit 69`
}

function reason({ there, allowed, installed, service, account }: State, socket: string, cause: TaskError): TaskError {
  if (!there && !installed && service !== 'active') {
    return unavailable('Docker is not installed there', cause.message, 'install Docker in an earlier task', cause)
  }
  if (there && !allowed) {
    return unavailable(
      `${account} may not open ${socket}`,
      cause.message,
      `use \`become: true\`, or add ${account} to the group docker (which makes it as mighty as root)`,
      cause,
    )
  }
  return new TaskError(engineStopped(cause.message, service), { cause })
}

/** The engine is installed but not running; `service` is what systemd says of it. */
export function engineStopped(detail: string, service = ''): Diagnostic {
  return dockerProblem(
    `the Docker engine does not run there${service === '' ? '' : ` (systemd says: ${service})`}`,
    detail,
    'start it with `systemctl start docker`; `journalctl -u docker` tells why it stopped',
  )
}

function unavailable(why: string, detail: string, mend?: string, cause?: unknown): TaskError {
  return new TaskError(dockerProblem(why, detail, mend), { cause })
}

/** Why the engine of a host cannot be asked. */
export function dockerProblem(why: string, detail: string, mend?: string): Diagnostic {
  return problem('docker-unavailable', `Docker cannot be asked: ${why}`, { detail, mend })
}
