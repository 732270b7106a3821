import { plainCommand } from './plain-commands.ts'
import type { ExecRequest, ExecResult, ProgramContext } from './program.ts'
import { runShell } from './shell-run.ts'

const shells = new Set(['sh', 'ash', 'bash', 'dash'])

interface ShellCall {
  readonly script: string
  readonly args: readonly string[]
}

/** Whether a command is a shell that waits for somebody to type. */
export const isBareShell = (cmd: readonly string[]): boolean => cmd.length === 1 && shells.has(nameOf(cmd))

const nameOf = (cmd: readonly string[]): string => cmd[0]?.split('/').at(-1) ?? ''

/** The script of `sh -c 'script'`, also with more flags (`-ec`) or a path before the name; of a bare `sh` its input. */
const shellCall = async ({ cmd, stdin }: ExecRequest): Promise<ShellCall | undefined> => {
  if (!shells.has(nameOf(cmd))) return undefined
  const at = cmd.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word))
  const script = cmd[at + 1]
  if (at > 0 && script !== undefined) return { script, args: cmd.slice(at + 2) }
  return cmd.slice(1).every((word) => word.startsWith('-')) ? { script: String(await stdin()), args: [] } : undefined
}

/**
 * Runs a command of a container: the program's own commands (`exec`) first, then the plain ones; `sh -c` runs its lines the same way.
 * `undefined` means that there is no such command.
 */
export const runCommand = async (
  context: ProgramContext,
  exec: ((request: ExecRequest) => Promise<ExecResult | undefined>) | undefined,
  request: ExecRequest,
): Promise<ExecResult | undefined> => {
  const own = await exec?.(request)
  if (own !== undefined) return own
  const shell = await shellCall(request)
  if (shell === undefined) return plainCommand(context, request)
  return runShell(shell.script, {
    args: shell.args,
    env: request.env,
    stdin: request.stdin,
    path: context.path,
    run: (cmd, env, stdin) => runCommand(context, exec, { ...request, cmd, env, stdin }),
  })
}
