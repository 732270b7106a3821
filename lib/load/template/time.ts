import { Fault } from './error.ts'
import { Moment } from './values.ts'

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** The zone a moment is read in, for `%z`, `%Z` and `%s`. */
export interface Zone {
  readonly offsetMinutes: number
  readonly name: string
}

/** A moment by the letters of strftime; throws a Fault for a letter that is not known. */
export function formatMoment(moment: Moment, format: string, zone: Zone = { offsetMinutes: 0, name: '' }): string {
  const date = new Date(moment.ms)
  const hour = date.getUTCHours()
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1)
  const yearDay = Math.floor((moment.ms - yearStart) / 86_400_000)
  const iso = isoWeek(date)
  const letters: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getUTCFullYear()).padStart(4, '0'),
    y: () => two(date.getUTCFullYear() % 100),
    m: () => two(date.getUTCMonth() + 1),
    d: () => two(date.getUTCDate()),
    e: () => String(date.getUTCDate()).padStart(2, ' '),
    H: () => two(hour),
    I: () => two(hour % 12 || 12),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    f: () => String(date.getUTCMilliseconds() * 1000 + moment.microseconds).padStart(6, '0'),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    a: () => (days[date.getUTCDay()] ?? '').slice(0, 3),
    A: () => days[date.getUTCDay()] ?? '',
    b: () => (months[date.getUTCMonth()] ?? '').slice(0, 3),
    h: () => (months[date.getUTCMonth()] ?? '').slice(0, 3),
    B: () => months[date.getUTCMonth()] ?? '',
    j: () => String(yearDay + 1).padStart(3, '0'),
    u: () => String(date.getUTCDay() || 7),
    w: () => String(date.getUTCDay()),
    U: () => two(Math.floor((yearDay + 7 - date.getUTCDay()) / 7)),
    W: () => two(Math.floor((yearDay + 7 - ((date.getUTCDay() + 6) % 7)) / 7)),
    V: () => two(iso.week),
    G: () => String(iso.year),
    s: () => String(Math.floor(moment.ms / 1000) - zone.offsetMinutes * 60),
    z: () => zoneText(zone),
    Z: () => zone.name,
    F: () => formatMoment(moment, '%Y-%m-%d'),
    T: () => formatMoment(moment, '%H:%M:%S'),
    R: () => formatMoment(moment, '%H:%M'),
    D: () => formatMoment(moment, '%m/%d/%y'),
    c: () => formatMoment(moment, '%a %b %e %H:%M:%S %Y'),
    x: () => formatMoment(moment, '%m/%d/%y'),
    X: () => formatMoment(moment, '%H:%M:%S'),
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
  }
  return format.replace(/%-?([\s\S])/g, (whole, letter: string) => {
    const make = Object.hasOwn(letters, letter) ? letters[letter] : undefined
    if (!make) throw new Fault('template-format', `there is no date format \`${whole}\``)
    const text = make()
    return whole.startsWith('%-') ? text.replace(/^[0 ]+(?=\d)/, '') : text
  })
}

function zoneText(zone: Zone): string {
  const size = Math.abs(zone.offsetMinutes)
  return `${zone.offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const day = (date.getUTCDay() + 6) % 7
  const thursday = new Date(date.getTime() + (3 - day) * 86_400_000)
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  return { year: thursday.getUTCFullYear(), week: 1 + Math.floor((thursday.getTime() - start) / (7 * 86_400_000)) }
}

/** Reads a date by the letters of strptime; throws a Fault when text and format do not match. */
export function parseMoment(text: string, format: string): Moment {
  const fields: Record<string, string> = {}
  const groups: string[] = []
  const shapes: Readonly<Record<string, string>> = {
    Y: '\\d{4}',
    y: '\\d{2}',
    m: '1[0-2]|0?[1-9]',
    d: '3[01]|[12]\\d|0?[1-9]| [1-9]',
    H: '2[0-3]|[01]?\\d',
    I: '1[0-2]|0?[1-9]',
    M: '[0-5]?\\d',
    S: '6[01]|[0-5]?\\d',
    f: '\\d{1,6}',
    p: 'AM|PM',
    b: months.map((month) => month.slice(0, 3)).join('|'),
    B: months.join('|'),
    a: days.map((day) => day.slice(0, 3)).join('|'),
    A: days.join('|'),
    j: '36[0-6]|3[0-5]\\d|[12]\\d\\d|0?[1-9]\\d|0?0?[1-9]',
    z: '[+-]\\d{2}:?\\d{2}|Z',
    Z: 'UTC|GMT|[A-Z]{3,4}',
  }
  const wanted = format.replaceAll('%T', '%H:%M:%S').replaceAll('%F', '%Y-%m-%d')
  const pattern = wanted.replace(/%([\s\S])|\s+|[\^$\\.*+?()[\]{}|/]/g, (whole, letter?: string) => {
    if (letter === '%') return '%'
    if (letter === undefined) return /^\s/.test(whole) ? '\\s+' : `\\${whole}`
    if (!Object.hasOwn(shapes, letter))
      throw new Fault('template-format', `there is no date format \`${whole}\` for reading`)
    groups.push(letter)
    return `(${shapes[letter]})`
  })
  const found = new RegExp(`^${pattern}$`, 'i').exec(text)
  if (!found) throw new Fault('template-format', `the date does not have the form "${format}"`)
  groups.forEach((letter, index) => {
    fields[letter] = found[index + 1] ?? ''
  })
  return momentOf(fields)
}

function momentOf(fields: Readonly<Record<string, string>>): Moment {
  const number = (letter: string, fallback: number) =>
    fields[letter] === undefined ? fallback : Number(fields[letter])
  const short = fields.y === undefined ? undefined : Number(fields.y)
  const year = short === undefined ? number('Y', 1900) : short + (short < 69 ? 2000 : 1900)
  const name = (fields.B ?? fields.b)?.toLowerCase()
  const named = name === undefined ? -1 : months.findIndex((month) => month.toLowerCase().startsWith(name.slice(0, 3)))
  const month = named >= 0 ? named : number('m', 1) - 1
  let hour = number('H', 0)
  if (fields.I !== undefined) hour = (Number(fields.I) % 12) + (fields.p?.toUpperCase() === 'PM' ? 12 : 0)
  const micros = Number((fields.f ?? '0').padEnd(6, '0'))
  const day = number('d', 1)
  const base = fields.j === undefined ? Date.UTC(year, month, day) : Date.UTC(year, 0, Number(fields.j))
  if (fields.j === undefined && new Date(base).getUTCDate() !== day)
    throw new Fault('template-format', 'there is no such day in that month')
  const ms = base + hour * 3_600_000 + number('M', 0) * 60_000 + number('S', 0) * 1000 + Math.floor(micros / 1000)
  return new Moment(ms, micros % 1000)
}
