import type { Value } from '../../core/plain.ts'
import { Secret } from '../../core/secret.ts'
import type { Unknown } from '../../core/unknown.ts'
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

/** A mapping of items. */
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

/** A tuple of the items. */
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

/** A secret, or a value made from one. */
export function isHidden(item: unknown): item is Secret | Hidden {
  return item instanceof Secret || item instanceof Hidden
}

/** The label of a value that several secrets went into. */
export function labelOf(labels: ReadonlySet<string>): string {
  return [...labels].join(', ')
}

/** Nesting past this is taken for a structure that holds itself. */
export const maxNesting = 100

/** A Fault about a value that holds itself. */
export function tooDeep(): Fault {
  return new Fault('template-limit', `a value is nested more than ${maxNesting} levels deep, or holds itself`)
}
