import type { Secret } from '../../core/secret.ts'
import { Unknown } from '../../core/unknown.ts'
import { limit, maxText } from './budget.ts'
import { entriesOf, isDict, isList } from './dicts.ts'
import { Fault } from './error.ts'
import { open } from './secrecy.ts'
import {
  Callable,
  Float,
  type Hidden,
  type Item,
  isHidden,
  LazyMapping,
  Moment,
  maxNesting,
  Span,
  Tuple,
  Undefined,
  UnknownSignal,
} from './values.ts'

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
