import { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { Fault } from './error.ts'
import {
  Callable,
  entriesOf,
  Float,
  Hidden,
  type Item,
  isDict,
  isHidden,
  isList,
  LazyMapping,
  Moment,
  maxNesting,
  Namespace,
  open,
  Span,
  Tuple,
  Undefined,
  UnknownSignal,
} from './values.ts'

/** The most that one template may put out, in characters. */
export const maxText = 16 * 1024 * 1024

/** A Fault about too much work or too large a result. */
export function limit(message: string): Fault {
  return new Fault('template-limit', message)
}

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

/** Python's `str()`; notes the labels of secrets that go into the text. */
export function str(item: Item): string {
  if (typeof item === 'string') return item
  return isHidden(item) ? str(open(item)) : repr(item)
}

/** Python's `repr()`; notes the labels of secrets that go into the text. */
export function repr(item: Item): string {
  const parts: string[] = []
  const size = writeRepr(item, parts, 0, 0)
  if (size > maxText) throw limit('a value is too large to be made a text')
  return parts.join('')
}

function writeRepr(item: Item, parts: string[], depth: number, before: number): number {
  if (depth > maxNesting) throw limit(`a value is nested more than ${maxNesting} levels deep, or holds itself`)
  let size = before
  const add = (text: string) => {
    parts.push(text)
    size += text.length
    if (size > maxText) throw limit('a value is too large to be made a text')
  }
  if (typeof item === 'string') add(quoteText(item))
  else if (isList(item)) {
    const isTuple = item instanceof Tuple
    add(isTuple ? '(' : '[')
    item.forEach((one, index) => {
      if (index > 0) add(', ')
      size = writeRepr(one, parts, depth + 1, size)
    })
    add(isTuple ? (item.length === 1 ? ',)' : ')') : ']')
  } else if (item instanceof LazyMapping || isDict(item)) {
    add('{')
    entriesOf(item).forEach(([key, value], index) => {
      add(`${index > 0 ? ', ' : ''}${quoteText(key)}: `)
      size = writeRepr(value, parts, depth + 1, size)
    })
    add('}')
  } else if (isHidden(item)) size = writeRepr(open(item), parts, depth, size)
  else add(scalarText(item))
  return size
}

function scalarText(item: Exclude<Item, string | readonly Item[] | Secret | Hidden>): string {
  if (item === null) return 'None'
  if (typeof item === 'boolean') return item ? 'True' : 'False'
  if (typeof item === 'number') return Number.isInteger(item) ? integerText(item) : floatText(item)
  if (typeof item === 'bigint') return item.toString()
  if (item instanceof Float) return floatText(item.value)
  if (item instanceof Moment) return momentText(item)
  if (item instanceof Span) return spanText(item)
  if (item instanceof Unknown) throw new UnknownSignal(item)
  if (item instanceof Undefined) {
    if (item.soft) return ''
    throw item.fault()
  }
  throw new Fault(
    'template-type',
    `${item instanceof Callable ? `"${item.name}" is a function` : 'this'} has no text`,
    {
      mend: item instanceof Callable ? `call it: ${item.name}()` : undefined,
    },
  )
}

function integerText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()
}

/** A float as Python shows it: `1.0`, `1e+16`, `1e-05`, `inf`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e16 || size < 1e-4) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    const sign = exponent.startsWith('-') ? '-' : '+'
    return `${digits}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function quoteText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let quoted = ''
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (char === quote || char === '\\') quoted += `\\${char}`
    else if (char === '\n') quoted += '\\n'
    else if (char === '\r') quoted += '\\r'
    else if (char === '\t') quoted += '\\t'
    else if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code === 0xad)
      quoted += `\\x${code.toString(16).padStart(2, '0')}`
    else if (/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(char))
      quoted += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
    else quoted += char
  }
  return `${quote}${quoted}${quote}`
}

function momentText(moment: Moment): string {
  const text = new Date(moment.ms).toISOString()
  const micros = (moment.ms % 1000) * 1000 + moment.microseconds
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`}`
}

function spanText(span: Span): string {
  const days = Math.floor(span.ms / 86_400_000)
  const rest = span.ms - days * 86_400_000
  const clock = new Date(rest).toISOString()
  const time = `${Number(clock.slice(11, 13))}${clock.slice(13, 19)}${rest % 1000 ? `.${String((rest % 1000) * 1000).padStart(6, '0')}` : ''}`
  return days === 0 ? time : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${time}`
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
