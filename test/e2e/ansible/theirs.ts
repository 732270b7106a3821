import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../lib/root.ts'
import { type Case, writeCase } from './case.ts'
import { drive } from './driver.ts'
import { type Counts, type Done, type Observed, observe } from './observed.ts'

export interface TheirRun {
  readonly observed: Observed
  /** What Ansible wrote, warnings and errors. */
  readonly output: string
}

/** What lets us see what Ansible does; the rest makes it quicker. */
const environment = {
  ANSIBLE_CALLBACK_PLUGINS: join(root, 'test/e2e/ansible/callback_plugins'),
  ANSIBLE_STDOUT_CALLBACK: 'observed',
  ANSIBLE_PIPELINING: '1',
  ANSIBLE_INTERNAL_POLL_INTERVAL: '0.001',
}

/** Runs cases with ansible-playbook. Throws when the driver ends before them. */
export async function runTheirs(
  cases: readonly Case[],
  take: (one: Case, run: TheirRun) => void = () => undefined,
): Promise<ReadonlyMap<string, TheirRun>> {
  const runs = new Map<string, TheirRun>()
  const requestsIn = (scratch: string) =>
    cases.map((one, index) => {
      const folder = join(scratch, `case-${index}`)
      mkdirSync(folder)
      const words = writeCase(one, folder)
      return {
        one,
        program: 'ansible-playbook' as const,
        folder,
        words,
        environment: { OBSERVED: `${folder}.observed` },
      }
    })
  await drive(requestsIn, environment, ({ code, out, err }, { one, folder }) => {
    const run = { observed: read(code, folder), output: `${out}${err}`.slice(-4000).replaceAll(folder, '<here>') }
    runs.set(one.id, run)
    take(one, run)
  })
  return runs
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
