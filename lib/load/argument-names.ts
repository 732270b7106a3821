import { type ArgsSchema, metaOf } from '../core/schema.ts'

/** What is known of a module's arguments by their names. */
export interface ArgumentNames {
  /** Main name of every name, aliases included. */
  readonly main: ReadonlyMap<string, string>
  /** Arguments that must be given. */
  readonly required: readonly string[]
  /** Values of those that are left out and have a default. */
  readonly defaults: ReadonlyMap<string, unknown>
}

const known = new WeakMap<object, ArgumentNames>()

/** The names of a module's arguments; worked out once a module. */
export function argumentNames(schema: ArgsSchema<unknown>): ArgumentNames {
  let names = known.get(schema)
  if (!names) {
    const main = new Map<string, string>()
    const required: string[] = []
    const defaults = new Map<string, unknown>()
    for (const [name, field] of Object.entries(schema.fields)) {
      main.set(name, name)
      for (const alias of metaOf(field).aliases ?? []) main.set(alias, name)
      const absent = field.safeParse(undefined)
      if (!absent.success) required.push(name)
      else if (absent.data !== undefined) defaults.set(name, absent.data)
    }
    names = { main, required, defaults }
    known.set(schema, names)
  }
  return names
}
