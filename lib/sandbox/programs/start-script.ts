import { runCommand } from '../docker/command-run.ts'
import type { ProgramContext } from '../docker/program.ts'

/** What a container's command comes down to, once shells and `env` files are through. */
export interface Started {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Follows a command like `sh -c '. /etc/x/env && exec node main.js'` to the first command that `isProgram` knows. What the
 * script does before it is done; undefined, with the script's exit code and words in the log, when it never comes to that.
 */
export async function followScript(
  context: ProgramContext,
  isProgram: (argv: readonly string[]) => boolean,
): Promise<Started | { readonly code: number }> {
  if (isProgram(context.argv)) return { argv: context.argv, env: context.env }
  let found: Started | undefined
  const result = await runCommand(
    context,
    async ({ cmd, env }) => {
      if (found !== undefined || !isProgram(cmd)) return undefined
      found = { argv: cmd, env }
      return { code: 0 }
    },
    {
      cmd: context.argv,
      env: context.env,
      user: context.container.Config.User,
      workingDir: context.container.Config.WorkingDir || '/',
      tty: false,
      stdin: async () => Buffer.alloc(0),
    },
  )
  if (found !== undefined) return found
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = String(result?.[stream] ?? '').replace(/\n$/, '')
    if (text !== '') for (const line of text.split('\n')) context.log(line, stream)
  }
  return { code: result?.code ?? 127 }
}
