import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases } from './case.ts'
import { differences, told } from './observed.ts'
import { recordedOf } from './recorded.ts'
import { runTheirs, type TheirRun } from './theirs.ts'

const test = suite('e2e/ansible')

const cases = allCases()
const recorded = recordedOf(cases)
let runs: ReadonlyMap<string, TheirRun> = new Map()

test('ansible-playbook runs all cases', async () => {
  runs = await runTheirs(cases)
  assert.is(runs.size, cases.length)
})

// That ours agrees with the recorded results is a test of its own, without Ansible: test/scenarios/ansible.test.ts.
for (const one of cases) {
  test(`${one.id}: Ansible does what was recorded of it`, () => {
    const run = runs.get(one.id)
    const known = recorded.get(one.id)
    if (run === undefined || known === undefined)
      throw new Error('not recorded: node test/e2e/ansible/compare.ts --record')
    assert.equal(differences(known, run.observed), [], `- recorded, + now\n${told(known, run.observed)}\n${run.output}`)
  })
}

test.run()
