import { type Handler, timestamp } from './call.ts'
import type { EngineEvent } from './events.ts'
import { anyOf, type Filters, labelled, readFilters } from './filters.ts'

const known = ['container', 'event', 'image', 'label', 'network', 'scope', 'type', 'volume']

const passes = (filters: Filters, { Type, Action, Actor }: EngineEvent): boolean => {
  const named = (kind: EngineEvent['Type']) =>
    anyOf(
      filters,
      kind,
      (wanted) =>
        Type === kind && (Actor.ID === wanted || Actor.ID.startsWith(wanted) || Actor.Attributes.name === wanted),
    )
  return (
    anyOf(filters, 'type', (type) => Type === type) &&
    anyOf(filters, 'event', (event) => Action === event || Action.startsWith(`${event}:`)) &&
    anyOf(filters, 'scope', (scope) => scope === 'local') &&
    labelled(filters, Actor.Attributes) &&
    named('container') &&
    named('network') &&
    named('volume') &&
    anyOf(filters, 'image', (image) => Actor.Attributes.image === image || Actor.ID === image)
  )
}

/** `GET /events`: one JSON line for each event, the past ones from `since` on, then those to come up to `until`. */
export const eventStream: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), known)
  const since = timestamp(query, 'since')
  const until = timestamp(query, 'until')
  return {
    kind: 'stream',
    type: 'application/json',
    run: (out) =>
      new Promise((resolve) => {
        const send = (event: EngineEvent) => {
          const { Action, Type, Actor } = event
          // The three lower-case fields are the old form of the same.
          const old = Type === 'container' ? { status: Action, id: Actor.ID, from: Actor.Attributes.image } : {}
          if (passes(filters, event)) out.write(`${JSON.stringify({ ...old, ...event })}\n`)
        }
        if (since !== undefined) {
          for (const event of engine.events.past()) {
            const time = event.timeNano / 1e9
            if (time >= since && (until === undefined || time <= until)) send(event)
          }
        }
        const left = until === undefined ? undefined : until * 1000 - Date.now()
        if (left !== undefined && left <= 0) {
          resolve()
          return
        }
        const deaf = engine.events.listen(send)
        const done = () => {
          deaf()
          clearTimeout(timer)
          engine.bus.off('close', done)
          resolve()
        }
        const timer = left === undefined ? undefined : setTimeout(done, left)
        engine.bus.on('close', done)
        out.gone.addEventListener('abort', done, { once: true })
      }),
  }
}
