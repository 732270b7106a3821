import { type Io, problem, TaskError } from '../task.ts'
import { endpointBody, laterNetworks } from './body.ts'
import { askEngine, lastLines } from './engine.ts'
import { type Container, found } from './inspect.ts'
import type { ContainerArgs } from './options.ts'

/** How to make a container and when it counts as working. */
export interface Making {
  readonly name: string
  readonly args: ContainerArgs
  readonly body: { readonly [key: string]: unknown }
  readonly start: boolean
  /** Milliseconds in which a container with a health check must become healthy; undefined: it is not waited for. */
  readonly healthyWithin: number | undefined
  /** Its image was fetched just before, which stays in any case. */
  readonly pulled: boolean
}

/** Seconds to wait for a container to stop, where neither the task nor the container says otherwise. */
const usualStopTimeout = 10

export const pathOf = (name: string, rest = ''): string => `/containers/${encodeURIComponent(name)}${rest}`

export async function inspect(io: Io, name: string): Promise<Container | undefined> {
  return found<Container>(await io.docker.request('GET', pathOf(name, '/json')))
}

/**
 * Makes a container, joins its networks and starts it; throws TaskError when it does not come up. One that could not even be
 * started is removed again; one that ended or became sick stays, so that it can be looked into.
 */
export async function makeContainer(io: Io, making: Making): Promise<void> {
  const { name, args, body, start, healthyWithin } = making
  io.progress(`making container ${name}`)
  const query = new URLSearchParams({ name, ...(args.platform !== undefined && { platform: args.platform }) })
  await askEngine(io, `make the container ${name}`, 'POST', `/containers/create?${query}`, {
    body,
  }).catch((error: unknown) => {
    throw error instanceof TaskError ? undone(error, making) : error
  })
  try {
    for (const network of laterNetworks(args)) await connect(io, name, network)
    if (start) await startOnly(io, name)
  } catch (error) {
    throw error instanceof TaskError && !io.signal.aborted ? await unmade(io, making, error) : error
  }
  if (start && healthyWithin !== undefined) await waitHealthy(io, name, healthyWithin)
}

/** Removes what was made before something failed. The volumes that it brought along are as new, so they go with it. */
async function unmade(io: Io, making: Making, cause: TaskError): Promise<TaskError> {
  try {
    await removeContainer(io, making.name, true)
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    return new TaskError([...cause.diagnostics, ...error.diagnostics], { cause })
  }
  return undone(cause, making, 'the container that had been made for this was removed again')
}

function undone(cause: TaskError, { pulled }: Making, note?: string): TaskError {
  const [first, ...rest] = cause.diagnostics
  if (first === undefined) return cause
  const detail = [first.detail, note].filter((one) => one !== undefined).join('\n')
  return new TaskError([{ ...first, ...(detail !== '' && { detail }) }, ...rest], { cause, undone: !pulled })
}

export async function connect(
  io: Io,
  container: string,
  network: NonNullable<ContainerArgs['networks']>[number],
): Promise<void> {
  const path = `/networks/${encodeURIComponent(network.name)}/connect`
  await askEngine(io, `connect ${container} to the network ${network.name}`, 'POST', path, {
    body: { Container: container, EndpointConfig: endpointBody(network) },
  })
}

export async function disconnect(io: Io, container: string, network: string): Promise<void> {
  const path = `/networks/${encodeURIComponent(network)}/disconnect`
  await askEngine(io, `disconnect ${container} from the network ${network}`, 'POST', path, {
    body: { Container: container, Force: true },
  })
}

/** Starts a container; it must still run afterwards, and become healthy when that is waited for. */
export async function startContainer(io: Io, name: string, healthyWithin: number | undefined): Promise<void> {
  await startOnly(io, name)
  if (healthyWithin !== undefined) await waitHealthy(io, name, healthyWithin)
}

async function startOnly(io: Io, name: string): Promise<void> {
  io.progress(`starting container ${name}`)
  await askEngine(io, `start the container ${name}`, 'POST', pathOf(name, '/start'))
}

/** Stops a container and waits for it; `timeout` in seconds until it is killed. */
export async function stopContainer(
  io: Io,
  name: string,
  timeout: number | undefined,
  stopTimeout?: unknown,
): Promise<void> {
  io.progress(`stopping container ${name}`)
  const seconds = timeout ?? (typeof stopTimeout === 'number' ? stopTimeout : usualStopTimeout)
  const query = timeout === undefined ? '' : `?t=${timeout}`
  await askEngine(io, `stop the container ${name}`, 'POST', pathOf(name, `/stop${query}`), {
    timeout: (seconds + 60) * 1000,
    also: [404],
  })
}

/** Ends a container with a signal and waits for it, a minute at most. */
export async function killContainer(io: Io, name: string, signal: string): Promise<void> {
  io.progress(`killing container ${name}`)
  const path = pathOf(name, `/kill?signal=${encodeURIComponent(signal)}`)
  await askEngine(io, `kill the container ${name}`, 'POST', path, { also: [404, 409] })
  await io.until(
    `container ${name} to end`,
    async (seen) => {
      const container = await inspect(io, name)
      seen(container?.State.Status ?? 'gone')
      return container?.State.Running ? undefined : true
    },
    { timeout: 60_000, every: 500 },
  )
}

/** Freezes a running container, or lets it go on. */
export async function pauseContainer(io: Io, name: string, pause: boolean): Promise<void> {
  const what = pause ? 'pause' : 'unpause'
  await askEngine(io, `${what} the container ${name}`, 'POST', pathOf(name, `/${what}`))
}

/** Removes a container, running or not; nothing happens when there is none. `volumes`: with its anonymous volumes. */
export async function removeContainer(io: Io, name: string, volumes: boolean): Promise<void> {
  await askEngine(io, `remove the container ${name}`, 'DELETE', pathOf(name, `?force=1${volumes ? '&v=1' : ''}`), {
    also: [404],
  })
}

export async function renameContainer(io: Io, from: string, to: string): Promise<void> {
  await askEngine(io, `rename the container ${from}`, 'POST', pathOf(from, `/rename?name=${encodeURIComponent(to)}`))
}

/**
 * How often in a row a container without a health check must be seen running, a second apart: what cannot start ends at
 * once. As often one must be seen ended that Docker should have started again, until it counts as stopped by somebody.
 */
const steadyLooks = 3

/** Waits until a container is healthy; without a health check, it only has to keep running, or to have done its work. `timeout` in milliseconds. */
export async function waitHealthy(io: Io, name: string, timeout: number): Promise<void> {
  let last: Container | undefined
  let steady = 0
  let ended = 0
  try {
    await io.until(
      `container ${name} to become healthy`,
      async (seen) => {
        last = await inspect(io, name)
        if (last === undefined)
          throw new TaskError(problem('container-gone', `the container ${name} was removed while it was waited for`))
        const { State, HostConfig } = last
        seen(State.Health ? State.Health.Status : State.Status)
        const runs = State.Running && !State.Restarting
        steady = runs ? steady + 1 : 0
        if (runs && (State.Health ? State.Health.Status === 'healthy' : steady >= steadyLooks)) return true
        if (State.Status === 'exited' && State.ExitCode === 0 && !State.Health) return true
        ended = State.Running || State.Restarting ? 0 : ended + 1
        if (ended > 0 && !willRestart(HostConfig.RestartPolicy)) throw await unhealthy(io, name, last, 'it ended')
        if (ended >= steadyLooks)
          throw await unhealthy(io, name, last, 'it was stopped or killed from outside, so Docker leaves it so')
        return undefined
      },
      { timeout, every: 1000 },
    )
  } catch (error) {
    if (error instanceof TaskError && error.code === 'deadline-passed')
      throw await unhealthy(io, name, last, `within ${Math.round(timeout / 1000)} s it did not become healthy`)
    throw error
  }
}

function willRestart(policy: unknown): boolean {
  const { Name = 'no' } = (policy ?? {}) as { readonly Name?: string }
  return Name !== 'no' && Name !== ''
}

/** The error that says how a container fared: its state, what its health check said, its last lines. */
async function unhealthy(io: Io, name: string, container: Container | undefined, why: string): Promise<TaskError> {
  const { State } = container ?? {}
  const checked = State?.Health?.Log?.at(-1)
  const logs = await lastLines(io, name, 20)
  const detail = [
    State
      ? `state: ${State.Status}${State.Running ? '' : `, exit code ${State.ExitCode ?? '?'}`}${State.Error ? `, ${State.Error}` : ''}`
      : '',
    checked
      ? `last health check: exit code ${checked.ExitCode}${checked.Output.trim() === '' ? '' : `: ${checked.Output.trim()}`}`
      : '',
    logs === '' ? 'it wrote nothing' : `its last lines:\n${logs}`,
  ]
  return new TaskError(
    problem('container-not-healthy', `the container ${name} was started, but ${why}`, {
      detail: detail.filter((line) => line !== '').join('\n'),
      mend: 'mend what its last lines tell; when it only needs longer, raise healthy_timeout',
    }),
  )
}
