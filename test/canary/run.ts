import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Command, parseCommandLine } from '../../lib/command-line.ts'
import { StoppedError, ToolError } from '../../lib/core/diagnostic.ts'
import type { Event } from '../../lib/core/event.ts'
import { runPlaybookFile } from '../../lib/play.ts'
import { entriesOf } from '../../lib/record/look-back.ts'
import { createBus } from '../../lib/report/bus.ts'
import { paint } from '../../lib/report/colours.ts'
import { createJsonLines } from '../../lib/report/jsonl.ts'
import { createLines } from '../../lib/report/lines.ts'
import { renderPage } from '../../lib/report/page/page.ts'
import { createRedactor, type Redactor } from '../../lib/report/redactor.ts'
import type { Report } from '../../lib/report/report.ts'
import type { Sink } from '../../lib/report/sink.ts'
import { createTerminal } from '../../lib/report/terminal.ts'
import { rerunCommand } from '../../lib/rerun.ts'
import { runFlags } from '../../lib/run-flags.ts'
import type { Trace } from './search.ts'

/** What a run left. */
export interface Ran {
  readonly code: number
  /** All that could be seen, in every form and at every verbosity, the record and what is made of it. */
  readonly traces: readonly Trace[]
  /** What the engine said before anything was masked. */
  readonly bare: string
  /** Events as reports get them. */
  readonly events: readonly Event[]
  /** What a terminal with -vvv showed. */
  readonly shown: string
}

export interface How {
  readonly env: { readonly [name: string]: string }
  /** Called with each event, unmasked. */
  readonly onEvent?: (event: Event, stop: AbortController) => void
  /** Stands for the program's own redactor. */
  readonly redactor?: Redactor
}

const command: Command<typeof runFlags> = {
  name: 'npx zx playbooks/run.ts',
  summary: '',
  examples: [],
  flags: runFlags,
  operands: { name: 'PLAYBOOK', least: 1, most: 1, help: '' },
}

/**
 * Runs a playbook in this process as its entry would, with `words` as typed, and shows it on terminals and in files at once:
 * each verbosity in plain lines and drawn, JSON lines, the record, its page and its history.
 */
export async function runCanary(
  words: readonly string[],
  { env, onEvent, redactor = createRedactor() }: How,
): Promise<Ran> {
  const sinks = new Map<string, { text: string }>()
  const sink = (place: string, isTTY = false): Sink => {
    const kept = sinks.get(place) ?? { text: '' }
    sinks.set(place, kept)
    const write = (text: string) => {
      kept.text += text
    }
    return { write, flush: async () => undefined, isTTY, columns: 200, rows: 50 }
  }
  const views = [0, 1, 2, 3].flatMap((verbosity) =>
    [false, true].map((live) => {
      const name = `terminal -v${verbosity}${live ? ', drawn' : ''}`
      const [out, err] = [sink(`${name}, stdout`, live), sink(`${name}, stderr`, live)]
      const rerun = (hosts: readonly string[]) =>
        redactor.mask(rerunCommand('playbooks/run.ts', ['node', 'playbooks/run.ts', ...words], hosts))
      return createTerminal({ out, err, colour: live, live, verbosity, rerun, every: () => () => undefined })
    }),
  )
  const events: Event[] = []
  const keeping: Report = { take: (event) => void events.push(event), close: async () => undefined }
  const bus = createBus({ redactor, reports: [...views, createJsonLines(sink('JSON lines')), keeping] })
  const bare: Event[] = []
  const [soft, hard] = [new AbortController(), new AbortController()]
  const emit = (event: Event) => {
    bare.push(event)
    bus.emit(event)
    onEvent?.(event, soft)
  }
  let code = 0
  try {
    const parsed = parseCommandLine(words, command)
    if (!('options' in parsed)) throw new Error(parsed.diagnostics.map((one) => one.message).join())
    code = await runPlaybookFile(path.resolve(parsed.operands[0] ?? ''), {
      ...parsed,
      emit,
      env,
      recording: { attach: bus.attach, mask: redactor.mask, name: command.name, words },
      print: (text) => sink('printed').write(redactor.mask(text)),
      disclose: () => {
        throw new Error('a run discloses nothing')
      },
      stopping: soft.signal,
      signal: hard.signal,
    })
  } catch (error) {
    if (!(error instanceof ToolError) && !(error instanceof StoppedError)) throw error
    code = 2
    for (const diagnostic of error.diagnostics) emit({ kind: 'diagnostic', diagnostic })
  } finally {
    await bus.close()
    redactor.close()
  }
  const traces = [...sinks].map(([place, { text }]): Trace => ({ place, text }))
  return {
    code,
    traces,
    events,
    bare: JSON.stringify(bare),
    shown: sinks.get('terminal -v3, stdout')?.text + (sinks.get('terminal -v3, stderr')?.text ?? ''),
  }
}

/** The records of an inventory, and each as its page and as lines. */
export function recordTraces(folder: string): readonly Trace[] {
  mkdirSync(folder, { recursive: true })
  return readdirSync(folder).flatMap((name): Trace[] => {
    const file = path.join(folder, name)
    const entries = [...entriesOf(file)]
    const lines = createLines({ paint: paint(false), verbosity: 3 })
    return [
      { place: `record ${name}`, text: readFileSync(file, 'utf8') },
      { place: `page of ${name}`, text: renderPage(entries) },
      { place: `history of ${name}`, text: entries.flatMap((one) => lines(one as never)).join('\n') },
    ]
  })
}

/** Every file below a folder, names included, but for what `home` says is where a secret belongs. */
export function fileTraces(folder: string, home: (relative: string) => boolean): readonly Trace[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): Trace[] => {
    const file = path.join(entry.parentPath, entry.name)
    const relative = path.relative(folder, file)
    if (home(relative)) return []
    const text = entry.isFile() ? readFileSync(file, 'utf8') : ''
    return [{ place: `file ${relative}`, text: `${relative}\n${text}` }]
  })
}
