import type { Spent, Stats } from '../core/event.ts'
import { isMapping, type Plain } from '../core/plain.ts'
import type { Paint } from './colours.ts'
import { took } from './durations.ts'
import type { Recap } from './recap.ts'
import { visibleLine } from './visible.ts'
import { pad, widthOf } from './width.ts'

export interface RecapView {
  readonly paint: Paint
  readonly verbosity: number
  /** The command to type to run again on these hosts (all of the run's when empty); secrets already masked. */
  readonly rerun?: ((hosts: readonly string[]) => string) | undefined
}

/** Slowest tasks that are named under `-v`. */
const slowestShown = 5

/** The end of a run for a person: what changed, Ansible's line per host, what failed and what to type next. */
export function recapLines(recap: Recap, view: RecapView): readonly string[] {
  const { paint, verbosity } = view
  const width = Math.max(0, ...[...recap.stats.keys()].map((host) => widthOf(visibleLine(host))))
  return [
    '',
    ...changedLines(recap, width, paint),
    '',
    paint.strong('Recap'),
    ...[...recap.stats].map(([host, stats]) => statsLine(visibleLine(host), stats, width, paint)),
    ...(verbosity >= 1 ? timeLines(recap, width, paint) : []),
    ...failureLines(recap, width, paint),
    ...unfinishedLines(recap, width, paint),
    ...nextLines(recap, view),
    '',
    closing(recap),
  ]
}

function changedLines({ changed, check, halfDone }: Recap, width: number, paint: Paint): readonly string[] {
  const lines = [...changed].flatMap(([host, tasks]) =>
    tasks.map((task) => `  ${pad(visibleLine(host), width)}  ${paint.status('changed', visibleLine(task))}`),
  )
  if (lines.length > 0) {
    const half = halfDone ? ['What failed or was cut may be half done.'] : []
    return [paint.strong(check ? 'Would change' : 'Changed'), ...lines, ...half]
  }
  if (check) return ['Nothing would change.']
  return [halfDone ? 'Nothing was changed to its end; what failed or was cut may be half done.' : 'Nothing changed.']
}

/** `HOST : ok=N changed=N …` with Ansible's words in Ansible's order; `unknown` only when there is some. */
export function statsLine(host: string, stats: Readonly<Stats>, width: number, paint: Paint): string {
  const part = (name: string, number: number, colour: (text: string) => string) =>
    number > 0 ? colour(`${name}=${number}`) : `${name}=${number}`
  const parts = [
    part('ok', stats.ok, (text) => paint.status('ok', text)),
    part('changed', stats.changed, (text) => paint.status('changed', text)),
    part('unreachable', stats.unreachable, (text) => paint.status('unreachable', text)),
    part('failed', stats.failed, (text) => paint.status('failed', text)),
    part('skipped', stats.skipped, (text) => paint.status('skipped', text)),
    part('rescued', stats.rescued, (text) => paint.status('ok', text)),
    part('ignored', stats.ignored, (text) => paint.status('skipped', text)),
    ...(stats.unknown > 0 ? [part('unknown', stats.unknown, (text) => paint.status('unknown', text))] : []),
  ]
  const worst =
    stats.unreachable > 0 ? 'unreachable' : stats.failed > 0 ? 'failed' : stats.changed > 0 ? 'changed' : 'ok'
  return `${paint.status(worst, host)}${pad(host, width).slice(host.length)} : ${parts.join(' ')}`
}

/** Where the time went: on each host, and in the slowest tasks. */
function timeLines({ slowest, traffic }: Recap, width: number, paint: Paint): readonly string[] {
  const hosts = Object.entries(traffic).map(
    ([host, numbers]) => `  ${pad(visibleLine(host), width)}  ${visibleLine(spent(numbers))}`,
  )
  const tasks = slowest.slice(0, slowestShown).map(({ host, task, ms, spent }) => {
    const into = spent === undefined ? '' : paint.faint(intoLink(spent))
    return `  ${took(ms).padStart(12)}  ${pad(visibleLine(host), width)}  ${visibleLine(task)}${into}`
  })
  return [
    ...(tasks.length > 0 ? ['', paint.strong('Slowest tasks'), ...tasks] : []),
    ...(hosts.length > 0 ? ['', paint.strong('Where the time went'), ...hosts] : []),
  ]
}

/** `  (connecting 0.1 s, asking 0.3 s)`, without what took no time worth telling. */
function intoLink(spent: Spent): string {
  const parts = (['connecting', 'asking', 'applying'] as const).filter((name) => spent[name] >= 50)
  return parts.length === 0 ? '' : `  (${parts.map((name) => `${name} ${took(spent[name])}`).join(', ')})`
}

/** `connecting 0.1 s, asking 0.3 s, applying 1.2 s; 9 round trips (6 shell, 3 docker), 4.1 kB sent, 22 kB received`. */
function spent(numbers: Plain): string {
  const of = (name: string): number => {
    const number = isMapping(numbers) ? numbers[name] : undefined
    return typeof number === 'number' ? number : 0
  }
  const times = ['connecting', 'asking', 'applying'].map((name) => `${name} ${took(of(name))}`)
  const trips = of('trips')
  const kinds = [
    ...['shell', 'docker', 'api'].map((name) => [of(name), name] as const),
    [of('streams'), of('streams') === 1 ? 'stream' : 'streams'] as const,
  ].filter(([number]) => number > 0)
  const by = kinds.length === 0 ? '' : ` (${kinds.map(([number, name]) => `${number} ${name}`).join(', ')})`
  const counts = [
    `${trips} round trip${trips === 1 ? '' : 's'}${by}`,
    `${size(of('sent'))} sent`,
    `${size(of('received'))} received`,
  ]
  return `${times.join(', ')}; ${counts.join(', ')}`
}

function size(bytes: number): string {
  const [unit, of] = bytes < 1_000_000 ? (['kB', 1000] as const) : (['MB', 1_000_000] as const)
  const number = bytes / of
  return `${number < 9.95 ? number.toFixed(1) : Math.round(number)} ${unit}`
}

function failureLines({ failures }: Recap, width: number, paint: Paint): readonly string[] {
  if (failures.length === 0) return []
  const lines = failures.map(({ host, task, status, place, code }) => {
    const where = paint.faint(visibleLine(code === undefined ? place : `${place}  ${code}`))
    return `  ${pad(visibleLine(host), width)}  ${paint.status(status, visibleLine(task))}  ${where}`
  })
  return ['', paint.strong('Failed'), ...lines]
}

function unfinishedLines({ unfinished }: Recap, width: number, paint: Paint): readonly string[] {
  if (unfinished.length === 0) return []
  const lines = unfinished.map(
    ({ host, task, place }) =>
      `  ${pad(visibleLine(host), width)}  ${visibleLine(task)}  ${paint.faint(visibleLine(place))}`,
  )
  return ['', paint.strong('Not finished'), ...lines]
}

function nextLines(recap: Recap, { paint, rerun }: RecapView): readonly string[] {
  const hosts = [...new Set(recap.failures.map((failure) => failure.host))]
  if (rerun === undefined || (hosts.length === 0 && !recap.stopped)) return []
  const why = recap.stopped
    ? 'The run was stopped before its end. To go on, run it again; what is done stays done:'
    : 'Mend what is said above, then run it again; what is done stays done:'
  const all = recap.stopped || hosts.length === recap.stats.size
  return ['', paint.strong('Next'), `  ${why}`, `    ${visibleLine(rerun(all ? [] : hosts))}`]
}

function closing({ stats, changed, check, ms, stopped }: Recap): string {
  const tasks = [...changed.values()].reduce((sum, names) => sum + names.length, 0)
  const unknown = [...stats.values()].reduce((sum, one) => sum + one.unknown, 0)
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const time = ms === undefined ? '' : `, took ${took(ms)}`
  const end = stopped ? ', stopped' : ''
  if (!check) return `${count(stats.size, 'host')}, ${count(tasks, 'task')} changed${time}${end}.`
  const depends = unknown === 0 ? '' : ` ${count(unknown, 'task')} cannot be foreseen before earlier ones are applied.`
  return `Check mode: nothing was changed. ${count(tasks, 'task')} would change something, as of now${time}${end}.${depends}`
}
