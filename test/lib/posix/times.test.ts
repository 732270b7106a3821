import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseTime } from '../../../lib/posix/times.ts'

const test = suite('lib/posix/times')

const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['202001020304.05', '%Y%m%d%H%M.%S', '2020-01-02 03:04:05'],
  ['202001020304', '%Y%m%d%H%M.%S', undefined],
  ['202013020304.05', '%Y%m%d%H%M.%S', undefined],
  ['202002300304.05', '%Y%m%d%H%M.%S', undefined],
  ['noon', '%Y%m%d%H%M.%S', undefined],
  ['2022-01-02 03:04:05', '%Y-%m-%d %H:%M:%S', '2022-01-02 03:04:05'],
  ['5/1/68', '%d/%m/%y', '2068-01-05 00:00:00'],
  ['5/1/69', '%d/%m/%y', '1969-01-05 00:00:00'],
  ['100% of 2020', '100%% of %Y', '2020-01-01 00:00:00'],
  ['10:20', '%H:%M', '1900-01-01 10:20:00'],
  ['(1).2', '(%d).%m', '1900-02-01 00:00:00'],
  ['Monday', '%A', undefined],
]
for (const [text, format, wanted] of cases)
  test(`${text} as ${format}`, () => assert.is(parseTime(text, format), wanted))

test.run()
