import type { Event } from '../core/event.ts'

/** An event as reports get it: secrets masked, the time added. */
export type TimedEvent = Event & { readonly at: string }

/** One view of the stream of events: the terminal, JSON lines, the recap. */
export interface Report {
  /** Takes the next event; must not throw and must not wait. */
  take(event: TimedEvent): void
  /** Called once after the last event; resolves when everything is written. */
  close(): Promise<void>
}
