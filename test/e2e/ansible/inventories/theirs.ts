import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../../../lib/root.ts'
import { type Case, type Question, writeCase } from './case.ts'
import type { Observed } from './observed.ts'

/** Asks Ansible about the cases, as many at once as there are processors. Throws when the driver ends before them. */
export async function askTheirs(cases: readonly Case[]): Promise<ReadonlyMap<string, Observed>> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'inventory-theirs-')))
  const driver = spawn(
    '/usr/bin/python3',
    [join(root, 'test/e2e/ansible/inventories/driver.py'), String(availableParallelism())],
    { cwd: scratch, env: environment(scratch), stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const over = new Promise<number | null>((resolve, reject) => {
    driver.once('error', reject)
    driver.once('close', resolve)
  })
  try {
    const asked: { readonly one: Case; readonly question: Question; readonly folder: string }[] = []
    for (const [index, one] of cases.entries()) {
      const folder = join(scratch, `case-${index}`)
      mkdirSync(folder)
      writeCase(one, folder)
      for (const question of one.questions) {
        const words = [...one.inventory, ...question.words]
        driver.stdin.write(`${JSON.stringify({ id: asked.length, folder, program: question.program, words })}\n`)
        asked.push({ one, question, folder })
      }
    }
    driver.stdin.end()
    const answers = new Map<string, Record<string, string>>()
    let count = 0
    for await (const line of createInterface({ input: driver.stdout })) {
      const { id, ...said } = JSON.parse(line) as Said & { id: number }
      const { one, question, folder } = asked[id] ?? {}
      if (one === undefined || question === undefined || folder === undefined) continue
      count++
      const known = answers.get(one.id) ?? {}
      answers.set(one.id, { ...known, [question.name]: read(question, said).replaceAll(folder, '<here>') })
    }
    const code = await over
    if (count < asked.length) throw new Error(`ansible's driver ended with ${code} after ${count} of ${asked.length}`)
    return answers
  } finally {
    driver.kill()
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `ansible` says that it found no host in a warning, and ends well. */
function read({ program }: Question, { code, out, err }: Said): string {
  if (code !== 0) return 'refused'
  if (program === 'ansible-inventory') return out
  if (/Could not match supplied host pattern|No hosts matched/.test(err)) return 'refused'
  const [, ...hosts] = out.trimEnd().split('\n')
  return hosts.map((line) => `${line.trim()}\n`).join('')
}

/** Nothing of the person who runs the tests gets in; a file that cannot be read is a failure. */
function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_LOCAL_TEMP: join(home, 'local-tmp'),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_LOCALHOST_WARNING: '0',
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
    ANSIBLE_HOST_PATTERN_MISMATCH: 'warning',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}
