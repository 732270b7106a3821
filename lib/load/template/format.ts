import { limit, maxText } from './budget.ts'
import { isDict, isList } from './dicts.ts'
import { Fault } from './error.ts'
import { kindOf, numberOf } from './python.ts'
import { floatText, repr, str } from './text.ts'
import { Float, type Item, Tuple } from './values.ts'

function formatFault(message: string): Fault {
  return new Fault('template-format', message)
}

/** Python's `text % values`: `%s`, `%03d`, `%(name)s`, `%.2f`, `%x` … */
export function percentFormat(text: string, values: Item): string {
  const list = values instanceof Tuple ? values : [values]
  let used = 0
  const named = isDict(values) ? values : undefined
  let usedName = false
  const take = (): Item => {
    if (used >= list.length) throw formatFault('the text has more places for values than there are values')
    return list[used++] as Item
  }
  const pattern = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([\s\S])?/g
  const out = text.replace(pattern, (_whole, name, flags, width, precision, type) => {
    if (type === '%') return '%'
    if (type === undefined) throw formatFault('the text ends inside a `%`')
    const wide = width === '*' ? Number(numberOf(take()) ?? 0) : width === undefined ? 0 : Number(width)
    const precise =
      precision === '*' ? Number(numberOf(take()) ?? 0) : precision === undefined ? undefined : Number(precision)
    checkWidth(wide, precise)
    let value: Item
    if (name !== undefined) {
      if (!named) throw formatFault('`%(name)s` needs a mapping')
      if (!Object.hasOwn(named, name)) throw formatFault(`there is no value named "${name}"`)
      usedName = true
      value = named[name] as Item
    } else value = take()
    return percentOne(value, flags, wide, precise, type)
  })
  if (!usedName && used < list.length && !(isDict(values) || isList(values) === !(values instanceof Tuple)))
    throw formatFault('there are more values than places for them in the text')
  return out
}

function checkWidth(width: number, precision: number | undefined): void {
  if (width > 100_000 || (precision ?? 0) > 100) throw limit('the width in a format is too large')
}

function percentOne(value: Item, flags: string, width: number, precision: number | undefined, type: string): string {
  const pad = (body: string, sign: string): string => {
    const missing = width - body.length - sign.length
    if (missing <= 0) return sign + body
    if (flags.includes('-')) return sign + body + ' '.repeat(missing)
    return flags.includes('0') && 'diuxXofFeEgG'.includes(type)
      ? sign + '0'.repeat(missing) + body
      : ' '.repeat(missing) + sign + body
  }
  if (type === 's' || type === 'r' || type === 'a') {
    const body = type === 's' ? str(value) : repr(value)
    return pad(precision === undefined ? body : body.slice(0, precision), '')
  }
  if (type === 'c')
    return pad(typeof value === 'string' ? value : String.fromCodePoint(Number(numberOf(value) ?? 0)), '')
  const number = numberOf(value)
  if (number === undefined) throw formatFault(`\`%${type}\` needs a number, and this is ${kindOf(value)}`)
  const negative = number < 0 || Object.is(number, -0)
  const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  if ('diuxXo'.includes(type)) {
    const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number))
    const size = whole < 0n ? -whole : whole
    const radix = type === 'o' ? 8 : type === 'x' || type === 'X' ? 16 : 10
    let body = size.toString(radix).padStart(precision ?? 0, '0')
    if (type === 'X') body = body.toUpperCase()
    const prefix = flags.includes('#') && radix !== 10 ? (radix === 8 ? '0o' : `0${type}`) : ''
    return pad(body, sign + prefix)
  }
  if ('fFeEgG'.includes(type))
    return pad(floatBody(Math.abs(Number(number)), type, precision ?? 6, flags.includes('#')), sign)
  throw formatFault(`there is no format \`%${type}\``)
}

/** The digits of a float that is not negative, by the rules of `f`, `e` and `g`. */
function floatBody(value: number, type: string, precision: number, keepZeros: boolean): string {
  const upper = type === type.toUpperCase()
  let body: string
  if (!Number.isFinite(value)) body = Number.isNaN(value) ? 'nan' : 'inf'
  else if (type === 'f' || type === 'F') body = fixed(value, precision)
  else if (type === 'e' || type === 'E') body = exponent(value, precision)
  else {
    const digits = precision === 0 ? 1 : precision
    const power = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1])
    body = power < -4 || power >= digits ? exponent(value, digits - 1) : fixed(value, digits - 1 - power)
    if (!keepZeros && body.includes('.')) body = body.replace(/\.?0+(?=e|$)/, '')
  }
  return upper ? body.toUpperCase() : body
}

/** A number that is not negative with a given count of decimals; what is exactly halfway goes to the even digit. */
export function fixed(value: number, decimals: number): string {
  if (value >= 1e21) return `${BigInt(value)}${decimals > 0 ? `.${'0'.repeat(decimals)}` : ''}`
  const scaled = value * 10 ** decimals
  const isHalfway = decimals < 16 && Number.isInteger(value * 2 ** (decimals + 1)) && scaled % 1 === 0.5
  if (!isHalfway) return value.toFixed(decimals)
  const floor = Math.floor(scaled)
  return ((floor % 2 === 0 ? floor : floor + 1) / 10 ** decimals).toFixed(decimals)
}

function exponent(value: number, decimals: number): string {
  const [digits = '', power = '0'] = value.toExponential(decimals).split('e')
  const size = power.replace(/^[+-]/, '').padStart(2, '0')
  return `${digits}e${power.startsWith('-') ? '-' : '+'}${size}`
}

/** Python's `text.format(…)`: `{}`, `{0}`, `{name}`, `{name[key]}`, `{:>8}`, `{:.2f}`; `field` resolves what follows a name. */
export function braceFormat(
  text: string,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
  field: (item: Item, key: string) => Item,
): string {
  let automatic = 0
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, inside: string | undefined) => {
    if (whole === '{{') return '{'
    if (whole === '}}') return '}'
    if (inside === undefined) throw formatFault(`a single \`${whole}\` in the text of .format(): write it twice`)
    const parts = /^([^.[!:]*)((?:\.[^.[!:]+|\[[^\]]*\])*)(?:!([rs]))?(?::(.*))?$/s.exec(inside)
    if (!parts) throw formatFault(`.format() does not understand \`${whole}\``)
    const [, name = '', path = '', conversion, spec = ''] = parts
    let value: Item | undefined
    if (name === '' || /^\d+$/.test(name)) value = positional[name === '' ? automatic++ : Number(name)]
    else value = named.get(name)
    if (value === undefined) throw formatFault(`.format() was given no value for \`${whole}\``)
    for (const step of path.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) value = field(value, step[1] ?? step[2] ?? '')
    if (conversion === 'r') value = repr(value)
    else if (conversion === 's') value = str(value)
    return formatSpec(value, spec)
  })
}

/** Python's `format(value, spec)`. */
export function formatSpec(value: Item, spec: string): string {
  if (spec === '') return str(value)
  const parts = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su.exec(spec)
  if (!parts) throw formatFault(`there is no format \`${spec}\``)
  const [, fill, align, plus, alternate, zero, widthText, grouping, precisionText, type] = parts
  const width = widthText === undefined ? 0 : Number(widthText)
  const precision = precisionText === undefined ? undefined : Number(precisionText)
  checkWidth(width, precision)
  const number = typeof value === 'boolean' && type === undefined ? undefined : numberOf(value)
  let sign = ''
  let body: string
  if (number === undefined) {
    if (type !== undefined && type !== 's')
      throw formatFault(`the format \`${spec}\` needs a number, and this is ${kindOf(value)}`)
    body = str(value)
    if (precision !== undefined) body = Array.from(body).slice(0, precision).join('')
  } else {
    sign = number < 0 ? '-' : plus === '+' || plus === ' ' ? plus : ''
    const kind =
      type ??
      (value instanceof Float || !Number.isInteger(Number(number)) ? (precision === undefined ? 'repr' : 'g') : 'd')
    body = numberBody(number, kind, precision, alternate !== undefined)
    if (grouping !== undefined) body = body.replace(/^\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, grouping))
  }
  const missing = width - Array.from(body).length - sign.length
  const filler = fill ?? (zero ? '0' : ' ')
  const side = align ?? (zero && number !== undefined ? '=' : number === undefined ? '<' : '>')
  if (missing <= 0) return sign + body
  if (missing > maxText) throw limit('the width in a format is too large')
  if (side === '=') return sign + filler.repeat(missing) + body
  if (side === '<') return sign + body + filler.repeat(missing)
  if (side === '>') return filler.repeat(missing) + sign + body
  const before = Math.floor(missing / 2)
  return filler.repeat(before) + sign + body + filler.repeat(missing - before)
}

function numberBody(number: number | bigint, kind: string, precision: number | undefined, alternate: boolean): string {
  const size = number < 0 ? -number : number
  const radix = { d: 10, n: 10, b: 2, o: 8, x: 16, X: 16 }[kind]
  if (radix !== undefined) {
    if (typeof size === 'number' && !Number.isInteger(size))
      throw formatFault(`the format \`${kind}\` needs a whole number`)
    const digits = BigInt(size).toString(radix)
    const text = kind === 'X' ? digits.toUpperCase() : digits
    return alternate && radix !== 10 ? `0${kind}${text}` : text
  }
  if (kind === 'c') return String.fromCodePoint(Number(number))
  if (kind === '%') return `${floatBody(Number(size) * 100, 'f', precision ?? 6, alternate)}%`
  if (kind === 'repr') return floatText(Number(size))
  if (kind === 's') throw formatFault('the format `s` needs a text')
  return floatBody(Number(size), kind, precision ?? 6, alternate)
}
