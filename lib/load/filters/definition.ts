import { didYouMean } from '../../core/closest.ts'
import type { Value } from '../../core/plain.ts'
import { type Arguments, bindArguments } from '../template/arguments.ts'
import { Fault } from '../template/error.ts'
import { maskFaults, openDeep, touch, watch, withOpened } from '../template/secrecy.ts'
import { type Item, Undefined, UnknownSignal } from '../template/values.ts'
import type { Disk } from './disk.ts'

/** What filters and tests may ask of the world; each is given in, so that the same template gives the same text in a test. */
export interface FilterContext {
  filter(name: string, input: Item, positional: readonly Item[], named: ReadonlyMap<string, Item>): Item
  test(name: string, input: Item, positional: readonly Item[], named: ReadonlyMap<string, Item>): boolean
  now(): Date
  /** A whole number from 0 up to but without `below`. */
  random(below: number): number
  /** The home folder of the one who runs the playbook, for `expanduser`; undefined when it is not known. */
  readonly home: string | undefined
  /** What is on the disk of this machine; undefined where templates must not know. */
  readonly disk: Disk | undefined
  /** Reads YAML documents. */
  parseYaml(text: string): readonly Value[]
}

/** A filter: `parameters` names its arguments (see Arguments), the input not among them. */
export interface FilterDefinition {
  readonly parameters: string
  /** Moves values about without reading them, so that secrets stay where they are. Other filters see secrets opened, and their results are secret. */
  readonly structural: boolean
  readonly takesUndefined: boolean
  readonly run: (input: Item, args: Arguments, context: FilterContext) => Item
}

export interface TestDefinition {
  readonly parameters: string
  readonly structural: boolean
  readonly takesUndefined: boolean
  readonly run: (input: Item, args: Arguments, context: FilterContext) => boolean
}

export type FilterTable = Readonly<Record<string, FilterDefinition>>
export type TestTable = Readonly<Record<string, TestDefinition>>

/** A filter that reads its input: given a secret, it works on the real value and its result is secret. */
export function reading(parameters: string, run: FilterDefinition['run']): FilterDefinition {
  return { parameters, structural: false, takesUndefined: false, run }
}

/** A filter that only moves values about: the secrets among them stay secrets, and the rest stays readable. */
export function structural(parameters: string, run: FilterDefinition['run'], takesUndefined = false): FilterDefinition {
  return { parameters, structural: true, takesUndefined, run }
}

/** A test that reads its input. */
export function readingTest(parameters: string, run: TestDefinition['run']): TestDefinition {
  return { parameters, structural: false, takesUndefined: false, run }
}

/** A test that looks at its input through functions that note secrets themselves. */
export function structuralTest(parameters: string, run: TestDefinition['run'], takesUndefined = false): TestDefinition {
  return { parameters, structural: true, takesUndefined, run }
}

/** Applies a filter; the result is hidden when a secret went into it, and unknown when something unknown was read. */
export function applyDefinition(
  name: string,
  definition: FilterDefinition,
  input: Item,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
  context: FilterContext,
): Item {
  if (input instanceof Undefined && !input.soft && !definition.takesUndefined) throw input.fault()
  const what = `the filter "${name}"`
  if (definition.structural)
    return definition.run(input, bindArguments(what, definition.parameters, positional, named), context)
  try {
    return withOpened(what, [input, ...positional, ...named.values()], ([opened, ...rest]) => {
      const openedNamed = new Map([...named.keys()].map((key, index) => [key, rest[positional.length + index] as Item]))
      const args = bindArguments(what, definition.parameters, rest.slice(0, positional.length), openedNamed)
      return definition.run(opened as Item, args, context)
    })
  } catch (error) {
    if (error instanceof UnknownSignal) return error.unknown
    throw error
  }
}

/** Asks a test; secrets that it looks at are noted. */
export function askDefinition(
  name: string,
  definition: TestDefinition,
  input: Item,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
  context: FilterContext,
): boolean {
  if (input instanceof Undefined && !input.soft && !definition.takesUndefined) throw input.fault()
  const what = `the test "${name}"`
  if (definition.structural)
    return definition.run(input, bindArguments(what, definition.parameters, positional, named), context)
  const { result: args, labels } = watch(() => ({
    input: openDeep(input),
    positional: positional.map((one) => openDeep(one)),
    named: new Map([...named].map(([key, value]) => [key, openDeep(value)])),
  }))
  touch(labels)
  return maskFaults(what, labels, () =>
    definition.run(args.input, bindArguments(what, definition.parameters, args.positional, args.named), context),
  )
}

/** The entry of that very name: what every object inherits is none. */
export function entryOf<Definition>(
  table: Readonly<Record<string, Definition>> | undefined,
  name: string,
): Definition | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined
}

/** Filters or tests by name; `names` is asked for suggestions alone, `absent` says what to do instead of those that are not here. */
export interface Findable<Definition> {
  readonly find: (name: string) => Definition | undefined
  readonly names: () => readonly string[]
  readonly absent: Readonly<Record<string, string>>
}

/** The definition of that name; throws a Fault `unknown-filter` that names the nearest one. */
export function definitionOf<Definition>(
  kind: 'filter' | 'test',
  name: string,
  { find, names, absent }: Findable<Definition>,
): Definition {
  const found = find(name)
  if (found) return found
  const why = entryOf(absent, name)
  if (why !== undefined) throw new Fault('unknown-filter', `the ${kind} "${name}" is not supported`, { mend: why })
  throw new Fault('unknown-filter', `there is no ${kind} "${name}"`, { mend: didYouMean(name, names()) })
}
