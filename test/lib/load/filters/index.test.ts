import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filterFamilies, filterNamed, testNamed } from '../../../../lib/load/filters/index.ts'

const test = suite('lib/load/filters/index')

test('has each filter in one family', () => {
  const names = filterFamilies().flatMap((family) => Object.keys(family))
  assert.equal(
    names.filter((name, index) => names.indexOf(name) < index),
    [],
  )
  for (const name of names) assert.ok(filterNamed(name), name)
})

test('finds no filter and no test by what every object inherits', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    assert.is(filterNamed(name), undefined)
    assert.is(testNamed(name), undefined)
  }
})

test.run()
