import { empty, flag, type Handler, json, wholeNumber } from './call.ts'
import { signalName } from './container-checks.ts'
import { containerNamed } from './containers.ts'
import { type Engine, inTurn } from './engine.ts'
import { killContainer, startContainer, stopContainer, tell } from './life.ts'
import type { ContainerRecord } from './records.ts'
import { badParameter, conflict, Refusal, systemError } from './refusal.ts'

/** `POST /containers/{id}/start`: 304 when it runs already. */
export const start: Handler = ({ engine, params }) => {
  const container = containerNamed(engine, params.id ?? '')
  return inTurn(engine, container, async () => {
    if (container.State.Paused) throw conflict('cannot start a paused container, try unpause instead')
    // A container that waits for its restart counts as running.
    if (container.State.Running) return empty(304)
    container.RestartCount = 0
    await startContainer(engine, container)
    return empty(204)
  })
}

/** The engine's patience after the stop signal, in seconds, when nobody says otherwise. */
const defaultPatience = 10

const stopOf = async (engine: Engine, container: ContainerRecord, query: URLSearchParams): Promise<void> => {
  const signal = signalName(query.get('signal') || container.Config.StopSignal || 'SIGTERM')
  const patience = wholeNumber(query, 't') ?? container.Config.StopTimeout ?? defaultPatience
  await stopContainer(engine, container, signal, patience)
  tell(engine, container, 'stop')
}

/** `POST /containers/{id}/stop`: 304 when it does not run. */
export const stop: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  wholeNumber(query, 't')
  return inTurn(engine, container, async () => {
    if (!container.State.Running) return empty(304)
    await stopOf(engine, container, query)
    return empty(204)
  })
}

/** `POST /containers/{id}/restart`: starts a container that does not run, too. */
export const restart: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  wholeNumber(query, 't')
  return inTurn(engine, container, async () => {
    if (container.State.Running) await stopOf(engine, container, query)
    try {
      await startContainer(engine, container)
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem
      throw new Refusal(problem.status, `Cannot restart container ${params.id}: ${problem.message}`)
    }
    tell(engine, container, 'restart')
    return empty(204)
  })
}

/** Signals that end a process unless it handles them otherwise. */
const deadly = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'])

/** `POST /containers/{id}/kill` */
export const kill: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  const signal = signalName(query.get('signal') || 'SIGKILL')
  return inTurn(engine, container, async () => {
    if (!container.State.Running) {
      throw conflict(`cannot kill container: ${params.id}: container ${container.Id} is not running`)
    }
    if (signal === 'SIGKILL') await killContainer(engine, container)
    else if (deadly.has(signal)) await stopContainer(engine, container, signal, -1)
    else {
      engine.live.get(container.Id)?.program?.signal?.(signal)
      tell(engine, container, 'kill', { signal })
    }
    return empty(204)
  })
}

/** `POST /containers/{id}/pause` and `…/unpause`: peers no longer reach a paused container. */
export const pause =
  (on: boolean): Handler =>
  ({ engine, params }) => {
    const container = containerNamed(engine, params.id ?? '')
    const { State } = container
    if (on && !State.Running) throw conflict(`container ${container.Id} is not running`)
    if (on && State.Paused) throw conflict(`container ${container.Id} is already paused`)
    if (!on && !State.Paused) throw systemError(`Container ${container.Id} is not paused`)
    State.Paused = on
    State.Status = on ? 'paused' : 'running'
    engine.save()
    tell(engine, container, on ? 'pause' : 'unpause')
    return empty(204)
  }

/** `POST /containers/{id}/wait`: answers when the container has ended (or, with a condition, ends next or is gone). */
export const wait: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  const condition = query.get('condition') || 'not-running'
  if (!['not-running', 'next-exit', 'removed'].includes(condition)) {
    throw badParameter(`invalid condition: ${JSON.stringify(condition)}`)
  }
  if (condition === 'not-running' && !container.State.Running) {
    return json({ StatusCode: container.State.ExitCode })
  }
  return {
    kind: 'stream',
    type: 'application/json',
    run: (out) =>
      new Promise((resolve) => {
        const done = (code?: number) => {
          for (const name of names) engine.bus.off(name, done)
          engine.bus.off('close', abandon)
          if (code !== undefined) out.write(JSON.stringify({ StatusCode: code }))
          resolve()
        }
        const abandon = () => done()
        const names =
          condition === 'removed' ? [`gone:${container.Id}`] : [`exit:${container.Id}`, `gone:${container.Id}`]
        for (const name of names) engine.bus.once(name, done)
        engine.bus.once('close', abandon)
        out.gone.addEventListener('abort', abandon, { once: true })
      }),
  }
}

/** `POST /containers/{id}/resize` and `POST /exec/{id}/resize`: the double has no terminals, so any size will do. */
export const resize: Handler = ({ query }) => {
  if (!flag(query, 'h') || !flag(query, 'w')) throw badParameter('strconv.Atoi: parsing "": invalid syntax')
  return empty(200)
}
