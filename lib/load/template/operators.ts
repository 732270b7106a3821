import { Unknown } from '../../core/unknown.ts'
import { whenNeeded } from '../../core/when-needed.ts'
import type { BinaryOperator } from './ast.ts'
import { limit, maxItems, maxText } from './budget.ts'
import { isList } from './dicts.ts'
import { Fault } from './error.ts'
import { kindOf, numberOf } from './python.ts'
import { hide, open, watch, withOpened } from './secrecy.ts'
import { str } from './text.ts'
import { Float, float, type Item, isHidden, Moment, Span, Tuple, tuple, Undefined, UnknownSignal } from './values.ts'

const format = whenNeeded<typeof import('./format.ts')>('./format.ts', import.meta.url)

/** `left operator right` with Python's meaning; the result is hidden when a secret went into it. */
export function binary(operator: BinaryOperator, left: Item, right: Item): Item {
  if (typeof left === 'number' && typeof right === 'number') return arithmetic(operator, left, right, false)
  if (isHidden(left) || isHidden(right) || (operator === '%' && typeof right === 'object')) {
    if (operator === '%')
      return withOpened('`%`', [left, right], ([a, b]) => plainBinary(operator, a as Item, b as Item))
    const { result, labels } = watch(() => plainBinary(operator, open(left), open(right)))
    return hide(result, labels)
  }
  return plainBinary(operator, left, right)
}

function plainBinary(operator: BinaryOperator, left: Item, right: Item): Item {
  const x = numberOf(left)
  const y = numberOf(right)
  if (x !== undefined && y !== undefined) return arithmetic(operator, x, y, isFloat(left) || isFloat(right))
  for (const side of [left, right]) {
    if (side instanceof Unknown) throw new UnknownSignal(side)
    if (side instanceof Undefined) throw side.fault()
  }
  if (operator === '%' && typeof left === 'string') return format().percentFormat(left, right)
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') {
    if (left.length + right.length > maxText) throw limit('a text grows too long')
    return left + right
  }
  if (operator === '+' && isList(left) && isList(right) && left instanceof Tuple === right instanceof Tuple) {
    if (left.length + right.length > maxItems) throw limit('a list grows too long')
    return left instanceof Tuple ? tuple(...left, ...right) : left.concat(right)
  }
  if (operator === '*' && (y !== undefined || x !== undefined)) {
    const repeated = repeat(x === undefined ? left : right, Number(x ?? y))
    if (repeated !== undefined) return repeated
  }
  const time = timeArithmetic(operator, left, right)
  if (time !== undefined) return time
  throw operandFault(operator, left, right)
}

function operandFault(operator: BinaryOperator, left: Item, right: Item): Fault {
  const texts = typeof left === 'string' || typeof right === 'string'
  const mend =
    operator === '+' && texts
      ? 'join texts with ~ instead of +, or use | int to reckon'
      : texts
        ? 'use | int or | float'
        : undefined
  return new Fault('template-type', `\`${operator}\` does not work between ${kindOf(left)} and ${kindOf(right)}`, {
    mend,
  })
}

function repeat(item: Item, times: number): Item | undefined {
  const count = Math.max(0, Math.trunc(times))
  if (typeof item === 'string') {
    if (item.length * count > maxText) throw limit('a text grows too long')
    return item.repeat(count)
  }
  if (!isList(item)) return undefined
  if (item.length * count > maxItems) throw limit('a list grows too long')
  const out: Item[] = []
  for (let index = 0; index < count; index++) out.push(...item)
  return item instanceof Tuple ? tuple(...out) : out
}

function timeArithmetic(operator: BinaryOperator, left: Item, right: Item): Item | undefined {
  if (operator === '-' && left instanceof Moment && right instanceof Moment) return new Span(left.ms - right.ms)
  if (left instanceof Moment && right instanceof Span && (operator === '+' || operator === '-'))
    return new Moment(operator === '+' ? left.ms + right.ms : left.ms - right.ms)
  if (left instanceof Span && right instanceof Span && (operator === '+' || operator === '-'))
    return new Span(operator === '+' ? left.ms + right.ms : left.ms - right.ms)
  return undefined
}

/** Whether Python would take the item for a float. */
export function isFloat(item: Item): boolean {
  return item instanceof Float || (typeof item === 'number' && !Number.isInteger(item))
}

function arithmetic(operator: BinaryOperator, x: number | bigint, y: number | bigint, floating: boolean): Item {
  const isFloating =
    floating ||
    operator === '/' ||
    (typeof x === 'number' && !Number.isInteger(x)) ||
    (typeof y === 'number' && !Number.isInteger(y))
  if ((operator === '/' || operator === '//' || operator === '%') && Number(y) === 0)
    throw new Fault('template-number', 'a number cannot be divided by zero')
  if (isFloating) return floatArithmetic(operator, Number(x), Number(y))
  if (operator === '**' && y < 0) return float(Number(x) ** Number(y))
  if (typeof x === 'number' && typeof y === 'number') {
    const quick = integerArithmetic(operator, x, y)
    if (Number.isSafeInteger(quick)) return quick
  }
  return shrink(bigArithmetic(operator, BigInt(x), BigInt(y)))
}

function floatArithmetic(operator: BinaryOperator, x: number, y: number): Item {
  switch (operator) {
    case '+':
      return float(x + y)
    case '-':
      return float(x - y)
    case '*':
      return float(x * y)
    case '/':
      return float(x / y)
    case '//':
      return float(Math.floor(x / y))
    case '%': {
      const rest = modulo(x, y)
      // A zero has the sign of the divisor too.
      return float(rest === 0 && y < 0 ? -0 : rest === 0 ? 0 : rest)
    }
    case '**':
      if (x < 0 && !Number.isInteger(y)) throw new Fault('template-number', 'a negative number has no such power')
      if (x === 0 && y < 0) throw new Fault('template-number', 'a number cannot be divided by zero')
      return float(x ** y)
  }
}

function integerArithmetic(operator: BinaryOperator, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '//':
      return (x - modulo(x, y)) / y
    case '%':
      return modulo(x, y)
    default:
      return x ** y
  }
}

/** The rest of a division, with the sign of the divisor. */
function modulo(x: number, y: number): number {
  const rest = x % y
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest
}

function bigArithmetic(operator: BinaryOperator, x: bigint, y: bigint): bigint {
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '//':
    case '%': {
      const rest = x % y
      const below = rest !== 0n && rest < 0n !== y < 0n
      if (operator === '%') return below ? rest + y : rest
      return below ? x / y - 1n : x / y
    }
    default: {
      const bits = x.toString(2).length
      if (y * BigInt(bits) > 4096n) throw limit('this power is too large a number')
      return x ** y
    }
  }
}

/** A big whole number as a plain one where that keeps it exactly. */
export function shrink(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** `-item`. */
export function negative(item: Item): Item {
  if (isHidden(item)) {
    const { result, labels } = watch(() => negative(open(item)))
    return hide(result, labels)
  }
  const number = numberOf(item)
  if (number === undefined) {
    if (item instanceof Unknown) throw new UnknownSignal(item)
    if (item instanceof Undefined) throw item.fault()
    throw new Fault('template-type', `\`-\` needs a number, and this is ${kindOf(item)}`)
  }
  if (typeof number === 'bigint') return shrink(-number)
  return isFloat(item) ? float(-number) : 0 - number
}

/** `a ~ b ~ …`: the texts of all items in a row, hidden when one is a secret. */
export function concat(items: readonly Item[]): Item {
  const { result, labels } = watch(() => {
    let text = ''
    for (const item of items) {
      text += str(item)
      if (text.length > maxText) throw limit('a text grows too long')
    }
    return text
  })
  return hide(result, labels)
}
