import { type Script, sh } from '../task.ts'

/** What the directives of Python's strptime stand for that say something of a time in digits. */
const directives: { readonly [letter: string]: { readonly part: string; readonly pattern: string } } = {
  Y: { part: 'year', pattern: '\\d{4}' },
  y: { part: 'short', pattern: '\\d{2}' },
  m: { part: 'month', pattern: '1[0-2]|0?[1-9]' },
  d: { part: 'day', pattern: '3[01]|[12]\\d|0?[1-9]' },
  H: { part: 'hour', pattern: '2[0-3]|[01]?\\d' },
  M: { part: 'minute', pattern: '[0-5]?\\d' },
  S: { part: 'second', pattern: '[0-5]?\\d' },
}

/** A time that was written in a form such as `%Y%m%d%H%M.%S`, as `YYYY-MM-DD hh:mm:ss`; undefined when it is none, or the form is not known. */
export function parseTime(text: string, format: string): string | undefined {
  const pattern = format.replaceAll(/%(.)|[^%]/gs, (whole, letter?: string) => {
    if (letter === undefined || letter === '%') return (letter ?? whole).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
    const found = directives[letter]
    return found ? `(?<${found.part}>${found.pattern})` : '(?!)'
  })
  const parts = new RegExp(`^${pattern}$`).exec(text)?.groups
  if (parts === undefined) return undefined
  const { year, short, month = '1', day = '1', hour = '0', minute = '0', second = '0' } = parts
  // As POSIX has it: 69 is 1969, 68 is 2068.
  const full = year ?? (short === undefined ? '1900' : String(Number(short) + (Number(short) < 69 ? 2000 : 1900)))
  const date = `${full}-${two(month)}-${two(day)}`
  if (new Date(`${date}T00:00:00Z`).getUTCDate() !== Number(day)) return undefined
  return `${date} ${two(hour)}:${two(minute)}:${two(second)}`
}

const two = (digits: string): string => digits.padStart(2, '0')

/** Wanted times of a path: `now`, `preserve`, or `YYYY-MM-DD hh:mm:ss` by the clock of the host. */
export interface Times {
  readonly modification: string
  readonly access: string
}

const isMoment = (time: string): boolean => time !== 'now' && time !== 'preserve'

/** Asks the host for the seconds since 1970 that the times are; a line for each of the two, empty where none is needed. */
export function timesScript({ modification, access }: Times): Script {
  const seconds = (time: string) => (isMoment(time) ? sh`date -d ${time} +%s` : sh`echo`)
  return sh`${seconds(modification)}; ${seconds(access)}`
}

/** How the times of a path are, in seconds since 1970. */
export interface Seconds {
  readonly modification: number | undefined
  readonly access: number | undefined
}

/** Reads the two lines of `timesScript`. */
export function readTimes([modification = '', access = '']: readonly string[]): Seconds {
  const seconds = (line: string) => (/^-?\d+$/.test(line) ? Number(line) : undefined)
  return { modification: seconds(modification), access: seconds(access) }
}

/** The options of one `touch` for each time that is to be set; none for what stays. */
export function touchFlags({ modification, access }: Times): readonly (readonly string[])[] {
  const flags = (which: string, time: string) => (time === 'now' ? [which] : [which, '-d', time])
  return [
    ...(modification === 'preserve' ? [] : [flags('-m', modification)]),
    ...(access === 'preserve' ? [] : [flags('-a', access)]),
  ]
}
