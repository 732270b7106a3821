import { isDeepStrictEqual } from 'node:util'
import type { Event, ShownChange } from '../core/event.ts'
import { type Finished, type LeftTask, playNames } from '../core/left.ts'
import type { Plain } from '../core/plain.ts'
import type { Head } from './entry.ts'
import { headOf, recordsIn } from './file.ts'
import { entriesOf } from './look-back.ts'

interface Done {
  readonly changes: readonly ShownChange[]
  readonly result: { readonly [key: string]: Plain }
}

/**
 * What the run of a record finished, together with what the runs did that it resumed itself. Only what can be told from the
 * record in full is known: nothing of which a part is masked.
 */
export function finishedIn(folder: string, file: string, head: Head): Finished {
  const done = new Map<string, Done>()
  for (const entries of chainOf(folder, file, head).map(entriesOf)) collect(entries, done)
  return (what, item, changes) => {
    const found = done.get(keyOf(what, item))
    return found !== undefined && isDeepStrictEqual(plain(changes), found.changes) ? found.result : undefined
  }
}

/** Files of the runs, oldest first. */
function chainOf(folder: string, file: string, head: Head): readonly string[] {
  const { runs = [], resumes = false } = head.continues ?? {}
  if (!resumes) return [file]
  const earlier = recordsIn(folder).flatMap((one) => {
    const of = runs.some((id) => one.endsWith(`-${id}.jsonl`)) ? headOf(one) : undefined
    return of === undefined || of.id === head.id ? [] : chainOf(folder, one, of)
  })
  return [...earlier, file]
}

function collect(entries: readonly Event[], done: Map<string, Done>): void {
  const nameOf = playNames()
  const planned = new Map<string, readonly ShownChange[]>()
  const items = new Map<string, { readonly item: string; readonly changed: boolean }[]>()
  let play = ''
  for (const event of entries) {
    if (event.kind === 'play.start') play = nameOf(event.play)
    else if (event.kind === 'task.planned') planned.set(keyOf({ ...event, play }, event.item), event.changes)
    else if (event.kind === 'item.done') {
      const key = keyOf({ ...event, play }, undefined)
      items.set(key, [...(items.get(key) ?? []), { item: event.item, changed: event.status === 'changed' }])
    } else if (event.kind === 'task.done' && !event.handler) {
      const key = keyOf({ ...event, play }, undefined)
      const { result } = event
      const list = items.get(key)
      items.delete(key)
      if (!isMapping(result)) continue
      if (list === undefined) keep(key, event.status === 'changed', result)
      else {
        const results = Array.isArray(result.results) ? result.results : []
        if (new Set(list.map(({ item }) => item)).size !== results.length) continue
        for (const [index, { item, changed }] of list.entries())
          keep(keyOf({ ...event, play }, item), changed, results[index])
      }
    }
  }

  function keep(key: string, changed: boolean, result: Plain | undefined): void {
    const changes = planned.get(key)
    if (!changed || changes === undefined || !isMapping(result)) return
    if (JSON.stringify([changes, result]).includes('<secret')) return
    done.set(key, { changes, result })
  }
}

function keyOf({ host, play, task, id }: LeftTask, item: string | undefined): string {
  return JSON.stringify([host, play, task, id, item ?? null])
}

/** As it is after it was written and read. */
function plain(changes: readonly ShownChange[]): unknown {
  return JSON.parse(JSON.stringify(changes))
}

function isMapping(value: Plain | undefined): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
