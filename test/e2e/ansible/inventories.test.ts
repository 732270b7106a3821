import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases } from './inventories/case.ts'
import { differences, type Observed, told } from './inventories/observed.ts'
import { recordedOf } from './inventories/recorded.ts'
import { askTheirs } from './inventories/theirs.ts'

const test = suite('e2e/ansible/inventories')

const cases = allCases()
const recorded = recordedOf(cases)
let answers: ReadonlyMap<string, Observed> = new Map()

test('Ansible is asked about all inventories', async () => {
  answers = await askTheirs(cases)
  assert.is(answers.size, cases.length)
})

// That ours agrees with the recorded answers is a test of its own, without Ansible: test/scenarios/inventories.test.ts.
for (const one of cases) {
  test(`${one.id}: Ansible says what was recorded of it`, () => {
    const now = answers.get(one.id)
    const known = recorded.get(one.id)
    if (now === undefined || known === undefined)
      throw new Error('not recorded: node test/e2e/ansible/inventories/compare.ts --record')
    assert.equal(differences(known, now), [], `- recorded, + now\n${told(known, now)}`)
  })
}

test.run()
