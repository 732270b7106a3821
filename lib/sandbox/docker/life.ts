import { setTimeout as wait } from 'node:timers/promises'
import { dropContainer } from './container-drop.ts'
import { type Engine, inTurn, type Live } from './engine.ts'
import { startHealth } from './health.ts'
import { joinNetwork, leaveNetwork, networkNamed } from './networks.ts'
import { publish } from './ports.ts'
import type { RunningProgram } from './program.ts'
import { programContext } from './program-context.ts'
import { programFor } from './program-match.ts'
import type { ContainerRecord } from './records.ts'
import { Refusal } from './refusal.ts'

/** Tells the listeners of the event stream what happened to a container. */
export const tell = (
  engine: Engine,
  container: ContainerRecord,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void =>
  engine.events.emit('container', action, container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name: container.Name,
    ...more,
  })

const attach = (engine: Engine, container: ContainerRecord): void => {
  try {
    for (const [name, endpoint] of Object.entries(container.Networks)) {
      joinNetwork(engine, networkNamed(engine, name), endpoint)
    }
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem
    throw new Refusal(problem.status, `failed to set up container networking: ${problem.message}`)
  }
  container.published = publish(engine, container)
}

/** Takes addresses and ports back from a container that has ended. */
export const detach = (container: ContainerRecord): void => {
  for (const endpoint of Object.values(container.Networks)) leaveNetwork(endpoint)
  container.published = []
}

let nextPid = 2000

const markRunning = ({ State }: ContainerRecord): void => {
  State.Status = 'running'
  State.Running = true
  State.Restarting = false
  State.Paused = false
  State.OOMKilled = false
  State.Pid = nextPid++
  State.ExitCode = 0
  State.Error = ''
  State.StartedAt = new Date().toISOString()
}

const startFailed = (engine: Engine, container: ContainerRecord, problem: unknown, code: number): void => {
  const { State } = container
  detach(container)
  State.Running = false
  State.Restarting = false
  State.Status = State.FinishedAt.startsWith('0001') ? 'created' : 'exited'
  State.Pid = 0
  State.ExitCode = code
  State.Error = problem instanceof Error ? problem.message : String(problem)
  engine.live.delete(container.Id)
  engine.save()
  engine.bus.emit(`exit:${container.Id}`, code)
  if (container.HostConfig.AutoRemove) dropContainer(engine, container, true)
}

const newLive = (engine: Engine, container: ContainerRecord): Live => {
  const { promise, resolve } = Promise.withResolvers<number>()
  let over = false
  const live: Live = {
    program: undefined,
    stopping: false,
    ended: promise,
    startedAt: Date.now(),
    stopHealth: () => {},
    end: (code, oomKilled = false) => {
      if (over) return
      over = true
      finish(engine, container, live, code, oomKilled)
      resolve(code)
    },
  }
  return live
}

/** Starts a container that does not run. Throws the refusal of the real engine when a network, a port or the program is in the way. */
export const startContainer = async (engine: Engine, container: ContainerRecord): Promise<void> => {
  cancelRetry(engine, container)
  try {
    attach(engine, container)
  } catch (problem) {
    startFailed(engine, container, problem, 128)
    throw problem
  }
  const live = newLive(engine, container)
  engine.live.set(container.Id, live)
  markRunning(container)
  let program: RunningProgram | undefined
  try {
    const starting = programFor(engine, container).start(programContext(engine, container, live))
    program = await Promise.race([starting, live.ended.then(() => undefined)])
    if (program === undefined) void starting.then((late) => late.stop('SIGKILL')).catch(() => undefined)
  } catch (problem) {
    startFailed(engine, container, problem, 127)
    const why = problem instanceof Error ? problem.message : String(problem)
    throw new Refusal(
      400,
      `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${why}: unknown`,
    )
  }
  live.program = program
  tell(engine, container, 'start')
  if (program !== undefined) live.stopHealth = startHealth(engine, container, live)
  engine.save()
}

const cancelRetry = (engine: Engine, container: ContainerRecord): void => {
  clearTimeout(engine.retries.get(container.Id))
  engine.retries.delete(container.Id)
}

const restartWanted = (container: ContainerRecord, live: Live, code: number): boolean => {
  const { Name, MaximumRetryCount } = container.HostConfig.RestartPolicy
  if (live.stopping) return false
  if (Name === 'always' || Name === 'unless-stopped') return true
  return Name === 'on-failure' && code !== 0 && (MaximumRetryCount === 0 || container.RestartCount < MaximumRetryCount)
}

/** The engine waits 100 ms before the first restart and doubles that up to a minute; ten quiet seconds make it forget. */
const firstWait = 100
const longestWait = 60_000
const quiet = 10_000

const nextWait = (engine: Engine, container: ContainerRecord, live: Live): number => {
  const { pace } = engine.settings
  const before = Date.now() - live.startedAt > quiet * pace ? undefined : engine.backoff.get(container.Id)
  const next = before === undefined ? firstWait : Math.min(before * 2, longestWait)
  engine.backoff.set(container.Id, next)
  return next * pace
}

const finish = (engine: Engine, container: ContainerRecord, live: Live, code: number, oomKilled: boolean): void => {
  if (!engine.records.containers.includes(container)) return
  live.stopHealth()
  engine.live.delete(container.Id)
  if (engine.closing) return
  const { State } = container
  detach(container)
  State.Running = false
  State.Paused = false
  State.Pid = 0
  State.ExitCode = code
  State.OOMKilled = oomKilled
  State.FinishedAt = new Date().toISOString()
  State.Status = 'exited'
  if (State.Health !== undefined) State.Health = { ...State.Health, Status: 'unhealthy' }
  const again = restartWanted(container, live, code)
  if (again) {
    container.RestartCount++
    State.Status = 'restarting'
    State.Restarting = true
    // The real engine counts a container that waits for its restart as running.
    State.Running = true
  }
  engine.save()
  if (oomKilled) tell(engine, container, 'oom')
  tell(engine, container, 'die', {
    exitCode: String(code),
    execDuration: String(Math.floor((Date.now() - live.startedAt) / 1000)),
  })
  engine.bus.emit(`exit:${container.Id}`, code)
  if (again) {
    engine.retries.set(
      container.Id,
      setTimeout(() => void retry(engine, container), nextWait(engine, container, live)),
    )
  } else if (container.HostConfig.AutoRemove) dropContainer(engine, container, true)
}

const retry = (engine: Engine, container: ContainerRecord): Promise<void> =>
  inTurn(engine, container, async () => {
    if (!engine.retries.has(container.Id) || engine.closing) return
    // A start that fails leaves its reason in the state; nobody waits for it.
    await startContainer(engine, container).catch(() => undefined)
  })

const giveUpRetry = (engine: Engine, container: ContainerRecord): void => {
  cancelRetry(engine, container)
  const { State } = container
  State.Status = 'exited'
  State.Running = false
  State.Restarting = false
  engine.save()
}

/** How long a program may take to end after SIGKILL, in milliseconds; a double that ignores it is abandoned. */
const lastChance = 2000

/**
 * Ends a running container with a signal, and with SIGKILL after `seconds` (negative: never). Resolves when it has ended.
 * No restart policy acts afterwards.
 */
export const stopContainer = async (
  engine: Engine,
  container: ContainerRecord,
  signal: string,
  seconds: number,
): Promise<void> => {
  const live = engine.live.get(container.Id)
  if (live === undefined) {
    giveUpRetry(engine, container)
    return
  }
  live.stopping = true
  tell(engine, container, 'kill', { signal })
  const ask = async (name: string, limit: number): Promise<number | undefined> => {
    const over = new AbortController()
    const asked = Promise.resolve(live.program?.stop(name) ?? 137)
    const late = limit < 0 ? new Promise<undefined>(() => {}) : wait(limit, undefined, { signal: over.signal })
    const code = await Promise.race([asked, live.ended, late.catch(() => undefined)])
    over.abort()
    return code
  }
  const code = (await ask(signal, seconds * 1000)) ?? (await ask('SIGKILL', lastChance))
  live.end(code === undefined || signal === 'SIGKILL' ? 137 : code)
  await live.ended
}

/** Ends a running container at once. */
export const killContainer = (engine: Engine, container: ContainerRecord): Promise<void> =>
  stopContainer(engine, container, 'SIGKILL', lastChance / 1000)
