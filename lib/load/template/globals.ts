import { whenNeeded } from '../../core/when-needed.ts'
import type { FilterContext } from '../filters/definition.ts'
import { bindArguments } from './arguments.ts'
import { limit } from './budget.ts'
import { entryName } from './container-methods.ts'
import { dictOf, isDict } from './dicts.ts'
import { Fault } from './error.ts'
import { omitted } from './export.ts'
import { iterate } from './python.ts'
import { Callable, type Item, Namespace, Undefined } from './values.ts'

const clock = whenNeeded<typeof import('../filters/time.ts')>('../filters/time.ts', import.meta.url)
const time = whenNeeded<typeof import('./time.ts')>('./time.ts', import.meta.url)

/** What is there for every template, lookups apart. */
export function globalsOf(context: FilterContext): ReadonlyMap<string, Item> {
  const globals = basicGlobals()
  globals.set('omit', omitted)
  globals.set(
    'now',
    new Callable('now', (positional, named) => {
      const args = bindArguments('now()', 'utc fmt', positional, named)
      const { moment, zone } = clock().wallClock(context.now(), args.flag('utc'))
      const format = args.maybeText('fmt')
      return format === undefined ? moment : time().formatMoment(moment, format, zone)
    }),
  )
  globals.set(
    'undef',
    new Callable('undef', (positional, named) => {
      const hint = bindArguments('undef()', 'hint', positional, named).maybeText('hint')
      return new Undefined('', () => new Fault('undefined-variable', hint ?? 'this variable must be overridden'))
    }),
  )
  return globals
}

/** Functions that need nothing but their arguments. */
function basicGlobals(): Map<string, Item> {
  const globals = new Map<string, Item>()
  const define = (name: string, run: (positional: readonly Item[], named: ReadonlyMap<string, Item>) => Item) =>
    globals.set(name, new Callable(name, run))
  define('range', (positional, named) => {
    const args = bindArguments('range()', 'start stop step', positional, named)
    const only = args.get('stop') === undefined
    return rangeOf(
      only ? 0 : args.integer('start'),
      only ? args.integer('start') : args.integer('stop'),
      args.integer('step', 1),
    )
  })
  define('dict', (positional, named) => {
    const dict = dictOf(positional.flatMap((one) => (isDict(one) ? Object.entries(one) : pairs(one))))
    return dictOf([...Object.entries(dict), ...named])
  })
  define('namespace', (positional, named) => {
    const entries = new Map(positional.flatMap((one) => (isDict(one) ? Object.entries(one) : [])))
    for (const [name, value] of named) entries.set(name, value)
    return new Namespace(entries, 'a namespace')
  })
  return globals
}

function pairs(item: Item): (readonly [string, Item])[] {
  return iterate(item).map((pair) => {
    const [key, value] = iterate(pair)
    return [entryName(key ?? null), value ?? null] as const
  })
}

/** The numbers from `start` up to but without `stop`. */
export function rangeOf(start: number, stop: number, by: number): readonly number[] {
  if (by === 0) throw new Fault('template-argument', 'the step of range() cannot be 0')
  const count = Math.max(0, Math.ceil((stop - start) / by))
  if (count > 100_000) throw limit(`range() would give ${count} numbers; at most 100000 are allowed`)
  return Array.from({ length: count }, (_, index) => start + index * by)
}
