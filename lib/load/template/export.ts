import { randomBytes } from 'node:crypto'
import type { Value } from '../../core/plain.ts'
import { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { dictOf, entriesOf, isDict, isList, mapDictKeeping, mapKeeping } from './dicts.ts'
import { Fault } from './error.ts'
import {
  Callable,
  Float,
  Hidden,
  type Item,
  LazyMapping,
  labelOf,
  Moment,
  maxNesting,
  Span,
  Tuple,
  tooDeep,
  Undefined,
} from './values.ts'

/** What `omit` stands for: an argument or entry with this value is left out. Unlike any text that a person writes. */
export const omitted = `__omit_place_holder__${randomBytes(16).toString('hex')}`

/** The item as a value for the world outside: hidden scalars become Secrets, what is omitted is left out of lists and mappings, what is undefined is an error. */
export function exportItem(item: Item, show: (item: Item) => string, depth = 0): Value {
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item)
  if (typeof item !== 'object' || item === null || item instanceof Secret || item instanceof Unknown) return item
  if (depth > maxNesting) throw tooDeep()
  if (item instanceof Hidden) return new Secret(show(item.peek()), labelOf(item.labels))
  if (item instanceof Float) return item.value
  if (isList(item)) {
    const kept = item.includes(omitted)
      ? item.filter((one) => one !== omitted)
      : item instanceof Tuple
        ? Array.from(item)
        : item
    return mapKeeping(kept, (one) => exportItem(one, show, depth + 1))
  }
  if (isDict(item)) {
    const entries = Object.entries(item)
    const kept = entries.some(([, one]) => one === omitted)
      ? dictOf(entries.filter(([, one]) => one !== omitted))
      : item
    return mapDictKeeping(kept, (one) => exportItem(one, show, depth + 1))
  }
  if (item instanceof LazyMapping)
    return mapDictKeeping(dictOf(entriesOf(item)), (one) => exportItem(one, show, depth + 1))
  if (item instanceof Undefined) {
    if (item.soft) return ''
    throw item.fault()
  }
  if (item instanceof Moment || item instanceof Span) return show(item)
  throw new Fault(
    'template-type',
    `${item instanceof Callable ? `"${item.name}" is a function` : item.title} is not a value`,
    {
      mend: item instanceof Callable ? `call it: ${item.name}()` : undefined,
    },
  )
}
