import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMapping } from '../../core/plain.ts'
import { planWorlds } from './replay-plan.ts'
import { isExchange, type Row, readRows } from './replay-recording.ts'
import type { Deviation, KnownStart, ReplayResult } from './replay-result.ts'
import { knownStarts } from './replay-sides.ts'
import { replayWorld } from './replay-world.ts'
import { parseVersion } from './version.ts'

/** How to replay. */
export interface ReplayOptions {
  /** The release to replay against; 6.14.0 when absent. */
  readonly version?: string
}

/**
 * Replays every recording of a folder against the double. Files beside them may tell of starts that no row shows, see
 * `knownStarts`. Throws when the folder cannot be read or a file is not JSON.
 */
export async function replayFolder(folder: string, options: ReplayOptions = {}): Promise<ReplayResult> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const contents = await Promise.all(
    names.map(async (name) => ({ name, content: JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown })),
  )
  const files = contents
    .filter(({ name }) => name !== 'servers.json')
    .map(({ name, content }) => readRows(name, content))
  const rows = files.filter((each) => each !== undefined)
  return replayRows(rows, { ...options, starts: knownStarts(contents) })
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
