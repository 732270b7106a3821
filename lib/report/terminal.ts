import type { Diagnostic } from '../core/diagnostic.ts'
import { createActivities, phrase } from './activities.ts'
import { paint as paintOf } from './colours.ts'
import { diagnosticLines } from './diagnostics.ts'
import { clock } from './durations.ts'
import { createLines } from './lines.ts'
import { createLive } from './live.ts'
import { startRecap } from './recap.ts'
import { recapLines } from './recap-text.ts'
import type { Report } from './report.ts'
import type { Sink } from './sink.ts'
import { visibleLine } from './visible.ts'
import { pad, widthOf } from './width.ts'

export interface TerminalOptions {
  /** For the run. */
  readonly out: Sink
  /** For what was wrong before a run began. */
  readonly err: Sink
  readonly colour: boolean
  /** Whether `out` can be drawn on; otherwise it only ever gets lines. */
  readonly live: boolean
  readonly verbosity: number
  /** The command to type to run again on some hosts (on all when the list is empty), with secrets masked. */
  readonly rerun?: (hosts: readonly string[]) => string
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Calls back every so many milliseconds until the function it returns is called. */
  readonly every?: (ms: number, call: () => void) => () => void
  /** Calls back once what happens at the same time has happened: with many hosts, their lines are written together. */
  readonly soon?: (call: () => void) => void
}

/** Milliseconds between two looks at the clock. */
const beat = 200

/** Milliseconds after which a log is told that something still goes on, and again after each of them. */
const quiet = 30_000

/**
 * The report for people. On a terminal, finished tasks scroll and each busy host has a line at the bottom; elsewhere there
 * are only lines, and one every half minute while nothing else is to be told. Findings before the run go to `err`, in one list.
 */
export function createTerminal(options: TerminalOptions): Report {
  const { out, err, verbosity, rerun, now = Date.now, every = everyInterval, soon = setImmediate } = options
  const paint = paintOf(options.colour)
  const lines = createLines({ paint, verbosity })
  const live = createLive(out)
  const recap = startRecap()
  const activities = createActivities()
  const early: Diagnostic[] = []
  let started = false
  let ended = false
  let lastLine = now()
  let waiting: string[] = []
  const stop = every(beat, options.live ? () => live.draw(region()) : remind)

  function region(): readonly string[] {
    const busy = activities.busy()
    const width = Math.max(0, ...busy.map(({ host }) => widthOf(visibleLine(host))))
    return busy.map((one) => {
      const time = paint.faint(clock(now() - one.since).padStart(7))
      return `${time}  ${pad(visibleLine(one.host), width)}  ${phrase(one, now())}`
    })
  }

  function print(text: readonly string[]): void {
    lastLine = now()
    waiting.push(...text)
    if (waiting.length === text.length) soon(write)
  }

  /** Writes the lines that have gathered, and the region below them once. */
  function write(): void {
    const text = waiting
    waiting = []
    if (text.length === 0) return
    if (options.live) live.print(text, region())
    else out.write(text.map((line) => `${line}\n`).join(''))
  }

  /** In a log, silence looks like a hang: names the host that has been busy longest. */
  function remind(): void {
    const [longest, ...others] = activities.busy()
    if (longest === undefined || now() - longest.since < quiet || now() - lastLine < quiet) return
    const more = others.length === 0 ? '' : ` (and ${others.length} more host${others.length === 1 ? '' : 's'})`
    const host = visibleLine(longest.host)
    print([`still waiting  ${host}  ${phrase(longest, now())}, ${clock(now() - longest.since)} so far${more}`])
  }

  function tellEarly(): void {
    const text = diagnosticLines(early.splice(0), paint)
    err.write(text.map((line) => `${line}\n`).join(''))
  }

  return {
    take(event) {
      recap.take(event)
      activities.take(event)
      if (event.kind === 'diagnostic' && !started) {
        early.push(event.diagnostic)
        return
      }
      if (event.kind === 'run.start') {
        tellEarly()
        started = true
      }
      const text = lines(event)
      if (event.kind === 'run.end') {
        ended = true
        print(recapLines(recap.recap(), { paint, verbosity, rerun }))
      } else if (text.length > 0) print(text)
    },
    async close() {
      stop()
      write()
      live.clear()
      tellEarly()
      if (started && !ended) out.write('\nThe run broke off before its end.\n')
      await Promise.all([out.flush(), err.flush()])
    },
  }
}

function everyInterval(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms)
  timer.unref()
  return () => clearInterval(timer)
}
