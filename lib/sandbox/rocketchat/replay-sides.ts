import { isMapping, type Plain } from '../../core/plain.ts'
import { fields } from './replay-recording.ts'
import type { KnownStart } from './replay-result.ts'

/** A file of the folder, parsed. */
export interface Side {
  readonly name: string
  readonly content: unknown
}

/**
 * What is known from beside the recordings about starts of their servers. `servers.json` lists them outright:
 * `[{ "file": "…", "row": 0, "env": { … } }]`; otherwise `<name>-settings-in-db.json` tells, for the recording whose name
 * ends in `<name>.json`, what the database held after the start, and with it which variables acted. Throws when
 * `servers.json` has another form.
 */
export function knownStarts(sides: readonly Side[]): readonly KnownStart[] {
  const listed = sides.find(({ name }) => name === 'servers.json')
  const told = listed ? readList(listed.content) : []
  const dumped = sides.flatMap(({ name, content }): readonly KnownStart[] => {
    const stem = /^(.+)-settings-in-db\.json$/.exec(name)?.[1]
    const file =
      stem === undefined ? undefined : sides.find((each) => each.name.replace(/^\d+-/, '') === `${stem}.json`)?.name
    if (file === undefined || told.some((each) => each.file === file && each.row === 0) || !isMapping(content))
      return []
    return [fromDump(file, content as { readonly [key: string]: Plain })]
  })
  return [...told, ...dumped]
}

function readList(content: unknown): readonly KnownStart[] {
  if (!Array.isArray(content)) throw new TypeError('servers.json: expected a list of starts')
  return content.map((each: unknown) => {
    if (!isMapping(each) || typeof each.file !== 'string' || !isMapping(each.env))
      throw new TypeError('servers.json: each start needs file, row and env')
    const env = each.env as Readonly<Record<string, string>>
    return { file: each.file, row: Number(each.row ?? 0), env, again: env, complete: true, settings: {} }
  })
}

/** A setting whose value came from a variable names the variable; one that still has it may have been overwritten. */
function fromDump(file: string, dump: { readonly [key: string]: Plain }): KnownStart {
  const acted = Object.entries(dump).filter(([, each]) => fields(each).valueSource === 'processEnvValue')
  const variable = ([id, each]: readonly [string, Plain]) => [
    `OVERWRITE_SETTING_${id}`,
    asVariable(fields(each).processEnvValue ?? null),
  ]
  const kept = acted.filter(
    ([, each]) => JSON.stringify(fields(each).value) === JSON.stringify(fields(each).processEnvValue),
  )
  const settings = Object.entries(dump).map(([id, each]) => [id, fields(each).value ?? null] as const)
  return {
    ...{ file, row: 0, complete: false },
    env: Object.fromEntries(acted.map(variable)),
    again: Object.fromEntries(kept.map(variable)),
    settings: Object.fromEntries(settings),
  }
}

/** The text that a variable must have had for a setting to hold this; null is what a number makes of other text. */
function asVariable(value: Plain): string {
  if (value === null) return 'no number'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
