import { str } from '../template/text.ts'
import { formatMoment, parseMoment, type Zone } from '../template/time.ts'
import { Moment } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'

/** The moment a clock on the wall shows, in this machine's zone or in UTC. */
export function wallClock(date: Date, utc: boolean): { readonly moment: Moment; readonly zone: Zone } {
  if (utc) return { moment: new Moment(date.getTime()), zone: { offsetMinutes: 0, name: 'UTC' } }
  const offsetMinutes = -date.getTimezoneOffset()
  const name = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName')?.value
  return { moment: new Moment(date.getTime() + offsetMinutes * 60_000), zone: { offsetMinutes, name: name ?? '' } }
}

/** Filters on dates. */
export const time: FilterTable = {
  to_datetime: reading('format', (input, args) => parseMoment(str(input), args.text('format', '%Y-%m-%d %H:%M:%S'))),
  strftime: reading('second utc', (input, args, context) => {
    const second = args.get('second')
    const date = second === undefined || second === null ? context.now() : new Date(args.number('second') * 1000)
    const { moment, zone } = wallClock(date, args.flag('utc'))
    return formatMoment(moment, str(input), zone)
  }),
}
