import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMapping } from '../../core/plain.ts'
import { planWorlds } from './replay-plan.ts'
import { isExchange, type Row, readRows } from './replay-recording.ts'
import type { Deviation, KnownStart, ReplayResult } from './replay-result.ts'
import { replayWorld } from './replay-world.ts'
import { parseVersion } from './version.ts'

/** How to replay. */
export interface ReplayOptions {
  /** The release to replay against; 6.14.0 when absent. */
  readonly version?: string
}

/**
 * Replays every recording of a folder against the double. An optional file `servers.json` beside them lists known starts:
 * `[{ "file": "…", "row": 0, "env": { … } }]`. Throws when the folder cannot be read or a file is not JSON.
 */
export async function replayFolder(folder: string, options: ReplayOptions = {}): Promise<ReplayResult> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const contents = await Promise.all(
    names.map(async (name) => ({ name, content: JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown })),
  )
  const side = contents.find(({ name }) => name === 'servers.json')
  const files = contents.filter((each) => each !== side).map(({ name, content }) => readRows(name, content))
  return replayRows(
    files.filter((rows) => rows !== undefined),
    { ...options, starts: side ? readStarts(side.content) : [] },
  )
}

/** The same for rows already read, one list per file. */
export async function replayRows(
  files: readonly (readonly Row[])[],
  { version = '6.14.0', starts = [] }: ReplayOptions & { readonly starts?: readonly KnownStart[] },
): Promise<ReplayResult> {
  const rows = files.flat()
  const shown = shownVersion(rows, version)
  const done = []
  for (const world of planWorlds(files)) done.push(await replayWorld(world, shown, starts))
  const deviations = done.flatMap((each) => each.deviations)
  const total = rows.filter(isExchange).length
  const order = new Map(rows.map((row, index) => [`${row.file} ${row.row}`, index]))
  const place = ({ file, row }: Deviation) => order.get(`${file} ${row}`) ?? 0
  return {
    ...{ total, equal: total - deviations.length, skipped: rows.length - total },
    deviations: deviations.toSorted((a, b) => place(a) - place(b)),
    assumptions: done.flatMap((each) => each.assumptions),
  }
}

/** What the recorded server calls itself, such as "6.14.0-develop", when that is the release to replay against. */
function shownVersion(rows: readonly Row[], version: string): string {
  const [major, minor] = parseVersion(version)
  const names = rows
    .filter(isExchange)
    .flatMap((row) => (isMapping(row.response.body) ? [row.response.body.version] : []))
  const own = new RegExp(`^${major}\\.${minor}\\.\\d`)
  return names.find((name): name is string => typeof name === 'string' && own.test(name)) ?? version
}

function readStarts(content: unknown): readonly KnownStart[] {
  if (!Array.isArray(content)) throw new TypeError('servers.json: expected a list of starts')
  return content.map((each: unknown) => {
    if (!isMapping(each) || typeof each.file !== 'string' || !isMapping(each.env))
      throw new TypeError('servers.json: each start needs file, row and env')
    return { file: each.file, row: Number(each.row ?? 0), env: each.env as Readonly<Record<string, string>> }
  })
}

/** The report as a person reads it: each deviation, what was assumed when `verbose`, and the sum in the last line. */
export function replayReport(result: ReplayResult, verbose = false): string {
  const lines = result.deviations.flatMap(({ file, row, note, differences }) => [
    `${file} row ${row} [${note}]`,
    ...differences.map(
      ({ what, path, recorded, actual }) =>
        `  ${what}${path === '' ? '' : ` ${path}`}: recorded ${recorded}, double ${actual}`,
    ),
  ])
  const told = verbose ? result.assumptions.map((each) => `assumed: ${each}`) : []
  const skipped = `${result.skipped} rows are no exchanges (frames, timelines, notes) and were skipped`
  const assumed = `${result.assumptions.length} things were taken to have happened beside the requests`
  return [...lines, ...told, skipped, assumed, `${result.equal} of ${result.total} equal`].join('\n')
}
