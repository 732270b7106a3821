import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsAfter, type Command, parseCommandLine } from './command-line.ts'
import { type Diagnostic, problem, StoppedError, ToolError } from './core/diagnostic.ts'
import type { Emit } from './core/event.ts'
import type { Plain } from './core/plain.ts'
import { keepTelling } from './core/telling.ts'
import { whenNeeded } from './core/when-needed.ts'
import type { Flags, Options } from './flags.ts'
import { createBus } from './report/bus.ts'
import { exitCodes } from './report/recap.ts'
import { createRedactor, type Redactor } from './report/redactor.ts'
import type { Report } from './report/report.ts'
import { type Sink, standardError, standardOutput } from './report/sink.ts'
import { root } from './root.ts'
import { type commonFlags, type RunFlags, runConflicts, type runFlags } from './run-flags.ts'

const help = whenNeeded<typeof import('./help.ts')>('./help.ts', import.meta.url)
const jsonLines = whenNeeded<typeof import('./report/jsonl.ts')>('./report/jsonl.ts', import.meta.url)
const findings = whenNeeded<typeof import('./report/diagnostics.ts')>('./report/diagnostics.ts', import.meta.url)
const colours = whenNeeded<typeof import('./report/colours.ts')>('./report/colours.ts', import.meta.url)
const terminalReport = whenNeeded<typeof import('./report/terminal.ts')>('./report/terminal.ts', import.meta.url)
const rerun = whenNeeded<typeof import('./rerun.ts')>('./rerun.ts', import.meta.url)

/** A script that a person starts: what it understands, and the work behind it. */
export interface Entry<F extends typeof commonFlags> {
  /** `import.meta.url` of the script. */
  readonly file: string
  readonly command: Command<F>
  /** Does the work and gives the exit code; what it needs is imported in there, so that `--help` is quick. */
  work(call: Call<F>): Promise<number>
}

/** What an entry hands to the work behind it. */
export interface Call<F extends Flags> {
  readonly options: Options<F>
  readonly operands: readonly string[]
  readonly emit: Emit
  /** What the record of a run needs; without it none is kept. */
  readonly recording?: Recording
  /** Writes text that is the result itself (a list), not a report of a run; secrets in it are masked. */
  readonly print: (text: string) => void
  /** Writes a secret that was asked for by its own command. */
  readonly disclose: (text: string) => void
  /** Aborted at the first Ctrl-C: finish what is under way. */
  readonly stopping: AbortSignal
  /** Aborted at the second: cut everything. */
  readonly signal: AbortSignal
  readonly env: { readonly [name: string]: string | undefined }
}

export interface Recording {
  /** Adds a report to those of the run. */
  readonly attach: (report: Report) => void
  /** Takes known secrets out of a text that no event carries. */
  readonly mask: (text: string) => string
  /** How the entry is called, and the words that were typed behind it. */
  readonly name: string
  readonly words: readonly string[]
}

/**
 * Runs an entry script of `playbooks/`: `playbook` stands beside it, the same always or chosen by the flags; without it the
 * first operand names one.
 */
export function runEntry<F extends typeof runFlags>(entry: {
  readonly file: string
  readonly command: Command<F>
  readonly playbook?: string | ((options: Options<F>) => string)
  /** Variables that flags of the entry's own stand for; they win over all others, as those of `-e` do. */
  readonly vars?: (options: Options<F>) => { readonly [name: string]: Plain }
}): Promise<void> {
  const { playbook, vars } = entry
  return runCommand({
    ...entry,
    // The flags of an entry are those of every run and some of its own; of those, no conflict is known.
    command: { ...entry.command, conflicts: (options) => runConflicts(options as unknown as RunFlags) },
    work: async (call) => {
      const { runPlaybookFile } = await import('./play.ts')
      const beside = typeof playbook === 'function' ? playbook(call.options) : playbook
      const file = beside === undefined ? (call.operands[0] ?? '') : nextTo(entry.file, beside)
      const options = call.options as unknown as RunFlags
      const extraVars = vars ? [...options.extraVars, JSON.stringify(vars(call.options))] : options.extraVars
      return runPlaybookFile(path.resolve(file), { ...call, options: { ...options, extraVars } })
    },
  })
}

function nextTo(file: string, name: string): string {
  return path.resolve(path.dirname(fileURLToPath(file)), name)
}

/** Runs a script from the words it was given to its exit code; the process ends by itself afterwards. */
export async function runCommand<F extends typeof commonFlags>(entry: Entry<F>): Promise<void> {
  const words = argumentsAfter(entry.file, process.argv)
  const parsed = parseCommandLine(words, entry.command)
  const redactor = createRedactor()
  const options = 'options' in parsed ? parsed.options : undefined
  const out = standardOutput()
  if (options?.help || options?.version) {
    out.write(options.help ? help().helpText(entry.command) : `${version()}\n`)
    return out.flush()
  }

  const json = options ? options.output === 'json' : asksForJson(words)
  const report = json
    ? jsonLines().createJsonLines(out)
    : atFirstEvent(() => terminal(entry.file, options, redactor, out))
  const bus = createBus({ redactor, reports: [report] })
  const refuse = (diagnostics: readonly Diagnostic[], code: number) => {
    for (const diagnostic of diagnostics) bus.emit({ kind: 'diagnostic', diagnostic })
    process.exitCode = code
  }
  const stop = signals(bus.emit)
  try {
    if (!('options' in parsed)) return refuse(parsed.diagnostics, exitCodes.refused)
    process.exitCode = await entry.work({
      ...parsed,
      ...stop,
      emit: bus.emit,
      recording: { attach: bus.attach, mask: redactor.mask, name: entry.command.name, words },
      print: (text) => out.write(redactor.mask(text)),
      disclose: (text) => out.write(text),
      env: environment(),
    })
  } catch (error) {
    if (error instanceof StoppedError) refuse(error.diagnostics, exitCodes.stopped)
    else if (error instanceof ToolError) refuse(error.diagnostics, exitCodes.refused)
    else refuse([findings().defect(error)], exitCodes.defect)
  } finally {
    stop.dispose()
    await bus.close()
    await out.flush()
    redactor.close()
  }
}

/** A report that is made for its first event: commands that only print never have one. */
function atFirstEvent(make: () => Report): Report {
  let report: Report | undefined
  return {
    take: (event) => {
      report ??= make()
      report.take(event)
    },
    close: async () => report?.close(),
  }
}

function terminal(
  file: string,
  options: Options<typeof commonFlags> | undefined,
  redactor: Redactor,
  out: Sink,
): Report {
  const { colour, live } = colours().manners({
    isTTY: process.stdout.isTTY,
    term: process.env.TERM,
    noColor: process.env.NO_COLOR,
    forceColor: process.env.FORCE_COLOR,
    plain: options?.noColor ?? false,
  })
  return terminalReport().createTerminal({
    out,
    err: standardError(),
    colour,
    live,
    verbosity: options?.verbose ?? 0,
    rerun: (hosts) => redactor.mask(rerun().rerunCommand(file, process.argv, hosts)),
  })
}

/**
 * Keys that are given in the environment stay in this process: programs that it starts do not inherit them. What else looks
 * like a secret there is kept from sight, as programs like to show their environment.
 */
function environment(): { readonly [name: string]: string | undefined } {
  const env = { ...process.env }
  keepTelling('', env as { readonly [name: string]: string })
  delete process.env.AGE_IDENTITY
  delete process.env.AGE_PASSPHRASE
  return env
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
