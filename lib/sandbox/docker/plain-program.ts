import { isBareShell, runCommand } from './command-run.ts'
import type { ExecResult, Program, ProgramContext, RunningProgram } from './program.ts'

const write = (context: ProgramContext, result: ExecResult): void => {
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = String(result[stream] ?? '').replace(/\n$/, '')
    if (text !== '') for (const line of text.split('\n')) context.log(line, stream)
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGTERM: 15,
}

/** The exit code of a process that a signal ended: 128 and the signal's number. */
export const exitCodeOf = (signal: string): number => 128 + (signalNumbers[signal] ?? 15)

/**
 * Runs the plain commands (`chown …`, `sh -c '…'`): their output goes to the log and the container ends with their exit code.
 * A container with any other command, or a bare shell, just sits there until it is stopped. Other programs may hand over one-off commands to it.
 */
export const plainProgram: Program = {
  start: async (context): Promise<RunningProgram> => {
    const idle = { ports: {}, stop: async (signal: string) => exitCodeOf(signal) }
    if (isBareShell(context.argv)) return idle
    const known = runCommand(context, undefined, {
      cmd: context.argv,
      env: context.env,
      user: context.container.Config.User,
      workingDir: context.container.Config.WorkingDir || '/',
      tty: context.container.Config.Tty,
      stdin: async () => Buffer.alloc(0),
    })
    void known.then(
      (result) => {
        if (result === undefined) return
        write(context, result)
        context.exit(result.code)
      },
      (problem: unknown) => {
        context.log(String(problem), 'stderr')
        context.exit(1)
      },
    )
    return idle
  },
}
