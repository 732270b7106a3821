import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases } from '../e2e/ansible/inventories/case.ts'
import { differences, told } from '../e2e/ansible/inventories/observed.ts'
import { askOurs } from '../e2e/ansible/inventories/ours.ts'
import { recordedOf } from '../e2e/ansible/inventories/recorded.ts'
import { wantedQuestions } from '../e2e/ansible/inventories/wanted.ts'

const test = suite('scenarios/inventories')

const cases = allCases()
const recorded = recordedOf(cases)
const wanted = wantedQuestions()

for (const one of cases) {
  test(one.id, async () => {
    const theirs = recorded.get(one.id)
    if (theirs === undefined) throw new Error('not recorded: node test/e2e/ansible/inventories/compare.ts --record')
    const { observed } = await askOurs(one)
    const message = `- Ansible, + ours\n${told(theirs, observed)}`
    assert.equal(differences(theirs, observed), wanted.get(one.id) ?? [], message)
  })
}

test('there are many cases, each with a name of its own, and the wanted differences are about them', () => {
  const ids = cases.map(({ id }) => id)
  const patterns = cases.flatMap(({ questions }) => questions.filter(({ program }) => program === 'ansible'))
  assert.ok(ids.length >= 60)
  assert.ok(patterns.length >= 60)
  assert.is(new Set(ids).size, ids.length)
  assert.equal(
    [...wanted.keys()].filter((id) => !ids.includes(id)),
    [],
  )
})

test.run()
