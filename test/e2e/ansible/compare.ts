import { parseArgs } from 'node:util'
import { allCases } from './case.ts'
import { differences, told } from './observed.ts'
import { runOurs } from './ours.ts'
import { record, recordedOf } from './recorded.ts'
import { runTheirs } from './theirs.ts'

const usage = `usage: node test/e2e/ansible/compare.ts [WORDS ...] [--record] [--all] [--outputs]

Runs the cases whose name holds one of the words with our engine and shows where it differs from what was recorded of
Ansible. --record runs Ansible first for those that are new or edited, with --all for every one of them, and keeps what
is seen. --outputs shows what Ansible itself wrote.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    record: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    outputs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const say = (text: string) => process.stdout.write(`${text}\n`)
if (values.help) say(usage)
else await main()

async function main(): Promise<void> {
  const every = allCases()
  const cases = every.filter(({ id }) => positionals.length === 0 || positionals.some((word) => id.includes(word)))
  if (values.record) {
    const known = recordedOf(every)
    const wanted = cases.filter(({ id }) => values.all || !known.has(id))
    const began = performance.now()
    const runs = await runTheirs(wanted, ({ id }, { output }) => {
      if (values.outputs) say(`## ${id}\n${output}`)
    })
    say(`${runs.size} recorded in ${Math.round((performance.now() - began) / 1000)} s`)
    record(every, new Map([...known, ...[...runs].map(([id, { observed }]) => [id, observed] as const)]))
  }
  const recorded = recordedOf(every)
  let same = 0
  for (const one of cases) {
    const theirs = recorded.get(one.id)
    if (theirs === undefined) {
      say(`\n${one.id}: not recorded`)
      continue
    }
    try {
      const { observed, findings } = await runOurs(one)
      if (differences(theirs, observed).length === 0) same++
      else
        say(
          `\n${one.id}\n${told(theirs, observed)}${findings.map((f) => `\n    ! ${f.at?.line ?? ''} ${f.code}: ${f.message}`).join('')}`,
        )
    } catch (error) {
      say(`\n${one.id}: DEFECT ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  say(`\n${same} of ${cases.length} agree`)
}
