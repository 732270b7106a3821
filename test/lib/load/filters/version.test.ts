import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareVersions } from '../../../../lib/load/filters/version.ts'
import { Fault } from '../../../../lib/load/template/error.ts'

const test = suite('lib/load/filters/version')

/** In each row every version is lower than the next one. */
const ascending: { readonly [kind: string]: readonly (readonly string[])[] } = {
  loose: [
    ['1.0', '1.0.1', '1.1', '1.2', '1.10', '2.0', '10'],
    ['7.0', '7.0.rc1'],
  ],
  strict: [['0.4a1', '0.4b1', '0.4', '0.4.1', '1.0']],
  semver: [
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.1.0',
      '2.0.0',
    ],
  ],
  pep440: [['1.0.dev1', '1.0a1', '1.0b2', '1.0rc1', '1.0', '1.0.post1', '1.1.dev1', '1.1', '1!0.5']],
}

test('puts versions in order by the rules of each kind', () => {
  for (const [kind, rows] of Object.entries(ascending))
    for (const row of rows)
      for (const [left, a] of row.entries())
        for (const [right, b] of row.entries()) {
          const label = `${kind}: ${a} and ${b}`
          assert.is(compareVersions(a, b, '<', kind), left < right, label)
          assert.is(compareVersions(a, b, '>=', kind), left >= right, label)
          assert.is(compareVersions(a, b, '==', kind), left === right, label)
          assert.is(compareVersions(a, b, 'ne', kind), left !== right, label)
        }
})

test('takes versions of the same weight for equal', () => {
  assert.ok(compareVersions('1.0.0+a', '1.0.0+b', '==', 'semver'))
  assert.ok(compareVersions('1.0', '1.0.0', '==', 'pep440'))
  assert.ok(compareVersions('1.0', '1.0.0', '<', 'loose'))
})

test('refuses what it cannot compare', () => {
  for (const [a, b, operator, kind] of [
    ['1.0', '1.rc', '<', 'loose'],
    ['', '1', '<', 'loose'],
    ['1', '1.0', '<', 'semver'],
    ['1', '1', '<', 'strict'],
    ['x', '1', '<', 'pep440'],
    ['1', '1', '~', 'loose'],
    ['1', '1', '<', 'other'],
  ] as const)
    assert.throws(
      () => compareVersions(a, b, operator, kind),
      (error: unknown) => error instanceof Fault,
      `${a} ${operator} ${b}`,
    )
})

test.run()
