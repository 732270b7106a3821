import type { Value } from '../../core/plain.ts'
import { whenNeeded } from '../../core/when-needed.ts'
import type { LookupContext } from '../lookups.ts'
import type { Budget } from './budget.ts'
import { put } from './dicts.ts'
import { type Environment, explained, type Variables } from './environment.ts'
import { Fault, type Origin, TemplateError } from './error.ts'
import { exportItem } from './export.ts'
import type { LexerOptions } from './lexer.ts'
import type { StatementRuntime } from './run.ts'
import { str } from './text.ts'
import { Callable, type Item, Undefined } from './values.ts'

const lookups = whenNeeded<typeof import('../lookups.ts')>('../lookups.ts', import.meta.url)

/** Renders a template file; handed in, since rendering is what needs a runtime in the first place. */
export type RenderFile = (text: string, path: string, vars: { readonly [key: string]: Value }) => Item

/** What the statements of one rendering can reach. `file` is the template file they stand in, if they stand in one. */
export function runtimeFor(
  environment: Environment,
  scope: Variables,
  budget: Budget,
  lexer: LexerOptions,
  file: string | undefined,
  renderFile: RenderFile,
): StatementRuntime {
  const { options, context, globals } = environment
  const known = new Map<string, Item>()
  let current = file
  const variable = (name: string): Item | undefined => {
    const before = known.get(name)
    if (before !== undefined) return before
    const found = variableItem(scope, name)
    if (found !== undefined) known.set(name, found)
    return found
  }
  const lookupContext: LookupContext = {
    variable,
    variableNames: () => scope.names(),
    filter: context.filter,
    random: context.random,
    renderFile(path, vars) {
      const found = options.readTemplate?.(path, current)
      if (!found) throw new Fault('lookup-failed', `the lookup "template" found no file "${path}"`)
      const more: { [key: string]: Item } = {}
      for (const [name, item] of vars) put(more, name, exportItem(item, str))
      return renderFile(found.text, found.path, more as { readonly [key: string]: Value })
    },
  }
  return {
    variable,
    variableNames: () => scope.names(),
    replace(before, after) {
      for (const [name, value] of known) if (value === before) known.set(name, after)
    },
    global(name) {
      if (!lookupNames.includes(name)) return globals.get(name)
      return new Callable(name, (positional, named) =>
        lookups().callLookup(options.lookups ?? {}, positional, named, name !== 'lookup', lookupContext),
      )
    },
    globalNames: () => [...globals.keys(), ...lookupNames],
    filter: context.filter,
    test: context.test,
    owned: new WeakSet(),
    budget,
    template(name) {
      const found = options.readTemplate?.(name, current)
      if (!found) return undefined
      const origin: Origin = { text: found.text, at: { file: found.path, line: 1, col: 1 }, exact: true }
      const parsed = explaining(origin, () => environment.template(found.text, { ...lexer, rawStrings: false }))
      return {
        body: parsed.body,
        within(work) {
          const outer = current
          current = found.path
          try {
            return explaining(origin, work)
          } finally {
            current = outer
          }
        },
      }
    },
  }
}

function explaining<Result>(origin: Origin, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof Fault ? explained(error, origin) : error
  }
}

/** A variable as an item; one that needs an undefined variable is undefined itself, so that `default` can mend it. */
function variableItem(scope: Variables, name: string): Item | undefined {
  try {
    return scope.lookup(name)?.value
  } catch (error) {
    if (error instanceof TemplateError && error.code === 'undefined-variable') return new Undefined(name, () => error)
    throw error
  }
}

const lookupNames = ['lookup', 'query', 'q']
