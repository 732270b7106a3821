import { randomBytes } from 'node:crypto'
import type { Value } from '../../core/plain.ts'
import { isMapping } from '../../core/plain.ts'
import { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { Fault, type TemplateError } from './error.ts'

/**
 * What an expression can work with: every Value, and what exists only while a template is rendered. Whole numbers are
 * `number` (or `bigint` past what a number keeps exactly), other numbers are `number`, and `Float` is a float that
 * happens to be whole, which Python shows as `1.0`.
 */
export type Item =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | readonly Item[]
  | { readonly [key: string]: Item }
  | Secret
  | Hidden
  | Unknown
  | Undefined
  | LazyMapping
  | Callable
  | Namespace
  | Moment
  | Span

export type ItemMap = { readonly [key: string]: Item }

/** A float without a fraction. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A float as an item. */
export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value
}

/** A list that Python would show in parentheses. */
export class Tuple extends Array<Item> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}

/** What `groupby` makes: a pair whose halves have names. */
export class Group extends Tuple {}

export function tuple(...items: readonly Item[]): Tuple {
  const made = new Tuple()
  for (const item of items) made.push(item)
  return made
}

/** A scalar made from secrets: may be computed with, comes out of the template as a Secret. */
export class Hidden {
  readonly #value: Exclude<Item, Hidden | Secret>
  readonly labels: ReadonlySet<string>

  constructor(value: Exclude<Item, Hidden | Secret>, labels: ReadonlySet<string>) {
    this.#value = value
    this.labels = labels
  }

  /** The value itself; only `open` may call this, which notes the label. */
  peek(): Exclude<Item, Hidden | Secret> {
    return this.#value
  }

  toString(): string {
    return `<secret ${labelOf(this.labels)}>`
  }
}

/** A variable or attribute that does not exist; an error as soon as it is used, except by `default` and its like. */
export class Undefined {
  readonly name: string
  readonly fault: () => Fault | TemplateError
  /** Counts as empty where it is used: what an inline `if` without `else` gives. */
  readonly soft: boolean

  constructor(name: string, fault: () => Fault | TemplateError, soft = false) {
    this.name = name
    this.fault = fault
    this.soft = soft
  }
}

/** A mapping whose values are made when asked for: `hostvars`, `vars`. */
export class LazyMapping {
  readonly keys: () => Iterable<string>
  readonly get: (key: string) => Value | LazyMapping | undefined

  constructor(keys: () => Iterable<string>, get: (key: string) => Value | LazyMapping | undefined) {
    this.keys = keys
    this.get = get
  }
}

/** Something that can be called: a method, a macro, `range`. */
export class Callable {
  readonly name: string
  readonly call: (positional: readonly Item[], named: ReadonlyMap<string, Item>) => Item

  constructor(name: string, call: (positional: readonly Item[], named: ReadonlyMap<string, Item>) => Item) {
    this.name = name
    this.call = call
  }
}

/** What `namespace()` makes, an imported template, or `loop`: names that can be read, and set when it is writable. */
export class Namespace {
  readonly entries: Map<string, Item>
  readonly title: string

  constructor(entries: Map<string, Item>, title: string) {
    this.entries = entries
    this.title = title
  }
}

/** A point in time as written on a calendar, without a zone, as `to_datetime` gives it. */
export class Moment {
  /** Milliseconds since 1970-01-01 00:00 of the same calendar. */
  readonly ms: number
  readonly microseconds: number

  constructor(ms: number, microseconds = 0) {
    this.ms = ms
    this.microseconds = microseconds
  }
}

/** The time between two moments, in milliseconds. */
export class Span {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** Thrown where the value of an Unknown would be needed. */
export class UnknownSignal extends Error {
  readonly unknown: Unknown

  constructor(unknown: Unknown) {
    super(unknown.toString())
    this.unknown = unknown
  }
}

/** A mapping among items. */
export function isDict(item: unknown): item is ItemMap {
  return isMapping(item)
}

export function isList(item: unknown): item is readonly Item[] {
  return Array.isArray(item)
}

export function isHidden(item: unknown): item is Secret | Hidden {
  return item instanceof Secret || item instanceof Hidden
}

/** A mapping's own entry; what it inherits does not exist for a template. */
export function own(dict: ItemMap, key: string): Item | undefined {
  return Object.hasOwn(dict, key) ? dict[key] : undefined
}

/** Sets an entry on a mapping that is being built, whatever the name is. */
export function put(dict: { [key: string]: Item }, key: string, value: Item): void {
  if (key === '__proto__')
    Object.defineProperty(dict, key, { value, enumerable: true, writable: true, configurable: true })
  else dict[key] = value
}

/**
 * Entries of a mapping, lazily kept ones included; without the mappings of all hosts and of all variables, which hold
 * themselves.
 */
export function entriesOf(dict: ItemMap | LazyMapping): (readonly [string, Item])[] {
  if (!(dict instanceof LazyMapping)) return Object.entries(dict)
  const entries: (readonly [string, Item])[] = []
  for (const key of dict.keys()) {
    const value = dict.get(key)
    const holdsItself = value instanceof LazyMapping && (key === 'hostvars' || key === 'vars')
    if (value !== undefined && !holdsItself) entries.push([key, value])
  }
  return entries
}

/** A mapping made of entries; a later entry of the same name wins. */
export function dictOf(entries: Iterable<readonly [string, Item]>): ItemMap {
  const dict: { [key: string]: Item } = {}
  for (const [key, value] of entries) put(dict, key, value)
  return dict
}

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

/** The first item that is there; null counts as there. */
export function firstOf(...items: readonly (Item | undefined)[]): Item | undefined {
  return items.find((item) => item !== undefined)
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

export function labelOf(labels: ReadonlySet<string>): string {
  return [...labels].join(', ')
}

/** Nesting past this is taken for a structure that holds itself. */
export const maxNesting = 100

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
    if (!(error instanceof Fault) || labels.size === 0) throw error
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

function mapKeeping<From, To>(list: readonly From[], map: (one: From) => To): readonly To[] {
  let changed: To[] | undefined
  for (let index = 0; index < list.length; index++) {
    const before = list[index] as From
    const after = map(before)
    if (changed === undefined && (after as unknown) !== before) changed = list.slice(0, index) as unknown as To[]
    changed?.push(after)
  }
  return changed ?? (list as unknown as readonly To[])
}

function mapDictKeeping<To>(dict: ItemMap, map: (one: Item) => To): { readonly [key: string]: To } {
  const before = Object.entries(dict)
  const after = before.map(([key, value]) => [key, map(value)] as const)
  if (after.every(([, value], index) => (value as unknown) === before[index]?.[1]))
    return dict as unknown as { readonly [key: string]: To }
  return dictOf(after as unknown as (readonly [string, Item])[]) as unknown as { readonly [key: string]: To }
}

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

function tooDeep(): Fault {
  return new Fault('template-limit', `a value is nested more than ${maxNesting} levels deep, or holds itself`)
}
