import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { losesDigits, readPlain } from '../../../lib/load/yaml-scalars.ts'

const test = suite('lib/load/yaml-scalars')

const readings: readonly (readonly [string, string | number | boolean | null])[] = [
  ['yes', true],
  ['Yes', true],
  ['YES', true],
  ['yEs', 'yEs'],
  ['y', 'y'],
  ['n', 'n'],
  ['on', true],
  ['Off', false],
  ['TRUE', true],
  ['no', false],
  ['', null],
  ['~', null],
  ['null', null],
  ['none', 'none'],
  ['0', 0],
  ['00', 0],
  ['0644', 420],
  ['-0644', -420],
  ['0o644', '0o644'],
  ['08', '08'],
  ['1_000', 1000],
  ['_1', '_1'],
  ['+5', 5],
  ['0x1F', 31],
  ['0xfg', '0xfg'],
  ['0b101', 5],
  ['12:30', 750],
  ['12:60', '12:60'],
  ['22:22', 1342],
  ['8080:80', '8080:80'],
  ['1:2:3', 3723],
  ['190:20:30.15', 685230.15],
  ['1.5', 1.5],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5', '-.5'],
  ['1e3', '1e3'],
  ['1.0e3', '1.0e3'],
  ['1.0e+3', 1000],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.Inf', Number.NEGATIVE_INFINITY],
  ['2024-01-01', '2024-01-01'],
  ['12345678901234567890', '12345678901234567890'],
  ['10.0.0.1', '10.0.0.1'],
  ['1.2.3', '1.2.3'],
  ['false alarm', 'false alarm'],
]

test('reads what PyYAML reads', () => {
  for (const [text, value] of readings) assert.is(readPlain(text), value, text)
})

test('knows numbers that say less than their text', () => {
  assert.ok(losesDigits('7.10', 7.1))
  assert.ok(losesDigits('8.0', 8))
  assert.not(losesDigits('7.1', 7.1))
  assert.not(losesDigits('100', 100))
})

test.run()
