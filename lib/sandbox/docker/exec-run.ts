import { runCommand } from './command-run.ts'
import type { Engine } from './engine.ts'
import type { ExecRequest, ExecResult } from './program.ts'
import { envMap, programContext } from './program-context.ts'
import type { ContainerRecord } from './records.ts'

/** A command to run, with what may be left out. */
export type ExecWish = Pick<ExecRequest, 'cmd' | 'stdin'> & {
  readonly env?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  readonly tty?: boolean
}

/**
 * Runs a command in a running container: the program's own commands first, then the plain ones; `sh -c` runs its lines the same way.
 * `undefined` means that there is no such command.
 */
export const runInContainer = (
  engine: Engine,
  container: ContainerRecord,
  wish: ExecWish,
): Promise<ExecResult | undefined> => {
  const live = engine.live.get(container.Id)
  if (live === undefined) return Promise.resolve(undefined)
  const context = programContext(engine, container, live)
  return runCommand(context, live.program?.exec, {
    cmd: wish.cmd,
    stdin: wish.stdin,
    env: { ...context.env, ...envMap(wish.env ?? []) },
    user: wish.user || container.Config.User,
    workingDir: wish.workingDir || container.Config.WorkingDir || '/',
    tty: wish.tty ?? false,
  })
}
