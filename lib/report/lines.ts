import type { Event, ShownChange, Status } from '../core/event.ts'
import type { Plain } from '../core/plain.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Paint } from './colours.ts'
import { cardLines, evidence } from './diagnostics.ts'
import type { DiffLine } from './diff.ts'
import { took } from './durations.ts'
import { visibleLine, visibleLines } from './visible.ts'
import { pad, widthOf } from './width.ts'

const diffs = whenNeeded<typeof import('./diff.ts')>('./diff.ts', import.meta.url)
const outlines = whenNeeded<typeof import('./outline.ts')>('./outline.ts', import.meta.url)

export interface LinesOptions {
  readonly paint: Paint
  /** 0 to 3: `-v` shows items, results and output of commands, `-vv` why tasks are skipped and all times, `-vvv` everything. */
  readonly verbosity: number
}

/** Lines of what an earlier run left that are shown of each kind. */
const leftShown = 10

type Of<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>

/** Host names are padded to the longest of the play, but not further. */
const widestHost = 40

/** Tasks that take at least this many milliseconds say so. */
const worthTelling = 1000

/** Turns events into the lines that stay on the terminal. It remembers what belongs to a task until that is done. */
export function createLines({ paint, verbosity }: LinesOptions): (event: Event) => readonly string[] {
  const planned = new Map<string, { readonly item: string | undefined; readonly changes: readonly ShownChange[] }[]>()
  const unfinished = new Map<string, { readonly event: Of<'task.output'>; readonly text: string }>()
  let hostWidth = 0
  let diff = false

  const keyOf = (event: { readonly host: string; readonly id: string }): string =>
    JSON.stringify([event.host, event.id])

  function statusLine(word: string, colour: (text: string) => string, host: string, text: string): string {
    return `${colour(pad(word, 7))}  ${pad(visibleLine(host), hostWidth)}  ${text}`
  }

  function aside(word: string, host: string, text: string): string {
    return paint.faint(statusLine(word, (plain) => plain, host, visibleLine(text)))
  }

  function resultLine(event: Of<'task.done'> | Of<'item.done'>, name: string, notes: readonly string[]): string {
    const time = event.ms >= worthTelling || verbosity >= 2 ? [took(event.ms)] : []
    const tail = [...notes, ...time].map((note) => `  ${paint.faint(`(${note})`)}`).join('')
    const tone = (text: string) => paint.status(event.status, text)
    return statusLine(event.status, tone, event.host, visibleLine(name) + tail)
  }

  function coloured({ kind, text }: DiffLine): string {
    const style = {
      head: paint.strong,
      hunk: paint.hunk,
      added: paint.added,
      removed: paint.removed,
      note: paint.faint,
    }
    return `    ${kind === 'same' ? text : style[kind](text)}`
  }

  /** The changes planned for the task, of one item when `item` is given; they are shown once. */
  function changeLines(event: { readonly host: string; readonly id: string }, item?: string): readonly string[] {
    const all = planned.get(keyOf(event)) ?? []
    const now = item === undefined ? all : all.filter((one) => one.item === item)
    planned.set(
      keyOf(event),
      all.filter((one) => !now.includes(one)),
    )
    if (!diff && verbosity === 0) return []
    return now.flatMap(({ item: label, changes }) => [
      ...(label !== undefined && item === undefined && changes.length > 0 ? [`    item: ${visibleLine(label)}`] : []),
      ...changes.flatMap((change) => {
        const lines = diffs().diffLines(change, verbosity >= 3)
        return (diff ? lines : lines.slice(0, 1)).map(coloured)
      }),
    ])
  }

  function playLines({ play, hosts }: Of<'play.start'>): readonly string[] {
    hostWidth = Math.min(widestHost, Math.max(0, ...hosts.map((host) => widthOf(visibleLine(host)))))
    const who = hosts.length === 0 ? 'no host matches' : hosts.length <= 4 ? hosts.join(', ') : `${hosts.length} hosts`
    return ['', `${paint.strong(`Play: ${visibleLine(play)}`)}  ${paint.faint(`(${visibleLine(who)})`)}`]
  }

  function itemLines(event: Of<'item.done'>): readonly string[] {
    if (verbosity === 0 && event.status !== 'failed' && event.status !== 'unreachable') return []
    const reason = tells(event.status) && event.message !== undefined ? messageLines(event.message) : []
    return [resultLine(event, `${event.task} (item=${event.item})`, []), ...reason, ...changeLines(event, event.item)]
  }

  function doneLines(event: Of<'task.done'>): readonly string[] {
    const name = event.handler ? `handler: ${event.task}` : event.task
    const notes = [...(event.ignored ? ['ignored'] : []), ...(event.rescued ? ['rescued'] : [])]
    return [
      ...outputRest(event),
      resultLine(event, name, notes),
      ...(event.message !== undefined && tells(event.status) ? messageLines(event.message) : []),
      ...changeLines(event),
      ...(event.diagnostics ?? []).flatMap((one) => cardLines(one, event.id, paint)),
      ...(verbosity >= 1 && event.result !== undefined ? resultLines(event.result) : []),
    ]
  }

  /** The reason for skipping is for `-vv`; what `debug` says, what is unknown and why something failed is for everybody. */
  function tells(status: Status): boolean {
    return status !== 'skipped' || verbosity >= 2
  }

  function messageLines(message: string): readonly string[] {
    return visibleLines(message).map((line) => `    ${line}`)
  }

  function resultLines(result: Plain): readonly string[] {
    return outlines()
      .outline(result)
      .map((line) => paint.faint(`    ${visibleLine(line)}`))
  }

  /** Output of commands line by line, as it comes. */
  function outputLines(event: Of<'task.output'>): readonly string[] {
    if (verbosity === 0) return []
    const key = JSON.stringify([keyOf(event), event.stream])
    const parts = ((unfinished.get(key)?.text ?? '') + event.text).split('\n')
    unfinished.set(key, { event, text: parts.at(-1) ?? '' })
    return parts.slice(0, -1).map((line) => aside(event.stream, event.host, line.replace(/\r$/, '')))
  }

  function outputRest(done: Of<'task.done'>): readonly string[] {
    const rests = [...unfinished].filter(([, { event }]) => keyOf(event) === keyOf(done))
    for (const [key] of rests) unfinished.delete(key)
    return rests.flatMap(([, { event, text }]) => (text === '' ? [] : [aside(event.stream, event.host, text)]))
  }

  function doingLines({ host, doing, waits }: Of<'host.doing'>): readonly string[] {
    return verbosity >= 3 ? [aside('doing', host, waits === undefined ? doing : `${doing}, waits for ${waits}`)] : []
  }

  function findingLines({ diagnostic, host = '' }: Of<'diagnostic'>): readonly string[] {
    const tone = diagnostic.severity === 'error' ? paint.error : paint.warning
    const [first = '', ...more] = visibleLines(diagnostic.message)
    return [
      statusLine(diagnostic.severity, tone, host, first),
      ...more.map((line) => `    ${line}`),
      ...evidence(diagnostic, undefined, paint),
    ]
  }

  return (event) => {
    switch (event.kind) {
      case 'run.start':
        diff = event.diff
        return startLines(event, paint)
      case 'play.start':
        return playLines(event)
      case 'host.doing':
        return doingLines(event)
      case 'task.start':
        return verbosity >= 3 ? [aside('start', event.host, `${event.task} [${event.module}] ${event.id}`)] : []
      case 'task.planned': {
        const before = planned.get(keyOf(event)) ?? []
        planned.set(keyOf(event), [...before, { item: event.item, changes: event.changes }])
        return []
      }
      case 'task.output':
        return outputLines(event)
      case 'item.done':
        return itemLines(event)
      case 'task.done':
        return doneLines(event)
      case 'handler.notified':
        return verbosity >= 2 ? [aside('notify', event.host, `handler: ${event.handler}, by: ${event.by}`)] : []
      case 'run.continues':
        return continuesLines(event, paint)
      case 'diagnostic':
        return findingLines(event)
      case 'run.end':
        return []
      default:
        return event satisfies never
    }
  }
}

/** What an earlier run left, in a few lines. */
function continuesLines(event: Of<'run.continues'>, paint: Paint): readonly string[] {
  const { began, by, how, done, changed, under, owed, resumes } = event
  const ended = how !== 'failed' ? `was ${how} before its end` : owed.length > 0 ? 'failed and left handlers owed' : how
  const count = `${done} task${done === 1 ? '' : 's'} done, ${changed} of them changed something`
  const head = `The run of ${visibleLine(`${began.replace('T', ' ').replace(/\.\d+Z$/, 'Z')} by ${by}`)} ${ended}: ${count}.`
  const list = (label: string, all: readonly string[]): readonly string[] => [
    ...all.slice(0, leftShown).map((one) => `  ${label}  ${visibleLine(one)}`),
    ...(all.length > leftShown ? [`  ${label}  … and ${all.length - leftShown} more`] : []),
  ]
  const then = resumes
    ? 'It goes on there: all is looked at again, and commands that had ended are not run again.'
    : 'All of it is looked at again, and the handlers that are owed run.'
  return [
    '',
    paint.strong(head),
    ...list(
      'under way',
      under.map(({ host, task, id }) => `${host}  ${task}  ${id}`),
    ),
    ...list(
      'owed     ',
      owed.map(({ host, handler }) => `${host}  handler: ${handler}`),
    ),
    then,
  ]
}

function startLines(event: Of<'run.start'>, paint: Paint): readonly string[] {
  const hosts = `${event.hosts.length} host${event.hosts.length === 1 ? '' : 's'}`
  const head = `Playbook ${visibleLine(event.playbook)}, inventory ${visibleLine(event.inventory)}: ${hosts}`
  const check = paint.strong('Check mode: nothing will be changed; shown is what would change as of now.')
  return event.check ? [head, check] : [head]
}
