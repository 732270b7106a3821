import { compare } from '../comparing.ts'
import { allCases } from './case.ts'
import { differences, told } from './observed.ts'
import { askOurs } from './ours.ts'
import { record, recordedOf } from './recorded.ts'
import { askTheirs } from './theirs.ts'
import { wantedQuestions } from './wanted.ts'

const wanted = wantedQuestions()

await compare({
  usage: `usage: node test/e2e/ansible/inventories/compare.ts [WORDS ...] [--record] [--all]

Reads the inventories whose name holds one of the words with our code and shows where it differs, unwanted, from what was
recorded of Ansible. --record asks Ansible first about those that are new or edited, with --all about every one of them.`,
  cases: allCases(),
  recordedOf,
  record,
  theirs: askTheirs,
  ours: askOurs,
  difference: ({ id }, theirs, ours) =>
    JSON.stringify(differences(theirs, ours)) === JSON.stringify(wanted.get(id) ?? []) ? undefined : told(theirs, ours),
})
