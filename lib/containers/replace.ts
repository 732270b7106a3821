import { type Io, problem, TaskError } from '../task.ts'
import type { Container } from './inspect.ts'
import {
  type Making,
  makeContainer,
  removeContainer,
  renameContainer,
  startContainer,
  stopContainer,
  waitHealthy,
} from './life.ts'

/** The name a container keeps while another one proves itself in its place. */
export const previousName = (name: string): string => `${name}-previous`

export interface Replacing extends Making {
  /** The container that worked until now: under its own name, or already set aside by a run that was interrupted. */
  readonly old: Pick<Container, 'State' | 'Config'> & { readonly setAside: boolean }
  /** A new container of an interrupted run is in the way and was never proven. */
  readonly unproven: boolean
  /** Seconds until a container that does not stop is killed. */
  readonly stopTimeout: number | undefined
  readonly removeVolumes: boolean
}

/**
 * Puts a new container in the place of the old one: the old one is stopped (published ports would clash) and set aside, and
 * comes back under its name when the new one does not come up healthy.
 */
export async function replaceContainer(io: Io, plan: Replacing): Promise<void> {
  const { name, old } = plan
  const previous = previousName(name)
  const ran = old.State.Running || old.setAside
  if (plan.unproven) await removeContainer(io, name, plan.removeVolumes)
  if (!old.setAside) {
    if (old.State.Running) await stopContainer(io, name, plan.stopTimeout, old.Config.StopTimeout)
    await renameContainer(io, name, previous)
  }
  try {
    await makeContainer(io, plan)
  } catch (error) {
    await bringBack(io, name, ran, plan.removeVolumes, error)
  }
  await removeContainer(io, previous, plan.removeVolumes)
}

/** Proves the new container of an interrupted replacement, then lets go of the old one; brings the old one back otherwise. */
export async function finishReplacing(
  io: Io,
  name: string,
  running: boolean,
  healthyWithin: number,
  removeVolumes: boolean,
): Promise<void> {
  try {
    if (running) await waitHealthy(io, name, healthyWithin)
    else await startContainer(io, name, healthyWithin)
  } catch (error) {
    await bringBack(io, name, true, removeVolumes, error)
  }
  await removeContainer(io, previousName(name), removeVolumes)
}

/** Removes what failed, gives the old container its name again and starts it; always throws, the first cause included. */
async function bringBack(io: Io, name: string, start: boolean, removeVolumes: boolean, cause: unknown): Promise<never> {
  if (io.signal.aborted || !(cause instanceof TaskError)) throw cause
  try {
    await removeContainer(io, name, removeVolumes)
    await renameContainer(io, previousName(name), name)
    if (start) await startContainer(io, name, undefined)
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    throw new TaskError(
      [
        ...cause.diagnostics,
        ...error.diagnostics,
        problem(
          'container-not-restored',
          `the former container could not be brought back; it is kept as ${previousName(name)}`,
          {
            mend: `on the host: docker rm -f ${name}; docker rename ${previousName(name)} ${name}; docker start ${name}`,
          },
        ),
      ],
      { cause },
    )
  }
  const [first, ...rest] = cause.diagnostics
  const back = `the former container is back under its name${start ? ' and was started' : ''}`
  if (first === undefined) throw cause
  throw new TaskError([{ ...first, detail: `${first.detail ?? ''}\n${back}`.trim() }, ...rest], { cause })
}
