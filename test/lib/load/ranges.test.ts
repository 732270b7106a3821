import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BadRange, expandRange } from '../../../lib/load/ranges.ts'

const test = suite('lib/load/ranges')

const good: readonly (readonly [string, string])[] = [
  ['web', 'web'],
  ['web[1:3]', 'web1 web2 web3'],
  ['web[01:03].example.org', 'web01.example.org web02.example.org web03.example.org'],
  ['web[08:11]', 'web08 web09 web10 web11'],
  ['db-[a:c]', 'db-a db-b db-c'],
  ['db-[X:Z]', 'db-X db-Y db-Z'],
  ['n[0:10:5]', 'n0 n5 n10'],
  ['n[:2]', 'n0 n1 n2'],
  ['r[1:2]c[a:b]', 'r1ca r1cb r2ca r2cb'],
  ['x[12]', 'x[12]'],
]
const bad: readonly (readonly [string, string])[] = [
  ['web[3:1]', 'the range ends (1) before it starts (3)'],
  ['web[01:100]', 'both ends of the range need the same number of digits when the first starts with 0'],
  ['db[c:a]', '"c" to "a" is no range of letters'],
  ['db[a:C]', '"a" to "C" is no range of letters'],
  ['web[1:x]', '"1" to "x" is no range of numbers'],
  ['web[1:9:0]', 'the step of the range must be a whole number from 1 up'],
  ['web[1:999999]', 'the range stands for more than 100000 hosts'],
  ['web[1:900][1:900]', 'the range stands for more than 100000 hosts'],
]

test('stands for names', () => {
  for (const [pattern, names] of good) assert.is(expandRange(pattern).join(' '), names, pattern)
})

test('refuses what makes no sense', () => {
  for (const [pattern, message] of bad) {
    assert.throws(
      () => expandRange(pattern),
      (error: unknown) => error instanceof BadRange && error.message === message,
      pattern,
    )
  }
})

test.run()
