import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import path from 'node:path'
import type { Recording } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Emit, Event } from './core/event.ts'
import type { Inventory } from './core/inventory.ts'
import type { Left } from './core/left.ts'
import type { RunOptions } from './core/options.ts'
import type { Playbook, Step } from './core/playbook.ts'
import { whenNeeded } from './core/when-needed.ts'
import type { Run } from './engine/run.ts'
import { isPartial } from './engine/selection.ts'
import { selectHosts } from './load/pattern.ts'
import { shownCommand } from './record/command.ts'
import { type Head, type Origin, recordsFolder } from './record/entry.ts'
import { lookBack, together, type Unsettled } from './record/look-back.ts'
import { commitOf, hashOfFiles } from './record/origin.ts'
import { type RecordOptions, type RecordWriter, writeRecord } from './record/write.ts'
import { root } from './root.ts'
import type { Sandboxes } from './sandboxes.ts'
import { openFolder } from './secrets/private-file.ts'
import { stopUnrecorded } from './unrecorded.ts'

const audits = whenNeeded<typeof import('./record/audit-line.ts')>('./record/audit-line.ts', import.meta.url)
const finishing = whenNeeded<typeof import('./record/finished.ts')>('./record/finished.ts', import.meta.url)

export interface Keeping extends Recording {
  readonly playbook: Playbook
  readonly inventory: Inventory
  readonly sandboxes: Sandboxes
  readonly options: RunOptions
  readonly resume: boolean
  readonly env: { readonly [name: string]: string | undefined }
  readonly emit: Emit
  readonly stopping: AbortSignal
}

/** The record of a run that begins, and what it has to know of those before. */
export interface Kept extends Pick<Run, 'left' | 'finished' | 'audit' | 'durable' | 'makesUp' | 'emit' | 'stopping'> {
  /** Tells what earlier runs left and whether no record can be kept; right after `run.start`. */
  tell(): void
}

/**
 * Begins the record of a run and looks for earlier ones that did not come to their end. Throws LoadError
 * `nothing-to-resume`; a record that cannot be begun is a warning, one that breaks off stops the run.
 */
export async function keepRecord(keeping: Keeping): Promise<Kept> {
  const { inventory, options, resume, mask, emit } = keeping
  const folder = recordsOf(inventory, keeping.sandboxes)
  const playbook = mask(keeping.playbook.file)
  const origin = originOf(keeping.playbook)
  const unsettled = lookBack(folder, playbook, resume)
  const [newest] = unsettled
  if (resume && newest === undefined) throw nothingToResume(keeping.playbook.file)
  const left = known(together(unsettled), keeping.playbook)

  const head: Omit<Head, 'kind' | 'format' | 'follows'> = {
    id: randomBytes(4).toString('hex'),
    at: new Date().toISOString(),
    by: mask(whoIs(keeping.env.SUDO_USER)),
    pid: process.pid,
    inventory: mask(inventory.name),
    playbook,
    command: mask(shownCommand(keeping.name, keeping.words)),
    check: options.check,
    partial: isPartial(options),
    from: await origin,
    versions: { program: programVersion(), node: process.version },
    ...(unsettled.length > 0 && {
      continues: { runs: unsettled.map((one) => one.head.id), resumes: resume, left },
    }),
  }
  const told: Event[] = newest === undefined ? [] : continuing(newest, left, keeping)
  const unrecorded = stopUnrecorded({ emit, stopping: keeping.stopping, check: options.check, folder })
  const writer = begin({ folder, head, onTrouble: unrecorded.onTrouble }, (why) => told.push(why))
  if (writer) keeping.attach(writer)
  return {
    emit: unrecorded.emit,
    stopping: unrecorded.stopping,
    left,
    makesUp: newest !== undefined,
    ...(resume && newest !== undefined && { finished: finishing().finishedIn(folder, newest.file, newest.head) }),
    ...(writer && {
      durable: () => writer.durable().then(() => unrecorded.insist()),
      audit: (stats) =>
        audits().auditLine({ ...head, at: new Date().toISOString(), run: head.id, tip: writer.tip(), stats }),
    }),
    tell: () => {
      for (const event of told) emit(event)
    },
  }
}

/** Where the records of an inventory are: beside it, for a rehearsal with its machines. */
export function recordsOf(inventory: Inventory, sandboxes: Sandboxes): string {
  const names = [...inventory.hosts.keys()]
  const rehearsed = names.length > 0 && names.every(sandboxes.has)
  return path.join(rehearsed ? sandboxes.folder : inventory.folder, recordsFolder)
}

function begin(options: RecordOptions, early: (event: Event) => void): RecordWriter | undefined {
  const { folder } = options
  try {
    const writer = writeRecord(options)
    const open = openFolder(folder, 'others')
    if (open) {
      const message = `the records of runs can be changed: ${folder}: ${open.message}`
      const diagnostic = problem('records-open-to-others', message, { mend: open.mend })
      early({ kind: 'diagnostic', diagnostic: { ...diagnostic, severity: 'warning' } })
    }
    return writer
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const diagnostic = problem('no-record', `there is no record of this run: ${error.message}`, {
      mend: `make room, or let this account write in ${folder}`,
    })
    early({ kind: 'diagnostic', diagnostic: { ...diagnostic, severity: 'warning' } })
    return undefined
  }
}

/** The event that tells of an unsettled run; none when it is about other hosts than those of this run. */
function continuing(run: Unsettled, left: Left, { inventory, options, resume }: Keeping): Event[] {
  const chosen = new Set(selectHosts(inventory, 'all', { limit: options.limit }).hosts)
  const here = <T extends { readonly host: string }>(all: readonly T[]) => all.filter(({ host }) => chosen.has(host))
  // What failed has been told at the end of its run; what was under way when it was cut off, nobody has been told.
  const failed = run.how === 'failed'
  const under = failed ? [] : here([...run.under, ...left.cut])
  const owed = here(left.owed)
  const elsewhere = run.under.length + left.cut.length + left.owed.length > 0 && under.length + owed.length === 0
  if ((elsewhere || (failed && owed.length === 0)) && !resume) return []
  const { id, at, by, command } = run.head
  const once = new Map(under.map(({ host, task, id }) => [JSON.stringify([host, task]), { host, task, id }]))
  return [
    {
      kind: 'run.continues',
      run: id,
      began: at,
      by,
      command,
      how: run.how,
      resumes: resume,
      done: run.done,
      changed: run.changed,
      under: [...once.values()],
      owed: owed.map(({ host, play, handler }) => ({ host, play, handler })),
    },
  ]
}

/** Without what belongs to plays and handlers that the playbook does not have any more; names made by templates count as there. */
function known(left: Left, { plays }: Playbook): Left {
  const names = new Set(plays.map(({ name }) => name))
  const has = ({ play }: { readonly play: string }) => names.has(play.replace(/ \(\d+\)$/, '')) || names.has(play)
  const handlers = plays.flatMap((play) => play.handlers.map(nameOf))
  const open = handlers.some((name) => name === undefined || name.includes('{{'))
  return {
    owed: left.owed.filter((one) => has(one) && (open || handlers.includes(one.handler))),
    cut: left.cut.filter(has),
    changed: left.changed.filter(has),
  }
}

function nameOf(step: Step): string | undefined {
  if (step.kind === 'meta') return ''
  return step.name ?? (step.kind === 'task' ? step.moduleName : undefined)
}

async function originOf(playbook: Playbook): Promise<Origin> {
  const files = playbook.plays.flatMap(({ at, steps, handlers }) => [at.file, ...filesOf([...steps, ...handlers])])
  const absolute = [playbook.file, ...files].map((file) => path.resolve(root, file))
  return (await commitOf(path.dirname(path.resolve(root, playbook.file)))) ?? hashOfFiles(absolute)
}

function filesOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) =>
    step.kind === 'block'
      ? [step.at.file, ...filesOf([...step.steps, ...step.rescue, ...step.always])]
      : [step.at.file],
  )
}

/** `account@controller`; behind sudo, whose account it really is. */
function whoIs(sudoUser: string | undefined): string {
  const account = accountName()
  const person = sudoUser !== undefined && sudoUser !== account ? `${sudoUser} as ${account}` : account
  return `${person}@${hostname()}`
}

/** An account that the system has no name for is told by its number. */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

function programVersion(): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version
}

function nothingToResume(playbook: string): LoadError {
  return new LoadError(
    problem(
      'nothing-to-resume',
      `no run of ${playbook} was cut off, stopped or failed since the last one that went well`,
      {
        mend: 'leave out --resume; scripts/history.ts lists the runs of an inventory',
      },
    ),
  )
}
