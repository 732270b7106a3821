import type { Emit, Event } from '../core/event.ts'
import { maskEvent } from './mask-event.ts'
import type { MaskedStream, Redactor } from './redactor.ts'
import type { Report, TimedEvent } from './report.ts'

export interface Bus {
  readonly emit: Emit
  /** Adds a report that gets everything from now on. */
  attach(report: Report): void
  /** Shows held-back output and closes the reports; throws the first error that a report had. */
  close(): Promise<void>
}

export interface BusOptions {
  readonly reports: readonly Report[]
  readonly redactor: Redactor
  readonly now?: () => Date
}

/**
 * The one way from the engine to the eye: stamps each event with the time, masks every known secret in it and hands it to
 * the reports. Output of commands is masked across its pieces. A report that throws gets nothing more; the run goes on.
 */
export function createBus({ reports: given, redactor, now = () => new Date() }: BusOptions): Bus {
  const reports = [...given]
  const streams = new Map<string, { readonly event: Output; readonly text: MaskedStream }>()
  const broken = new Map<Report, unknown>()

  function hand(event: TimedEvent): void {
    for (const report of reports) {
      if (broken.has(report)) continue
      try {
        report.take(event)
      } catch (error) {
        broken.set(report, error)
      }
    }
  }

  function send(event: Event): void {
    hand({ ...maskEvent(event, redactor.mask), at: now().toISOString() })
  }

  function output(event: Output): void {
    const key = JSON.stringify([event.host, event.id, event.stream])
    const stream = streams.get(key) ?? { event, text: redactor.stream() }
    streams.set(key, stream)
    sendText(event, stream.text.write(event.text))
  }

  function sendText(event: Output, text: string): void {
    if (text === '') return
    hand({ ...maskEvent({ ...event, text: '' }, redactor.mask), text, at: now().toISOString() } as TimedEvent)
  }

  /** Sends what the streams hold back, of one task or of all. */
  function flush(of?: { readonly host: string; readonly id: string }): void {
    for (const [key, { event, text }] of streams) {
      if (of !== undefined && (event.host !== of.host || event.id !== of.id)) continue
      streams.delete(key)
      sendText(event, text.end())
    }
  }

  return {
    attach: (report) => void reports.push(report),
    emit(event) {
      if (event.kind === 'task.output') return output(event)
      if (event.kind === 'task.done' || event.kind === 'item.done') flush(event)
      if (event.kind === 'run.end') flush()
      send(event)
    },
    async close() {
      flush()
      const closed = await Promise.allSettled(reports.map((report) => report.close()))
      for (const error of broken.values()) throw error
      for (const one of closed) if (one.status === 'rejected') throw one.reason
    },
  }
}

type Output = Extract<Event, { kind: 'task.output' }>
