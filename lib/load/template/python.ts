import { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { limit } from './budget.ts'
import { entriesOf, isDict, isList } from './dicts.ts'
import { Fault } from './error.ts'
import { open } from './secrecy.ts'
import { str } from './text.ts'
import {
  Callable,
  Float,
  Hidden,
  type Item,
  isHidden,
  LazyMapping,
  Moment,
  maxNesting,
  Namespace,
  Span,
  Tuple,
  Undefined,
  UnknownSignal,
} from './values.ts'

/** Python's name for the type of an item. */
export function typeName(item: Item): string {
  if (item === null) return 'NoneType'
  if (typeof item === 'boolean') return 'bool'
  if (typeof item === 'bigint') return 'int'
  if (typeof item === 'number') return Number.isInteger(item) ? 'int' : 'float'
  if (typeof item === 'string' || item instanceof Secret) return 'str'
  if (item instanceof Float) return 'float'
  if (item instanceof Hidden) return typeName(item.peek())
  if (item instanceof Tuple) return 'tuple'
  if (isList(item)) return 'list'
  if (item instanceof LazyMapping || isDict(item)) return 'dict'
  if (item instanceof Undefined) return 'AnsibleUndefined'
  if (item instanceof Unknown) return 'Unknown'
  if (item instanceof Moment) return 'datetime'
  if (item instanceof Span) return 'timedelta'
  return item instanceof Callable ? 'function' : 'Namespace'
}

/** What the kind of an item is called towards a person. */
export function kindOf(item: Item): string {
  const names: Readonly<Record<string, string>> = {
    NoneType: 'nothing (null)',
    bool: 'true or false',
    int: 'a number',
    float: 'a number',
    str: 'a text',
    list: 'a list',
    tuple: 'a list',
    dict: 'a mapping',
    function: 'a function',
    datetime: 'a point in time',
    timedelta: 'a span of time',
  }
  return names[typeName(item)] ?? 'something else'
}

/** An item as an error may show it: short, and without the value of a secret. */
export function show(item: Item): string {
  if (isHidden(item)) return item.toString()
  if (typeof item === 'string') return item.length > 60 ? `"${item.slice(0, 57)}..."` : `"${item}"`
  if (item === null || typeof item !== 'object' || item instanceof Float) return str(item)
  return kindOf(item)
}

/** Python's truth: empty text, list and mapping, zero and None are false. The text "false" is true. */
export function truthy(item: Item): boolean {
  if (typeof item !== 'object' || item === null) return Boolean(item)
  if (isHidden(item)) return truthy(open(item))
  if (isList(item)) return item.length > 0
  if (isDict(item)) return Object.keys(item).length > 0
  if (item instanceof LazyMapping) return [...item.keys()].length > 0
  if (item instanceof Float) return item.value !== 0
  if (item instanceof Span) return item.ms !== 0
  if (item instanceof Unknown) throw new UnknownSignal(item)
  if (item instanceof Undefined) {
    if (item.soft) return false
    throw item.fault()
  }
  return true
}

/** The number an item is, truth values counting as 1 and 0; undefined when it is none. */
export function numberOf(item: Item): number | bigint | undefined {
  if (typeof item === 'number' || typeof item === 'bigint') return item
  if (typeof item === 'boolean') return item ? 1 : 0
  return item instanceof Float ? item.value : undefined
}

/** Python's `==`; notes the labels of secrets that were looked at. */
export function equals(a: Item, b: Item, depth = 0): boolean {
  if (isHidden(a) || isHidden(b)) return equals(open(a), open(b), depth)
  for (const side of [a, b]) {
    if (side instanceof Unknown) throw new UnknownSignal(side)
    if (side instanceof Undefined && !side.soft) throw side.fault()
  }
  const x = numberOf(a)
  const y = numberOf(b)
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same size are equal.
  if (x !== undefined && y !== undefined) return x == y
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (depth > maxNesting) throw limit(`a value is nested more than ${maxNesting} levels deep, or holds itself`)
  if (isList(a) && isList(b)) {
    if (a instanceof Tuple !== b instanceof Tuple || a.length !== b.length) return false
    return a.every((one, index) => equals(one, b[index] as Item, depth + 1))
  }
  if ((isDict(a) || a instanceof LazyMapping) && (isDict(b) || b instanceof LazyMapping)) {
    const left = entriesOf(a)
    const right = new Map(entriesOf(b))
    return (
      left.length === right.size &&
      left.every(([key, value]) => right.has(key) && equals(value, right.get(key) as Item, depth + 1))
    )
  }
  if (a instanceof Moment && b instanceof Moment) return a.ms === b.ms && a.microseconds === b.microseconds
  if (a instanceof Span && b instanceof Span) return a.ms === b.ms
  return a === b
}

/** Python's order of two items: negative, zero or positive; throws a Fault when they cannot be ordered. */
export function compare(a: Item, b: Item, depth = 0): number {
  if (isHidden(a) || isHidden(b)) return compare(open(a), open(b), depth)
  for (const side of [a, b]) {
    if (side instanceof Unknown) throw new UnknownSignal(side)
    if (side instanceof Undefined) throw side.fault()
  }
  const x = numberOf(a)
  const y = numberOf(b)
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (isList(a) && isList(b) && a instanceof Tuple === b instanceof Tuple && depth < maxNesting) {
    for (let index = 0; index < Math.min(a.length, b.length); index++) {
      const one = a[index] as Item
      const other = b[index] as Item
      if (!equals(one, other)) return compare(one, other, depth + 1)
    }
    return a.length - b.length
  }
  if (a instanceof Moment && b instanceof Moment) return a.ms - b.ms || a.microseconds - b.microseconds
  if (a instanceof Span && b instanceof Span) return a.ms - b.ms
  const numberAndText =
    (x !== undefined && typeof b === 'string') || (y !== undefined && typeof a === 'string') ? 'use | int' : undefined
  throw new Fault('template-type', `${kindOf(a)} and ${kindOf(b)} have no order`, { mend: numberAndText })
}

/** Order of texts by code point, as Python has it. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x === y) continue
    const surrogates = (x & 0xf800) === 0xd800 || (y & 0xf800) === 0xd800
    return surrogates ? (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0) : x - y
  }
  return a.length - b.length
}

/** Python's `in`; notes the labels of secrets that were looked at. */
export function contains(container: Item, item: Item): boolean {
  if (isHidden(container)) return contains(open(container), item)
  if (typeof container === 'string') {
    const part = open(item)
    if (part instanceof Unknown) throw new UnknownSignal(part)
    if (part instanceof Undefined) throw part.fault()
    if (typeof part !== 'string')
      throw new Fault('template-type', `a text can only hold a text, and this is ${kindOf(part)}`, {
        mend: 'use | string',
      })
    return container.includes(part)
  }
  if (isList(container)) return container.some((one) => equals(one, item))
  if (isDict(container)) return !(item instanceof Tuple) && Object.hasOwn(container, keyOf(item))
  if (container instanceof LazyMapping) return new Set(container.keys()).has(keyOf(item))
  if (container instanceof Unknown) throw new UnknownSignal(container)
  if (container instanceof Undefined) {
    if (container.soft) return false
    throw container.fault()
  }
  throw new Fault('template-type', `${kindOf(container)} cannot hold anything, so \`in\` cannot be asked of it`)
}

/** An item as the name of an entry in a mapping. */
export function keyOf(item: Item): string {
  const key = open(item)
  if (typeof key === 'string') return key
  if (isList(key) || isDict(key)) throw new Fault('template-type', `${kindOf(key)} cannot be the name of an entry`)
  return str(key)
}

/** What a loop over the item would visit: items of a list, names of a mapping, characters of a text. */
export function iterate(item: Item): readonly Item[] {
  if (isList(item)) return item
  if (typeof item === 'string') return Array.from(item)
  if (isDict(item)) return Object.keys(item)
  if (item instanceof LazyMapping) return [...item.keys()]
  if (isHidden(item)) {
    const inner = iterate(open(item))
    const labels = item instanceof Secret ? new Set([item.label]) : item.labels
    return inner.map((one) => new Hidden(one as string, labels))
  }
  if (item instanceof Unknown) throw new UnknownSignal(item)
  if (item instanceof Undefined) {
    if (item.soft) return []
    throw item.fault()
  }
  throw new Fault('template-type', `${kindOf(item)} is not a list`, {
    mend: typeof item === 'number' ? 'to count, use range(…)' : undefined,
  })
}

/** Python's `len()`. */
export function lengthOf(item: Item): number {
  if (typeof item === 'string') {
    let length = item.length
    for (let index = 0; index < item.length - 1; index++)
      if ((item.charCodeAt(index) & 0xfc00) === 0xd800 && (item.charCodeAt(index + 1) & 0xfc00) === 0xdc00) length--
    return length
  }
  if (isList(item)) return item.length
  if (isHidden(item)) return lengthOf(open(item))
  if (typeof item === 'number' || typeof item === 'boolean' || item === null || item instanceof Namespace)
    throw new Fault('template-type', `${kindOf(item)} has no length`)
  return iterate(item).length
}
