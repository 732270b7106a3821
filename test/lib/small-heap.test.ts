import { getHeapSpaceStatistics } from 'node:v8'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keepHeapSmall } from '../../lib/small-heap.ts'

const test = suite('lib/small-heap')

const newSpace = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0

test('many values that are held on to for a while do not make the place for new ones larger', () => {
  keepHeapSmall()
  const before = newSpace()
  let held: object[] = []
  for (let round = 0; round < 30; round++) {
    held = Array.from({ length: 20_000 }, (_, index) => ({ round, index, text: `${round} ${index}` }))
  }
  assert.is(held.length, 20_000)
  assert.ok(newSpace() <= before * 1.5, `${before} bytes at first, ${newSpace()} then`)
})

test.run()
