import { randomInt } from 'node:crypto'
import { problem } from '../../core/diagnostic.ts'
import type { Position, Value } from '../../core/plain.ts'
import type { Unknown } from '../../core/unknown.ts'
import {
  applyDefinition,
  askDefinition,
  definitionOf,
  entryOf,
  type FilterContext,
  type FilterDefinition,
  type FilterTable,
  type Findable,
  type TestDefinition,
  type TestTable,
} from '../filters/definition.ts'
import type { Disk } from '../filters/disk.ts'
import { absentFilters, absentTests, allTests, filterFamilies, filterNamed, testNamed } from '../filters/index.ts'
import type { LookupTable } from '../lookups.ts'
import type { Expression, Template } from './ast.ts'
import type { Budget } from './budget.ts'
import { explainFault, Fault, type Origin, TemplateError } from './error.ts'
import { globalsOf } from './globals.ts'
import type { LexerOptions } from './lexer.ts'
import { parseExpressionText } from './parser.ts'
import { closeAll, withoutSecrets } from './secrecy.ts'
import { parseTemplate } from './statements.ts'
import { type Item, type LazyMapping, UnknownSignal } from './values.ts'

/** Variables as a template sees them. */
export interface Variables {
  /** The variable, rendered; undefined when there is none. Throws TemplateError when it cannot be rendered. */
  lookup(name: string): { readonly value: Value | LazyMapping } | undefined
  names(): Iterable<string>
}

/** What templates may reach beyond variables; everything is given in. */
export interface TemplarOptions {
  readonly lookups?: LookupTable
  /** Filters and tests besides the built-in ones. */
  readonly filters?: FilterTable
  readonly tests?: TestTable
  /** Another template by the name it is included or looked up under, searched for beside the file `from`; undefined when there is none. */
  readonly readTemplate?: (
    name: string,
    from: string | undefined,
  ) => { readonly path: string; readonly text: string } | undefined
  /** The clock, for `now()` and `strftime`. */
  readonly now?: () => Date
  /** A random whole number from 0 up to but without `below`. */
  readonly random?: (below: number) => number
  readonly home?: string
  readonly disk?: Disk | undefined
  /** Reads the documents of a YAML text, for `from_yaml`. */
  readonly parseYaml?: (text: string) => readonly Value[]
  /**
   * Text assembled from several pieces that reads as a list, a mapping, True or False becomes that value, as in
   * Ansible 2.14 (default true). A single expression keeps the type of its value either way.
   */
  readonly literals?: boolean
}

/** What all renderings of one templar share. */
export interface Environment {
  readonly options: TemplarOptions
  readonly context: FilterContext
  readonly globals: ReadonlyMap<string, Item>
  template(text: string, lexer: LexerOptions): Template
  expression(text: string): Expression
  /** Does `work` within one budget, shared by all that is rendered on the way; faults become TemplateErrors. */
  bounded<Result>(origin: Origin, work: (budget: Budget) => Result): Result | Unknown
}

const maxCached = 5000

/** Makes what all renderings of one templar share. */
export function createEnvironment(options: TemplarOptions): Environment {
  const filters: Findable<FilterDefinition> = {
    find: (name) => entryOf(options.filters, name) ?? filterNamed(name),
    names: () => [...filterFamilies(), options.filters ?? {}].flatMap((one) => Object.keys(one)),
    absent: absentFilters,
  }
  const tests: Findable<TestDefinition> = {
    find: (name) => entryOf(options.tests, name) ?? testNamed(name),
    names: () => Object.keys({ ...allTests(), ...options.tests }),
    absent: absentTests,
  }
  const templates = new Map<string, Template>()
  const expressions = new Map<string, Expression>()
  let budget: Budget | undefined

  const context: FilterContext = {
    filter: (name, input, positional, named) =>
      applyDefinition(name, definitionOf('filter', name, filters), input, positional, named, context),
    test: (name, input, positional, named) =>
      askDefinition(name, definitionOf('test', name, tests), input, positional, named, context),
    now: options.now ?? (() => new Date()),
    random: options.random ?? ((below) => randomInt(below)),
    home: options.home,
    get disk() {
      return options.disk
    },
    parseYaml: options.parseYaml ?? noYaml,
  }

  return {
    options,
    context,
    globals: globalsOf(context),
    template(text, lexer) {
      const key = `${lexer.rawStrings ? 'r' : ''}${lexer.trimBlocks === false ? 't' : ''}${lexer.lstripBlocks ? 'l' : ''}${lexer.delimiters ? JSON.stringify(lexer.delimiters) : ''}:${text}`
      return cached(templates, key, () => parseTemplate(text.replace(/\r\n?/g, '\n').replace(/\n$/, ''), lexer))
    },
    expression: (text) => cached(expressions, text, () => parseExpressionText(text)),
    bounded(origin, work) {
      const outermost = budget === undefined
      const current = budget ?? { steps: 0, depth: 0 }
      const { depth } = current
      budget = current
      try {
        return work(current)
      } catch (error) {
        if (error instanceof UnknownSignal) return error.unknown
        throw explained(error, origin)
      } finally {
        current.depth = depth
        if (outermost) {
          budget = undefined
          closeAll()
        }
      }
    },
  }
}

function noYaml(): never {
  throw new Fault('unknown-filter', 'YAML cannot be read here')
}

function cached<Tree>(store: Map<string, Tree>, key: string, make: () => Tree): Tree {
  const known = store.get(key)
  if (known !== undefined) return known
  const made = make()
  if (store.size >= maxCached) store.clear()
  store.set(key, made)
  return made
}

/** What was thrown, as the error for a person where it is one of ours. */
export function explained(error: unknown, origin: Origin): unknown {
  if (error instanceof Fault) return explainFault(guarded(error), origin)
  if (error instanceof RangeError && /call stack/i.test(error.message))
    return explainFault(new Fault('template-limit', 'the template leads too deep'), origin)
  return error instanceof TemplateError ? usedAt(error, origin.at) : error
}

function guarded(fault: Fault): Fault {
  const { code, mend, offset } = fault
  return new Fault(code, withoutSecrets(fault.message), {
    mend: mend === undefined ? undefined : withoutSecrets(mend),
    ...(offset !== undefined && { offset }),
  })
}

/** An error from within a variable, with the place that asked for that variable. */
function usedAt(error: TemplateError, at: Position | undefined): TemplateError {
  const [first] = error.diagnostics
  if (!first || !at) return error
  const line = `used at ${at.file}:${at.line}:${at.col}`
  const isSame = first.at?.file === at.file && first.at.line === at.line && first.at.col === at.col
  if (isSame || first.detail?.includes(line) || (first.detail?.match(/^used at /gm)?.length ?? 0) >= 8) return error
  const detail = first.detail === undefined ? line : `${first.detail}\n${line}`
  return new TemplateError(problem(first.code, first.message, { at: first.at, detail, mend: first.mend }))
}
