import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCommandLine } from '../../../../lib/command-line.ts'
import { type Diagnostic, LoadError } from '../../../../lib/core/diagnostic.ts'
import { showInventoryConflicts, showInventoryFlags } from '../../../../lib/inventory-flags.ts'
import { inventoryPrograms } from '../../../../lib/inventory-programs.ts'
import { loadInventory } from '../../../../lib/load/inventory.ts'
import { selectHosts } from '../../../../lib/load/pattern.ts'
import { root } from '../../../../lib/root.ts'
import { showInventory } from '../../../../lib/show-inventory.ts'
import { unopened } from '../../../../lib/unopened.ts'
import { type Case, type Question, writeCase } from './case.ts'
import type { Observed } from './observed.ts'

export interface OurAnswers {
  readonly observed: Observed
  readonly findings: readonly Diagnostic[]
}

/** Asks a case with our own code, in this process. Whatever is thrown that is no finding comes through: it is a defect. */
export async function askOurs(one: Case): Promise<OurAnswers> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'inventory-ours-')))
  const findings: Diagnostic[] = []
  const inside = (word: string) => (word.includes(',') ? word : join(folder, word))
  const inventory = one.inventory.map((word, index) => (one.inventory[index - 1] === '-i' ? inside(word) : word))
  try {
    writeCase(one, folder)
    const observed: Record<string, string> = {}
    for (const question of one.questions) {
      try {
        observed[question.name] = (await answer(question, inventory, folder, findings)).replaceAll(folder, '<here>')
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
        findings.push(...error.diagnostics)
        observed[question.name] = 'refused'
      }
    }
    return { observed, findings }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function answer(question: Question, inventory: readonly string[], folder: string, findings: Diagnostic[]) {
  return question.program === 'ansible'
    ? hostsOf(question, inventory, findings)
    : shown(question, inventory, folder, findings)
}

async function shown({ words }: Question, inventory: readonly string[], folder: string, findings: Diagnostic[]) {
  const here = words.map((word, index) => (words[index - 1] === '--playbook-dir' ? join(folder, word) : word))
  const parsed = parseCommandLine([...inventory, ...here], {
    name: 'test',
    summary: 'A test.',
    examples: [],
    flags: showInventoryFlags,
    conflicts: showInventoryConflicts,
    operands: { name: 'GROUP', least: 0, most: 1, help: 'a group' },
  })
  if (!('options' in parsed)) throw new LoadError(parsed.diagnostics)
  let out = ''
  const forever = new AbortController().signal
  await showInventory({
    ...parsed,
    emit: (event) => {
      if (event.kind === 'diagnostic') findings.push(event.diagnostic)
    },
    print: (text) => {
      out += text
    },
    disclose: () => undefined,
    stopping: forever,
    signal: forever,
    env: {},
  })
  return out
}

function hostsOf({ words }: Question, inventory: readonly string[], findings: Diagnostic[]): string {
  const [, pattern = '', ...more] = words
  const selectors = inventory.filter((word) => word !== '-i')
  const loaded = loadInventory(selectors, { root, decrypt: unopened, execute: inventoryPrograms() })
  stopAtErrors(loaded.diagnostics)
  const limit = more[0] === '--limit' ? more[1] : undefined
  const { hosts, diagnostics } = selectHosts(loaded.inventory, pattern, { limit })
  findings.push(...diagnostics)
  stopAtErrors(diagnostics)
  if (hosts.length === 0) return 'refused'
  return hosts.map((host) => `${host}\n`).join('')
}

function stopAtErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
}
