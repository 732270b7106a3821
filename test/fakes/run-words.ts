import path from 'node:path'
import { parseCommandLine } from '../../lib/command-line.ts'
import { type Diagnostic, ToolError } from '../../lib/core/diagnostic.ts'
import type { Event } from '../../lib/core/event.ts'
import { runPlaybookFile } from '../../lib/play.ts'
import { root } from '../../lib/root.ts'
import { runFlags } from '../../lib/run-flags.ts'

/** What came of a run. */
export interface Ran {
  readonly code: number
  readonly events: readonly Event[]
  /** `task status` of each finished task, in order. */
  readonly tasks: readonly string[]
  /** All findings, of tasks and of the time before them. */
  readonly findings: readonly Diagnostic[]
  /** Texts that tasks showed. */
  readonly messages: string
}

/** Runs a playbook of `playbooks/` in this process with the words of a command line, as its entry script would. */
export async function runWords(
  playbook: string,
  words: readonly string[],
  env: { readonly [name: string]: string } = {},
): Promise<Ran> {
  const command = { name: 'test', summary: 'A test.', examples: [], flags: runFlags }
  const parsed = parseCommandLine(words, command)
  if (!('options' in parsed)) throw new ToolError(parsed.diagnostics)
  const events: Event[] = []
  const forever = new AbortController().signal
  let code: number
  let early: readonly Diagnostic[] = []
  try {
    code = await runPlaybookFile(path.join(root, 'playbooks', playbook), {
      ...parsed,
      emit: (event) => events.push(event),
      print: () => undefined,
      disclose: () => undefined,
      stopping: forever,
      signal: forever,
      env,
    })
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    code = 2
    early = error.diagnostics
  }
  const done = events.filter((event) => event.kind === 'task.done')
  return {
    code,
    events,
    tasks: done.map(({ task, status }) => `${task} ${status}`),
    findings: [...early, ...done.flatMap(({ diagnostics }) => diagnostics ?? [])],
    messages: done.map(({ message }) => message ?? '').join('\n'),
  }
}
