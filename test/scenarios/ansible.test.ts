import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases } from '../e2e/ansible/case.ts'
import { differences, told } from '../e2e/ansible/observed.ts'
import { type OurRun, runOurs } from '../e2e/ansible/ours.ts'
import { recordedOf } from '../e2e/ansible/recorded.ts'
import { wantedParts } from '../e2e/ansible/wanted.ts'

const test = suite('scenarios/ansible')

const cases = allCases()
const recorded = recordedOf(cases)
const wanted = wantedParts()

/** Several at once, as most of the time goes into waiting for programs. */
const atOnce = 6
const waiting = [...cases]
const runs = new Map<string, Promise<OurRun>>()

async function work(): Promise<void> {
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    const run = runOurs(one)
    runs.set(one.id, run)
    await run.catch(() => undefined)
  }
}

test('all cases end', async () => {
  await Promise.all(Array.from({ length: atOnce }, work))
  assert.is(runs.size, cases.length)
})

for (const one of cases) {
  test(one.id, async () => {
    const theirs = recorded.get(one.id)
    if (theirs === undefined) throw new Error('not recorded: node test/e2e/ansible/compare.ts --record')
    const run = runs.get(one.id)
    if (run === undefined) throw new Error('it was not run')
    const { observed } = await run
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
