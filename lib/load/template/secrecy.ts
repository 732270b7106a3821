import { ToolError } from '../../core/diagnostic.ts'
import { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { dictOf, entriesOf, isDict, isList, mapDictKeeping, mapKeeping } from './dicts.ts'
import { Fault } from './error.ts'
import {
  Callable,
  Hidden,
  type Item,
  isHidden,
  LazyMapping,
  labelOf,
  maxNesting,
  Tuple,
  tooDeep,
  tuple,
  Undefined,
  UnknownSignal,
} from './values.ts'

let sink: Set<string> | undefined

const opened = new Map<string, string>()

/** The value of a secret, for computing with; notes its label for whoever watches. */
export function open(item: Item): Exclude<Item, Hidden | Secret> {
  if (item instanceof Secret) {
    sink?.add(item.label)
    const text = item.reveal()
    opened.set(text, item.label)
    return text
  }
  if (item instanceof Hidden) {
    for (const label of item.labels) sink?.add(label)
    const value = item.peek()
    if (typeof value === 'string') opened.set(value, labelOf(item.labels))
    return value
  }
  return item
}

/** Forgets which secrets were opened; to be called when a rendering has ended. */
export function closeAll(): void {
  opened.clear()
}

/** A text without the secrets that were opened during this rendering: the last guard for what errors say. */
export function withoutSecrets(text: string): string {
  let masked = text
  for (const [value, label] of opened) if (value.length > 3) masked = masked.replaceAll(value, `<secret ${label}>`)
  return masked
}

/** Does `work` and answers the labels of the secrets that were opened meanwhile; nobody else hears of them. */
export function watch<Result>(work: () => Result): { readonly result: Result; readonly labels: ReadonlySet<string> } {
  const outer = sink
  const labels = new Set<string>()
  sink = labels
  try {
    return { result: work(), labels }
  } finally {
    sink = outer
  }
}

/** Notes labels for whoever watches, as if their secrets had been opened. */
export function touch(labels: ReadonlySet<string>): void {
  for (const label of labels) sink?.add(label)
}

/**
 * Gives `work` the items with every secret in them opened. When there was one, the result is hidden, and what an
 * error of the work says about values is left out; `what` then names the work.
 */
export function withOpened(what: string, items: readonly Item[], work: (opened: readonly Item[]) => Item): Item {
  const { result: opened, labels } = watch(() => items.map((item) => openDeep(item)))
  if (labels.size === 0) return work(opened)
  return hide(
    maskFaults(what, labels, () => work(opened)),
    labels,
  )
}

/** Does `work`, and replaces what its errors say by a sentence that holds no value. */
export function maskFaults<Result>(what: string, labels: ReadonlySet<string>, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Fault || error instanceof ToolError) || labels.size === 0) throw error
    throw new Fault(error.code, `${what} does not work on the secret ${labelOf(labels)}`)
  }
}

/** Makes every text and number in `item` hidden; truth values and the names in mappings stay. */
export function hide(item: Item, labels: ReadonlySet<string>, depth = 0): Item {
  if (labels.size === 0 || item === null || typeof item === 'boolean') return item
  if (depth > maxNesting) throw tooDeep()
  if (isHidden(item)) return new Hidden(watch(() => open(item)).result, new Set([...labels, ...labelsOf(item)]))
  if (item instanceof Tuple) return tuple(...item.map((one) => hide(one, labels, depth + 1)))
  if (isList(item)) return item.map((one) => hide(one, labels, depth + 1))
  if (isDict(item)) return dictOf(Object.entries(item).map(([key, value]) => [key, hide(value, labels, depth + 1)]))
  if (item instanceof Unknown || item instanceof Undefined) return item
  if (item instanceof Callable)
    return new Callable(item.name, (positional, named) =>
      hide(
        maskFaults(`.${item.name}()`, labels, () => item.call(positional, named)),
        labels,
      ),
    )
  return new Hidden(item, labels)
}

function labelsOf(item: Secret | Hidden): Iterable<string> {
  return item instanceof Secret ? [item.label] : item.labels
}

/** The item with every secret in it opened (and so noted); throws for what is unknown or undefined. */
export function openDeep(item: Item, depth = 0): Item {
  if (typeof item !== 'object' || item === null) return item
  if (depth > maxNesting) throw tooDeep()
  if (isHidden(item)) return open(item)
  if (isList(item)) {
    const opened = mapKeeping(item, (one) => openDeep(one, depth + 1))
    return item instanceof Tuple && opened !== item ? tuple(...opened) : opened
  }
  if (isDict(item)) return mapDictKeeping(item, (one) => openDeep(one, depth + 1))
  if (item instanceof LazyMapping) return mapDictKeeping(dictOf(entriesOf(item)), (one) => openDeep(one, depth + 1))
  if (item instanceof Unknown) throw new UnknownSignal(item)
  if (item instanceof Undefined && !item.soft) throw item.fault()
  return item
}
