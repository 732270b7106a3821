import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What is to be seen of a run, the same for Ansible's and for ours. */
export interface Observed {
  /** `fine`, `failed`, `unreachable`, `refused` (nothing was run), or what else it ended with. */
  readonly end: string
  /** Counts of each host, zeros left out: `ok=2 changed=1`. */
  readonly recap: { readonly [host: string]: string }
  /** Of each host the tasks with their results, in order. */
  readonly tasks: { readonly [host: string]: readonly string[] }
  /** Everything below the work folders: mode, kind and content. */
  readonly files: { readonly [path: string]: string }
}

export const parts = ['end', 'recap', 'tasks', 'files'] as const
export type Part = (typeof parts)[number]

/** One finished task as both tell it. */
export interface Done {
  readonly host: string
  readonly task: string
  readonly status: string
  readonly handler: boolean
  readonly ignored: boolean
  /** Results of the items of a loop, with their labels where these are texts. */
  readonly items: readonly string[]
}

export type Counts = { readonly [count: string]: number }

const order = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored', 'unknown']

/** Brings what one of the two told into the common form; `folder` is where the case was written. */
export function observe(
  end: string,
  done: readonly Done[],
  stats: { readonly [host: string]: Counts },
  folder: string,
): Observed {
  const tasks: Record<string, string[]> = {}
  for (const { host, task, status, handler, ignored, items } of done) {
    const line = `${handler ? 'handler ' : ''}${task}: ${status}${ignored ? ' ignored' : ''}`
    const list = items.length === 0 ? '' : ` [${items.join(', ')}]`
    tasks[host] = [...(tasks[host] ?? []), (line + list).replaceAll(folder, '<here>')]
  }
  const recap = Object.fromEntries(
    Object.entries(stats)
      .filter(([, counts]) => Object.values(counts).some((count) => count > 0))
      .map(([host, counts]) => [
        host,
        order
          .filter((name) => (counts[name] ?? 0) > 0)
          .map((name) => `${name}=${counts[name]}`)
          .join(' '),
      ]),
  )
  return { end, recap: sorted(recap), tasks: sorted(tasks), files: filesBelow(folder) }
}

function sorted<T>(mapping: { readonly [key: string]: T }): { readonly [key: string]: T } {
  return Object.fromEntries(Object.entries(mapping).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function filesBelow(folder: string): { readonly [path: string]: string } {
  const work = join(folder, 'work')
  const names = readdirSync(work, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map((name) => [name, shown(join(work, name), folder)]))
}

function shown(file: string, folder: string): string {
  const info = lstatSync(file)
  if (info.isSymbolicLink()) return `link to ${readlinkSync(file).replaceAll(folder, '<here>')}`
  const mode = (info.mode & 0o7777).toString(8).padStart(4, '0')
  if (info.isDirectory()) return `${mode} folder`
  return `${mode} ${readFileSync(file, 'utf8').replaceAll(folder, '<here>')}`
}

/** The parts in which two runs differ. */
export function differences(theirs: Observed, ours: Observed): readonly Part[] {
  return parts.filter((part) => JSON.stringify(theirs[part]) !== JSON.stringify(ours[part]))
}

/** The differing lines of two runs, for a person: `-` Ansible, `+` ours. */
export function told(theirs: Observed, ours: Observed): string {
  return differences(theirs, ours)
    .flatMap((part) => {
      const [a, b] = [linesOf(theirs[part]), linesOf(ours[part])]
      return [
        `  ${part}:`,
        ...a.filter((line) => !b.includes(line)).map((line) => `    - ${line}`),
        ...b.filter((line) => !a.includes(line)).map((line) => `    + ${line}`),
      ]
    })
    .join('\n')
}

function linesOf(value: Observed[Part]): readonly string[] {
  if (typeof value === 'string') return [value]
  return Object.entries<string | readonly string[]>(value).flatMap(([key, one]) =>
    (typeof one === 'string' ? [one] : one.map((line, index) => `${index + 1}. ${line}`)).map(
      (line) => `${key}: ${line.trimEnd().replaceAll('\n', '\n        ')}`,
    ),
  )
}
