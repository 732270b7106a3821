import { allCases } from './case.ts'
import { compare } from './comparing.ts'
import { differences, told } from './observed.ts'
import { runOurs } from './ours.ts'
import { record, recordedOf } from './recorded.ts'
import { runTheirs } from './theirs.ts'

await compare({
  usage: `usage: node test/e2e/ansible/compare.ts [WORDS ...] [--record] [--all] [--outputs]

Runs the cases whose name holds one of the words with our engine and shows where it differs from what was recorded of
Ansible. --record runs Ansible first for those that are new or edited, with --all for every one of them, and keeps what
is seen. --outputs shows what Ansible itself wrote.`,
  cases: allCases(),
  recordedOf,
  record,
  theirs: async (cases, say) => {
    const runs = await runTheirs(cases, ({ id }, { output }) => say(`## ${id}\n${output}`))
    return new Map([...runs].map(([id, { observed }]) => [id, observed] as const))
  },
  ours: runOurs,
  difference: (_, theirs, ours) => (differences(theirs, ours).length === 0 ? undefined : told(theirs, ours)),
})
