import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../../lib/root.ts'
import { type Case, writeCase } from './case.ts'
import { type Counts, type Done, type Observed, observe } from './observed.ts'

const here = join(root, 'test/e2e/ansible')

export interface TheirRun {
  readonly observed: Observed
  /** What Ansible wrote, warnings and errors. */
  readonly output: string
}

/** Runs cases with ansible-playbook, as many at once as there are processors. Throws when the driver ends before them. */
export async function runTheirs(
  cases: readonly Case[],
  take: (one: Case, run: TheirRun) => void = () => undefined,
): Promise<ReadonlyMap<string, TheirRun>> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'case-theirs-')))
  const driver = spawn('/usr/bin/python3', [join(here, 'driver.py'), String(availableParallelism())], {
    cwd: scratch,
    env: environment(scratch),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const over = new Promise<number | null>((resolve, reject) => {
    driver.once('error', reject)
    driver.once('close', resolve)
  })
  try {
    const runs = new Map<string, TheirRun>()
    const folderOf = (index: number) => join(scratch, `case-${index}`)
    for (const [index, one] of cases.entries()) {
      const folder = folderOf(index)
      mkdirSync(folder)
      const words = writeCase(one, folder)
      driver.stdin.write(`${JSON.stringify({ id: index, folder, words, scratch, observed: `${folder}.observed` })}\n`)
    }
    driver.stdin.end()
    for await (const line of createInterface({ input: driver.stdout })) {
      const { id, code, output } = JSON.parse(line) as { id: number; code: number; output: string }
      const one = cases[id]
      if (one === undefined) continue
      const run = { observed: read(code, folderOf(id)), output: output.replaceAll(folderOf(id), '<here>') }
      runs.set(one.id, run)
      take(one, run)
    }
    const code = await over
    if (runs.size < cases.length) throw new Error(`ansible's driver ended with ${code} after ${runs.size} cases`)
    return runs
  } finally {
    driver.kill()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Nothing of the person who runs the tests gets in; the rest makes it quicker. */
function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_CALLBACK_PLUGINS: join(here, 'callback_plugins'),
    ANSIBLE_STDOUT_CALLBACK: 'observed',
    ANSIBLE_LOCAL_TEMP: join(home, 'local-tmp'),
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_INTERNAL_POLL_INTERVAL: '0.001',
    ANSIBLE_LOCALHOST_WARNING: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

type Line =
  | ({ readonly kind: 'task'; readonly msg: string } & Done)
  | { readonly kind: 'stats'; readonly host: string; readonly counts: Counts }

function read(code: number, folder: string): Observed {
  const lines = linesOf(`${folder}.observed`)
  const done = lines.filter((line) => line.kind === 'task')
  const stats = Object.fromEntries(
    lines.filter((line) => line.kind === 'stats').map(({ host, counts }) => [host, counts]),
  )
  return observe(endOf(code, done), done, stats, folder)
}

/** Ansible ends with 4 for a host that was not reached and for a playbook that it cannot read, with 1 for some other mistakes. */
function endOf(code: number, done: readonly Done[]): string {
  if (code === 0) return 'fine'
  if (code === 4 && done.some(({ status }) => status === 'unreachable')) return 'unreachable'
  if (code === 2) return 'failed'
  return done.length === 0 ? 'refused' : 'failed'
}

function linesOf(file: string): readonly Line[] {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}
