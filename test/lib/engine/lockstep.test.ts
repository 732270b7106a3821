import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Lockstep } from '../../../lib/engine/lockstep.ts'

const test = suite('lib/engine/lockstep')

/** Lets everything run that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a host waits until all others are as far', async () => {
  const lockstep = new Lockstep(['a', 'b', 'c'])
  let met = false
  lockstep.meet('a', [2]).then(() => {
    met = true
  })
  lockstep.arrive('b', [2])
  await settle()
  assert.not.ok(met)
  lockstep.arrive('c', [3, 1])
  await settle()
  assert.ok(met)
})

test('a host that is out of the play keeps nobody waiting', async () => {
  const lockstep = new Lockstep(['a', 'b'])
  const met = lockstep.meet('a', [5])
  lockstep.arrive('b', 'done')
  await met
})

test('a host inside an include and one past it do not wait for each other', async () => {
  const lockstep = new Lockstep(['a', 'b'])
  const b = lockstep.meet('b', [5])
  await lockstep.meet('a', [3, 1])
  lockstep.arrive('a', [5])
  await b
})

test('a host that turns back is waited for again', async () => {
  const lockstep = new Lockstep(['a', 'b', 'c'])
  let met = false
  lockstep.meet('a', [3]).then(() => {
    met = true
  })
  lockstep.arrive('b', [4])
  lockstep.arrive('b', [2])
  lockstep.arrive('c', [3])
  await settle()
  assert.not.ok(met)
  lockstep.arrive('b', [3])
  await settle()
  assert.ok(met)
})

test('all who wait at one place go on together', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `h${index}`)
  const lockstep = new Lockstep(names)
  const met: string[] = []
  for (const name of names.slice(1)) lockstep.meet(name, [1]).then(() => met.push(name))
  await settle()
  assert.equal(met, [])
  await lockstep.meet('h0', [1])
  await settle()
  assert.is(met.length, 99)
})

test.run()
