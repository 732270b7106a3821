import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsAfter, type Command, parseCommandLine } from './command-line.ts'
import { type Diagnostic, problem, StoppedError, ToolError } from './core/diagnostic.ts'
import type { Emit } from './core/event.ts'
import type { Options } from './flags.ts'
import { helpText } from './help.ts'
import { createBus } from './report/bus.ts'
import { manners } from './report/colours.ts'
import { defect } from './report/diagnostics.ts'
import { createJsonLines } from './report/jsonl.ts'
import { exitCodes } from './report/recap.ts'
import { createRedactor, type Redactor } from './report/redactor.ts'
import type { Report } from './report/report.ts'
import { type Sink, standardError, standardOutput } from './report/sink.ts'
import { createTerminal } from './report/terminal.ts'
import { rerunCommand } from './rerun.ts'
import { root } from './root.ts'
import type { runFlags } from './run-flags.ts'

/** An entry script of `playbooks/`: how it is called, and the playbook it runs unless its operand names one. */
export interface Entry {
  /** `import.meta.url` of the script. */
  readonly file: string
  readonly command: Command<typeof runFlags>
  /** Name of the playbook beside the script; without it the first operand names one, relative to where one stands. */
  readonly playbook?: string
}

/** Runs an entry script from the words it was given to its exit code; the process ends by itself afterwards. */
export async function runEntry(entry: Entry): Promise<void> {
  const words = argumentsAfter(entry.file, process.argv)
  const parsed = parseCommandLine(words, entry.command)
  const redactor = createRedactor()
  const options = 'options' in parsed ? parsed.options : undefined
  const out = standardOutput()
  if (options?.help || options?.version) {
    out.write(options.help ? helpText(entry.command) : `${version()}\n`)
    return out.flush()
  }

  const json = options ? options.output === 'json' : asksForJson(words)
  const report = json ? createJsonLines(out) : terminal(entry, options, redactor, out)
  const bus = createBus({ redactor, reports: [report] })
  const refuse = (diagnostics: readonly Diagnostic[], code: number) => {
    for (const diagnostic of diagnostics) bus.emit({ kind: 'diagnostic', diagnostic })
    process.exitCode = code
  }
  const stop = signals(bus.emit)
  try {
    if (!('options' in parsed)) return refuse(parsed.diagnostics, exitCodes.refused)
    const playbook = playbookOf(entry, parsed.operands)
    const { runPlaybookFile } = await import('./play.ts')
    process.exitCode = await runPlaybookFile({
      playbook,
      options: parsed.options,
      emit: bus.emit,
      print: (text) => out.write(redactor.mask(text)),
      env: process.env,
      ...stop,
    })
  } catch (error) {
    if (error instanceof ToolError) refuse(error.diagnostics, exitCodes.refused)
    else refuse([defect(error)], exitCodes.defect)
  } finally {
    stop.dispose()
    await bus.close()
    await out.flush()
    redactor.close()
  }
}

function playbookOf(entry: Entry, operands: readonly string[]): string {
  if (entry.playbook !== undefined) return path.resolve(path.dirname(fileURLToPath(entry.file)), entry.playbook)
  return path.resolve(operands[0] ?? '')
}

function terminal(entry: Entry, options: Options<typeof runFlags> | undefined, redactor: Redactor, out: Sink): Report {
  const { colour, live } = manners({
    isTTY: process.stdout.isTTY,
    term: process.env.TERM,
    noColor: process.env.NO_COLOR,
    forceColor: process.env.FORCE_COLOR,
    plain: options?.noColor ?? false,
  })
  return createTerminal({
    out,
    err: standardError(),
    colour,
    live,
    verbosity: options?.verbose ?? 0,
    rerun: (hosts) => redactor.mask(rerunCommand(entry.file, process.argv, hosts)),
  })
}

/** Whoever asked for JSON gets it, even when another word on the line is a mistake. */
function asksForJson(words: readonly string[]): boolean {
  return words.some((word, index) => word === '--output=json' || (word === '--output' && words[index + 1] === 'json'))
}

const stopping = problem('stopping', 'stopping: what is under way is finished first', {
  mend: 'press Ctrl-C again to cut it off; the next run mends what is left half done',
})

/** The first Ctrl-C (or TERM, HUP) asks to stop, the second cuts; after that the default of the system holds again. */
function signals(emit: Emit): { stopping: AbortSignal; signal: AbortSignal; dispose: () => void } {
  const soft = new AbortController()
  const hard = new AbortController()
  const stopped = () => new StoppedError(problem('stopped', 'the run was asked to stop'))
  const onSignal = () => {
    if (!soft.signal.aborted) {
      emit({ kind: 'diagnostic', diagnostic: { ...stopping, severity: 'warning' } })
      soft.abort(stopped())
    } else {
      hard.abort(stopped())
      dispose()
    }
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const dispose = () => {
    for (const name of names) process.off(name, onSignal)
  }
  for (const name of names) process.on(name, onSignal)
  return { stopping: soft.signal, signal: hard.signal, dispose }
}

function version(): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version
}
