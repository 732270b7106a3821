import { firstOf, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { fixed } from '../template/format.ts'
import { isFloat, negative, shrink } from '../template/operators.ts'
import { iterate, kindOf, numberOf } from '../template/python.ts'
import { str } from '../template/text.ts'
import { Float, float, type Item } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'
import { randomPick, shuffled } from './python-random.ts'

/** A text as a whole number in that base; undefined when it is none. */
function parseInteger(text: string, base: number): number | bigint | undefined {
  const parts = /^\s*([+-]?)(0[xX]|0[oO]|0[bB])?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)\s*$/.exec(text)
  if (!parts) return undefined
  const [, sign, prefix = '', written = ''] = parts
  const prefixBase = { '0x': 16, '0o': 8, '0b': 2 }[prefix.toLowerCase()]
  if (prefixBase !== undefined && base !== 0 && base !== prefixBase) return undefined
  const actual = base === 0 ? (prefixBase ?? 10) : base
  let value = 0n
  for (const char of written.replaceAll('_', '').toLowerCase()) {
    const digit = Number.parseInt(char, 36)
    if (digit >= actual) return undefined
    value = value * BigInt(actual) + BigInt(digit)
  }
  return shrink(sign === '-' ? -value : value)
}

function parseFloatText(text: string): number | undefined {
  const word = text.trim().toLowerCase()
  if (/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/.test(word))
    return Number(word.replaceAll('_', ''))
  if (/^[+-]?inf(?:inity)?$/.test(word))
    return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return word === 'nan' ? Number.NaN : undefined
}

function toInteger(input: Item, fallback: Item, base: number): Item {
  if (typeof input === 'string') {
    const whole = parseInteger(input, base)
    if (whole !== undefined) return whole
    const number = parseFloatText(input)
    return number === undefined || !Number.isFinite(number) ? fallback : Math.trunc(number)
  }
  const number = numberOf(input)
  if (number === undefined || !Number.isFinite(Number(number))) return fallback
  return typeof number === 'bigint' ? number : Math.trunc(number)
}

function needNumber(input: Item, filter: string): number {
  const number = numberOf(input)
  if (number === undefined)
    throw new Fault('template-type', `the filter "${filter}" needs a number, and this is ${kindOf(input)}`, {
      mend: typeof input === 'string' ? `| float | ${filter}` : undefined,
    })
  return Number(number)
}

/** Rounds as Python does: what is exactly halfway goes to the even digit. */
function roundTo(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value
  if (digits > 0) return Math.sign(value) * Number(fixed(Math.abs(value), Math.min(digits, 100)))
  const unit = 10 ** -digits
  const scaled = value / unit
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const even = floor % 2 === 0 ? floor : floor + 1
  return (rest < 0.5 ? floor : rest > 0.5 ? floor + 1 : even) * unit
}

const units = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']

function humanReadable(size: number, isBits: boolean, unit: string | undefined): string {
  const base = isBits ? 'bits' : 'Bytes'
  const letter = unit?.toUpperCase()
  let power = 0
  if (letter === undefined) while (power < units.length - 1 && size >= 1024 ** (power + 1)) power++
  else power = units.indexOf(letter === 'B' ? '' : letter.charAt(0))
  if (power < 0) throw new Fault('template-argument', `there is no unit "${unit}"`)
  return `${(size / 1024 ** power).toFixed(2)} ${power === 0 ? base : units[power] + base.charAt(0)}`
}

function humanToBytes(input: Item, defaultUnit: string | undefined, isBits: boolean): number {
  const found = /^\s*(\d*\.?\d+)(?:\s*([A-Za-z]+))?/.exec(str(input))
  if (!found) throw new Fault('template-argument', 'this is not a size: write a number and a unit, as in 10 MB')
  const unit = found[2] ?? defaultUnit
  if (unit === undefined) return Math.round(Number(found[1]))
  const power = units.indexOf(unit.charAt(0).toUpperCase() === 'B' ? '' : unit.charAt(0).toUpperCase())
  const rest = unit.length > 1 ? unit.slice(1) : ''
  const wanted = isBits ? ['', 'b', 'bit', 'bits', 'it', 'its'] : ['', 'B', 'byte', 'bytes', 'yte', 'ytes']
  const fits = wanted.includes(rest) || wanted.includes(rest.toLowerCase() === rest ? rest : rest.toLowerCase())
  if (power < 0 || !fits || (power > 0 && rest === (isBits ? 'B' : 'b')))
    throw new Fault('template-argument', `there is no unit "${unit}"`, {
      mend: `use ${isBits ? 'Kb, Mb, Gb' : 'KB, MB, GB'}`,
    })
  return Math.round(Number(found[1]) * 1024 ** power)
}

function fileSize(bytes: number, binaryUnits: boolean): string {
  const base = binaryUnits ? 1024 : 1000
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${bytes} Bytes`
  const power = Math.min(8, Math.floor(Math.log(bytes) / Math.log(base)))
  const unit = binaryUnits ? `${units[power]}iB` : `${power === 1 ? 'k' : units[power]}B`
  return `${(bytes / base ** power).toFixed(1)} ${unit}`
}

/** Filters on numbers. */
export const numbers: FilterTable = {
  int: reading('default base', (input, args) =>
    toInteger(input, firstOf(args.get('default'), 0) as Item, args.integer('base', 10)),
  ),
  float: reading('default', (input, args) => {
    const number = typeof input === 'string' ? parseFloatText(input) : numberOf(input)
    return number === undefined ? (firstOf(args.get('default'), new Float(0)) as Item) : float(Number(number))
  }),
  abs: reading('', (input) =>
    needNumber(input, 'abs') < 0 ? negative(input) : typeof input === 'boolean' ? Number(input) : input,
  ),
  round: reading('precision method', (input, args) => {
    const value = needNumber(input, 'round')
    const precision = args.integer('precision', 0)
    const method = args.text('method', 'common')
    if (method === 'common') {
      const rounded = roundTo(value, precision)
      return isFloat(input) ? float(rounded) : rounded
    }
    if (method !== 'ceil' && method !== 'floor') throw args.fault('knows the methods common, ceil and floor')
    const scaled = value * 10 ** precision
    return float((method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled)) / 10 ** precision)
  }),
  log: reading('base', (input, args) => {
    const value = needNumber(input, 'log')
    if (value <= 0) throw args.fault('needs a number above zero')
    const base = args.number('base', Math.E)
    return float(base === 10 ? Math.log10(value) : base === Math.E ? Math.log(value) : Math.log(value) / Math.log(base))
  }),
  pow: reading('exponent', (input, args) => float(needNumber(input, 'pow') ** args.number('exponent'))),
  root: reading('base', (input, args) => {
    const value = needNumber(input, 'root')
    const base = args.number('base', 2)
    if (value < 0) throw args.fault('needs a number that is not negative')
    return float(base === 2 ? Math.sqrt(value) : value ** (1 / base))
  }),
  random: reading('start step seed', (input, args, context) => {
    const seed = args.get('seed')
    if (isList(input)) return input[randomPick(input.length, seed, context.random)] as Item
    const start = args.integer('start', 0)
    const by = args.integer('step', 1)
    const count = Math.ceil((needNumber(input, 'random') - start) / by)
    if (count <= 0) throw args.fault('has nothing to choose from')
    return start + by * randomPick(count, seed, context.random)
  }),
  shuffle: reading('seed', (input, args, context) => shuffled(iterate(input), args.get('seed'), context.random)),
  human_readable: reading('isbits unit', (input, args) =>
    humanReadable(needNumber(input, 'human_readable'), args.flag('isbits'), args.maybeText('unit')),
  ),
  human_to_bytes: reading('default_unit isbits', (input, args) =>
    humanToBytes(input, args.maybeText('default_unit'), args.flag('isbits')),
  ),
  filesizeformat: reading('binary', (input, args) => fileSize(Number(toInteger(input, 0, 10)), args.flag('binary'))),
}
