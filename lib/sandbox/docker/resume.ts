import { type Engine, inTurn } from './engine.ts'
import { detach, startContainer } from './life.ts'
import { never } from './records.ts'
import { Refusal, systemError } from './refusal.ts'

/** Brings a machine back up: containers that ran, or whose policy is `always`, start again; the others are marked as ended. */
export const resumeContainers = async (engine: Engine): Promise<void> => {
  const due = engine.records.containers.filter(({ HostConfig, State }) => {
    const { Name } = HostConfig.RestartPolicy
    // As with the real engine, `always` brings back what was stopped by hand, too.
    return State.Running ? Name !== 'no' : Name === 'always' && State.StartedAt !== never
  })
  for (const container of engine.records.containers) {
    if (!container.State.Running) continue
    detach(container)
    Object.assign(container.State, {
      Status: 'exited',
      Running: false,
      Restarting: false,
      Paused: false,
      Pid: 0,
      ExitCode: 255,
      FinishedAt: new Date().toISOString(),
    })
  }
  engine.save()
  for (const container of due) {
    await inTurn(engine, container, () => startContainer(engine, container)).catch((problem: unknown) => {
      if (!(problem instanceof Refusal)) throw systemError(String(problem))
    })
  }
}
