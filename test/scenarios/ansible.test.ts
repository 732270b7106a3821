import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases } from '../e2e/ansible/case.ts'
import { differences, told } from '../e2e/ansible/observed.ts'
import { runOurs } from '../e2e/ansible/ours.ts'
import { recordedOf } from '../e2e/ansible/recorded.ts'
import { wantedParts } from '../e2e/ansible/wanted.ts'

const test = suite('scenarios/ansible')

const cases = allCases()
const recorded = recordedOf(cases)
const wanted = wantedParts()

for (const one of cases) {
  test(one.id, async () => {
    const theirs = recorded.get(one.id)
    if (theirs === undefined) throw new Error('not recorded: node test/e2e/ansible/compare.ts --record')
    const { observed } = await runOurs(one)
    assert.equal(
      differences(theirs, observed),
      wanted.get(one.id) ?? [],
      `- Ansible, + ours\n${told(theirs, observed)}`,
    )
  })
}

test('there are many cases, each with a name of its own, and the wanted differences are about them', () => {
  const ids = cases.map(({ id }) => id)
  assert.ok(ids.length >= 150)
  assert.is(new Set(ids).size, ids.length)
  assert.equal(
    [...wanted.keys()].filter((id) => !ids.includes(id)),
    [],
  )
})

test.run()
