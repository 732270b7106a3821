import { Readable } from 'node:stream'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import type { Change } from '../../lib/core/change.ts'
import type { Context, Io, Result, TaskModule } from '../../lib/core/module.ts'
import type { Value } from '../../lib/core/plain.ts'
import type { Answer, Query } from '../../lib/core/query.ts'
import { type Evaluated, metaOf, type Source } from '../../lib/core/schema.ts'
import { reveal, type Text } from '../../lib/core/secret.ts'
import { byteLength, sha256 } from '../../lib/core/text.ts'

/** Arguments as a playbook's author writes them, with aliases and defaults resolved; throws what the schema finds wrong. */
export function argsOf<Args>(
  module: Pick<TaskModule<Args>, 'args'>,
  written: { readonly [key: string]: unknown },
): Args {
  const main = new Map<string, string>()
  for (const [name, field] of Object.entries(module.args.fields))
    for (const alias of metaOf(field).aliases ?? []) main.set(alias, name)
  return module.args.type.parse(
    Object.fromEntries(Object.entries(written).map(([key, value]) => [main.get(key) ?? key, value])),
  )
}

/** The arguments of a YAML task (an example, say) under the module's name. */
export function argsFromYaml(name: string, module: TaskModule, text: string): { readonly [key: string]: unknown } {
  const parsed = parse(text, { schema: 'yaml-1.1' }) as
    | { readonly [key: string]: unknown }
    | readonly { readonly [key: string]: unknown }[]
  const task = (Array.isArray(parsed) ? parsed[0] : parsed) as { readonly [key: string]: unknown }
  const written = task[name] ?? {}
  const free = module.args.freeForm
  if (typeof written === 'string' && free !== undefined) return { ...(task.args as object), [free]: written }
  return { ...(written as { readonly [key: string]: unknown }), ...(task.args as object) }
}

export const context: Context = { host: 'chat.example.org', variable: () => undefined }

export interface World {
  ask(queries: readonly Query[]): Promise<readonly Answer[]>
  readonly io: Io
}

/** What one run of a task did. */
export interface Run {
  readonly changes: readonly Change<unknown>[]
  readonly changed: boolean
  readonly values: { readonly [key: string]: Value }
  readonly results: readonly Result[]
}

/** Looks and decides, as check mode does. */
export async function check(
  module: TaskModule,
  written: { readonly [key: string]: unknown },
  world: World,
  how: Context = context,
): Promise<readonly Change<unknown>[]> {
  return (await look(module, written, world, how)).changes
}

async function look(module: TaskModule, written: { readonly [key: string]: unknown }, world: World, how: Context) {
  const args = argsOf(module, written)
  const findings = module.validate?.(args, how) ?? []
  assert.equal(
    findings.map((one) => one.diagnostic.message),
    [],
    'the arguments are valid',
  )
  const probe = module.probe(args, how)
  const state = probe.read(await world.ask(probe.ask))
  return { args, state, changes: module.diff(args, state, how) as readonly Change<unknown>[] }
}

/** One real run, as the engine does it: look, decide, apply, and look again when something has a state. */
export async function perform(
  module: TaskModule,
  written: { readonly [key: string]: unknown },
  world: World,
  how: Context = context,
): Promise<Run> {
  const { args, state, changes } = await look(module, written, world, how)
  const results: Result[] = []
  let changed = false
  for (const change of changes) {
    const result = (await module.apply?.(change, world.io, args)) ?? {}
    results.push(result)
    changed ||= change.action !== 'run' || result.changed !== false
  }
  const applied = Object.assign({}, ...results.map((one) => one.values ?? {}))
  if (changes.length > 0 && changes.every((one) => one.action === 'run'))
    return { changes, changed, values: applied, results }
  const last = changes.length === 0 ? state : (await look(module, written, world, how)).state
  const found = module.result?.(args, last)
  return { changes, changed, values: { ...found?.values, ...applied }, results: found ? [...results, found] : results }
}

/** Ansible's ritual: check says changed and touches nothing; the run says changed; the next run says ok. */
export async function ritual(
  module: TaskModule,
  written: { readonly [key: string]: unknown },
  world: World,
): Promise<Run> {
  const planned = await check(module, written, world)
  assert.ok(planned.length > 0, 'check mode foresees a change')
  const again = await check(module, written, world)
  assert.equal(shown(again), shown(planned), 'check mode touched nothing')
  const run = await perform(module, written, world)
  assert.ok(run.changed, 'the run changes something')
  const left = await check(module, written, world)
  assert.equal(shown(left), [], 'a second run finds nothing to do')
  return run
}

/** Changes without their data. */
export function shown(changes: readonly Change<unknown>[]): readonly Omit<Change<unknown>, 'data'>[] {
  return changes.map(({ data: _, ...rest }) => rest)
}

/** Written arguments with stand-ins for what the loader makes of them: files of this machine and values of expressions. */
export function typedArgs(
  module: TaskModule,
  written: { readonly [key: string]: unknown },
): { readonly [key: string]: unknown } {
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => {
      const field = Object.entries(module.args.fields).find(
        ([main, one]) => main === name || metaOf(one).aliases?.includes(name),
      )?.[1]
      const meta = field ? metaOf(field) : {}
      if (meta.expression) return [name, Array.isArray(value) ? value.map(evaluated) : evaluated(value)]
      const onHost = meta.sourceUnless !== undefined && written[meta.sourceUnless] === true
      if (field && typeof value === 'string' && value.includes('{{')) return [name, standIn(field, value)]
      return [
        name,
        meta.source && typeof value === 'string' && !onHost ? sourceOf(value, 'text of the source\n') : value,
      ]
    }),
  )
}

/** A value of the right type in the place of a template. */
function standIn(field: TaskModule['args']['fields'][string], template: string): unknown {
  return [template, true, 1, [], {}].find((value) => field.safeParse(value).success) ?? template
}

const evaluated = (text: unknown): Evaluated => ({ text: String(text), value: true })

/** A file or a rendered template as the loader hands it over. */
export function sourceOf(path: string, content: Text, mode = 0o644): Source {
  return {
    path,
    text: content,
    sha256: () => sha256(content),
    size: byteLength(content),
    mode,
    open: () => Readable.from([Buffer.from(reveal(content))]),
    pieces: () => Readable.from([Buffer.from(reveal(content))]),
  }
}

/** A folder of the loader; `files` by relative path, undefined for a folder. */
export function folderOf(path: string, files: { readonly [path: string]: string | undefined }): Source {
  const entries = Object.entries(files).map(([name, content]) => ({
    path: name,
    ...(content !== undefined && { file: sourceOf(name, content) }),
  }))
  return { ...sourceOf(path.replace(/\/$/, ''), ''), folder: { contents: path.endsWith('/'), entries } }
}
