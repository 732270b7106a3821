import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { drive, type Said } from '../driver.ts'
import { type Case, type Question, writeCase } from './case.ts'
import type { Observed } from './observed.ts'

/** A file that cannot be read is a failure. */
const environment = { ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true', ANSIBLE_HOST_PATTERN_MISMATCH: 'warning' }

/** Asks Ansible about the cases. Throws when the driver ends before them. */
export async function askTheirs(cases: readonly Case[]): Promise<ReadonlyMap<string, Observed>> {
  const answers = new Map<string, Record<string, string>>()
  const requestsIn = (scratch: string) =>
    cases.flatMap((one, index) => {
      const folder = join(scratch, `case-${index}`)
      mkdirSync(folder)
      writeCase(one, folder)
      return one.questions.map((question) => {
        const words = [...one.inventory, ...question.words]
        return { one, question, program: question.program, folder, words }
      })
    })
  await drive(requestsIn, environment, (said, { one, question, folder }) => {
    const known = answers.get(one.id) ?? {}
    answers.set(one.id, { ...known, [question.name]: read(question, said).replaceAll(folder, '<here>') })
  })
  return answers
}

/** `ansible` says that it found no host in a warning, and ends well. */
function read({ program }: Question, { code, out, err }: Said): string {
  if (code !== 0) return 'refused'
  if (program === 'ansible-inventory') return out
  if (/Could not match supplied host pattern|No hosts matched/.test(err)) return 'refused'
  const [, ...hosts] = out.trimEnd().split('\n')
  return hosts.map((line) => `${line.trim()}\n`).join('')
}
