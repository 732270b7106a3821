import type { Arguments } from '../template/arguments.ts'
import { isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { binary, isFloat } from '../template/operators.ts'
import { compare, contains, equals, iterate, kindOf, numberOf, truthy } from '../template/python.ts'
import { pythonRegex } from '../template/regex.ts'
import { open } from '../template/secrecy.ts'
import { str } from '../template/text.ts'
import { Callable, type Item, isHidden, LazyMapping, Undefined } from '../template/values.ts'
import { readingTest, structuralTest, type TestTable } from './definition.ts'
import { compareVersions } from './version.ts'

/** A test of what kind of value there is; what is not defined is of no kind. */
function kind(test: (item: Item) => boolean) {
  return structuralTest('', (input) => !(input instanceof Undefined) && test(open(input)), true)
}

function order(holds: (order: number) => boolean) {
  return structuralTest('other', (input, args) => holds(compare(input, args.need('other'))))
}

const equal = structuralTest('other', (input, args) => equals(input, args.need('other')))
const unequal = structuralTest('other', (input, args) => !equals(input, args.need('other')))
const greater = order((sign) => sign > 0)
const greaterOrEqual = order((sign) => sign >= 0)
const less = order((sign) => sign < 0)
const lessOrEqual = order((sign) => sign <= 0)

/** What is left of a number when it is divided. */
function rest(input: Item, by: Item, test: string): number {
  for (const item of [input, by])
    if (numberOf(open(item)) === undefined)
      throw new Fault('template-type', `the test "${test}" needs a number, and this is ${kindOf(item)}`, {
        mend: 'use | int',
      })
  return Number(numberOf(open(binary('%', input, by))))
}

/** A test of what a task registered. */
function outcome(name: string, test: (result: { readonly [key: string]: Item }) => boolean) {
  return structuralTest('', (input) => {
    if (!isDict(input))
      throw new Fault('template-type', `the test "${name}" needs the result of a task, and this is ${kindOf(input)}`, {
        mend: 'ask the registered variable itself, not one of its attributes',
      })
    return test(input)
  })
}

function flagOf(result: { readonly [key: string]: Item }, name: string): boolean {
  return Object.hasOwn(result, name) && truthy(result[name] as Item)
}

const failed = outcome('failed', (result) => flagOf(result, 'failed'))
const succeeded = outcome('succeeded', (result) => !flagOf(result, 'failed'))
const skipped = outcome('skipped', (result) => flagOf(result, 'skipped'))
const changed = outcome('changed', (result) => {
  if (Object.hasOwn(result, 'changed')) return flagOf(result, 'changed')
  const results = Object.hasOwn(result, 'results') ? result.results : undefined
  return isList(results) && results.some((one) => isDict(one) && flagOf(one, 'changed'))
})

function asyncFlag(name: string) {
  return outcome(name, (result) => !Object.hasOwn(result, name) || equals(result[name] as Item, 1))
}

function regexTest(how: 'search' | 'match' | undefined) {
  return readingTest('pattern ignorecase multiline match_type', (input, args) => {
    const type = how ?? args.text('match_type', 'search')
    const pattern = args.text('pattern', '')
    const flags = { ignorecase: args.flag('ignorecase'), multiline: args.flag('multiline') }
    const found = pythonRegex(type === 'fullmatch' ? `(?:${pattern})\\Z` : pattern, flags).exec(str(input))
    return found !== null && (type === 'search' || found.index === 0)
  })
}

/** The members of a set, which no mapping can be. */
function members(item: Item): readonly Item[] {
  const all = iterate(item)
  if (all.some(isDict)) throw new Fault('template-type', 'a mapping cannot be a member of a set')
  return all
}

function subset(input: Item, args: Arguments): boolean {
  const other = members(args.need('other'))
  return members(input).every((item) => other.some((one) => equals(one, item)))
}

function superset(input: Item, args: Arguments): boolean {
  const own = members(input)
  return members(args.need('other')).every((item) => own.some((one) => equals(one, item)))
}

function asBoolean(item: Item): Item {
  const word = typeof item === 'string' ? item.toLowerCase().trim() : item
  if (['yes', 'on', '1', 'true', 't', 'y'].includes(String(word)) || word === true) return true
  if (['no', 'off', '0', 'false', 'f', 'n'].includes(String(word)) || word === false) return false
  return item
}

const subsetTest = structuralTest('other', subset)
const supersetTest = structuralTest('other', superset)
const version = readingTest('version operator strict version_type', (input, args) => {
  const kindGiven = args.maybeText('version_type')
  return compareVersions(
    str(input),
    args.text('version'),
    args.text('operator', 'eq'),
    args.flag('strict') ? 'strict' : (kindGiven ?? 'loose'),
  )
})

/** Tests, as they stand behind `is`. */
export const tests: TestTable = {
  defined: structuralTest('', (input) => !(input instanceof Undefined), true),
  undefined: structuralTest('', (input) => input instanceof Undefined, true),
  none: kind((item) => item === null),
  string: kind((item) => typeof item === 'string'),
  number: kind((item) => numberOf(item) !== undefined),
  integer: kind((item) => typeof item !== 'boolean' && numberOf(item) !== undefined && !isFloat(item)),
  float: kind(isFloat),
  boolean: kind((item) => typeof item === 'boolean'),
  true: kind((item) => item === true),
  false: kind((item) => item === false),
  mapping: kind((item) => isDict(item) || item instanceof LazyMapping),
  iterable: kind((item) => typeof item === 'string' || isList(item) || isDict(item) || item instanceof LazyMapping),
  sequence: kind((item) => typeof item === 'string' || isList(item) || isDict(item) || item instanceof LazyMapping),
  callable: kind((item) => item instanceof Callable),
  even: structuralTest('', (input) => rest(input, 2, 'even') === 0),
  odd: structuralTest('', (input) => rest(input, 2, 'odd') === 1),
  divisibleby: structuralTest('num', (input, args) => rest(input, args.need('num'), 'divisibleby') === 0),
  equalto: equal,
  eq: equal,
  '==': equal,
  ne: unequal,
  '!=': unequal,
  gt: greater,
  greaterthan: greater,
  '>': greater,
  ge: greaterOrEqual,
  '>=': greaterOrEqual,
  lt: less,
  lessthan: less,
  '<': less,
  le: lessOrEqual,
  '<=': lessOrEqual,
  in: structuralTest('seq', (input, args) => contains(args.need('seq'), input)),
  contains: structuralTest('value', (input, args) => contains(input, args.need('value'))),
  sameas: structuralTest(
    'other',
    (input, args) => {
      const other = args.need('other')
      return isHidden(input) || isHidden(other) ? equals(input, other) : input === other
    },
    true,
  ),
  match: regexTest('match'),
  search: regexTest('search'),
  regex: regexTest(undefined),
  version,
  version_compare: version,
  failed,
  failure: failed,
  succeeded,
  success: succeeded,
  successful: succeeded,
  changed,
  change: changed,
  skipped,
  skip: skipped,
  unreachable: outcome('unreachable', (result) => flagOf(result, 'unreachable')),
  reachable: outcome('reachable', (result) => !flagOf(result, 'unreachable')),
  started: asyncFlag('started'),
  finished: asyncFlag('finished'),
  subset: subsetTest,
  issubset: subsetTest,
  superset: supersetTest,
  issuperset: supersetTest,
  all: structuralTest('', (input) => iterate(input).every((item) => truthy(item))),
  any: structuralTest('', (input) => iterate(input).some((item) => truthy(item))),
  truthy: structuralTest('convert_bool', (input, args) =>
    truthy(args.flag('convert_bool') ? asBoolean(open(input)) : input),
  ),
  falsy: structuralTest(
    'convert_bool',
    (input, args) => !truthy(args.flag('convert_bool') ? asBoolean(open(input)) : input),
  ),
  upper: readingTest('', (input) => str(input) === str(input).toUpperCase() && str(input) !== str(input).toLowerCase()),
  lower: readingTest('', (input) => str(input) === str(input).toLowerCase() && str(input) !== str(input).toUpperCase()),
  nan: kind((item) => Number.isNaN(item)),
  isnan: kind((item) => Number.isNaN(item)),
  url: readingTest('', (input) => /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(str(input))),
}
