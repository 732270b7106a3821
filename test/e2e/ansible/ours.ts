import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCommandLine } from '../../../lib/command-line.ts'
import { type Diagnostic, ToolError } from '../../../lib/core/diagnostic.ts'
import type { Event } from '../../../lib/core/event.ts'
import { runPlaybookFile } from '../../../lib/play.ts'
import { runFlags } from '../../../lib/run-flags.ts'
import { type Case, writeCase } from './case.ts'
import { type Done, type Observed, observe } from './observed.ts'

export interface OurRun {
  readonly observed: Observed
  /** All findings, of the time before the run and of its tasks. */
  readonly findings: readonly Diagnostic[]
}

/** Our end of a run in the words of the comparison. */
const ends: { readonly [code: number]: string } = { 0: 'fine', 1: 'failed', 2: 'refused', 4: 'unreachable' }

/** Runs a case with our own engine, in this process. Whatever is thrown that is no finding comes through: it is a defect. */
export async function runOurs(one: Case): Promise<OurRun> {
  process.umask(0o022)
  // Nobody answers questions, also where a person started the tests.
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true })
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'case-ours-')))
  try {
    const { code, events, findings } = await run([...writeCase(one, folder), ...lockIn(folder)])
    const [stats] = events.flatMap((event) => (event.kind === 'run.end' ? [event.stats] : []))
    const observed = observe(ends[code] ?? `exit code ${code}`, doneIn(events), { ...stats }, folder)
    return { observed, findings }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All hosts of a case are this machine and share a lock, but tests that run at the same time have one of their own. */
function lockIn(folder: string): readonly string[] {
  mkdirSync(join(folder, 'lock'))
  return ['-e', JSON.stringify({ ansible_lock_folder: join(folder, 'lock') })]
}

async function run([playbook = '', ...words]: readonly string[]) {
  const parsed = parseCommandLine([playbook, ...words], {
    name: 'test',
    summary: 'A test.',
    examples: [],
    flags: runFlags,
    operands: { name: 'PLAYBOOK', least: 1, most: 1, help: 'a playbook' },
  })
  if (!('options' in parsed)) return { code: 2, events: [], findings: parsed.diagnostics }
  const events: Event[] = []
  const forever = new AbortController().signal
  const findings: Diagnostic[] = []
  let code: number
  try {
    code = await runPlaybookFile(playbook, {
      ...parsed,
      emit: (event) => events.push(event),
      print: () => undefined,
      disclose: () => undefined,
      stopping: forever,
      signal: forever,
      env: process.env,
    })
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    code = 2
    findings.push(...error.diagnostics)
  }
  for (const event of events) {
    if (event.kind === 'diagnostic') findings.push(event.diagnostic)
    if (event.kind === 'task.done') findings.push(...(event.diagnostics ?? []))
  }
  return { code, events, findings }
}

/** Includes begin without `task.start` and have names of their own kind here; there they are compared by their results alone. */
function doneIn(events: readonly Event[]): readonly Done[] {
  const items = new Map<string, string[]>()
  const begun = new Set<string>()
  const done: Done[] = []
  for (const event of events) {
    if (event.kind === 'task.start') begun.add(`${event.host} ${event.id}`)
    if (event.kind === 'item.done') {
      const key = `${event.host} ${event.id}`
      items.set(key, [...(items.get(key) ?? []), `${labelOf(event.item)}${event.status}`])
    }
    if (event.kind === 'task.done') {
      const { host, status, handler, ignored = false } = event
      const key = `${host} ${event.id}`
      const task = begun.delete(key) ? event.task : 'include'
      done.push({ host, task, status, handler, ignored, items: items.get(key) ?? [] })
      items.delete(key)
    }
  }
  return done
}

/** Labels that are no plain words are shown by each in the manner of its own language. */
function labelOf(label: string): string {
  return /^[\w./-]+$/.test(label) ? `${label} ` : ''
}
