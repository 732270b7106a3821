import { parseArgs } from 'node:util'
import { allCases } from './case.ts'
import { differences, told } from './observed.ts'
import { askOurs } from './ours.ts'
import { record, recordedOf } from './recorded.ts'
import { askTheirs } from './theirs.ts'
import { wantedQuestions } from './wanted.ts'

const usage = `usage: node test/e2e/ansible/inventories/compare.ts [WORDS ...] [--record] [--all]

Reads the inventories whose name holds one of the words with our code and shows where it differs, unwanted, from what was
recorded of Ansible. --record asks Ansible first about those that are new or edited, with --all about every one of them.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    record: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
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
    const answers = await askTheirs(cases.filter(({ id }) => values.all || !known.has(id)))
    record(every, new Map([...known, ...answers]))
    say(`${answers.size} recorded`)
  }
  const recorded = recordedOf(every)
  const wanted = wantedQuestions()
  let same = 0
  for (const one of cases) {
    const theirs = recorded.get(one.id)
    if (theirs === undefined) {
      say(`\n${one.id}: not recorded`)
      continue
    }
    const { observed, findings } = await askOurs(one)
    const differing = differences(theirs, observed)
    if (JSON.stringify(differing) === JSON.stringify(wanted.get(one.id) ?? [])) same++
    else
      say(
        `\n${one.id}\n${told(theirs, observed)}${findings.map((f) => `\n    ! ${f.at?.line ?? ''} ${f.code}: ${f.message}`).join('')}`,
      )
  }
  say(`\n${same} of ${cases.length} as wanted`)
}
