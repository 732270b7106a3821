import type { z } from 'zod'
import { didYouMean } from '../core/closest.ts'
import { describe } from './describe.ts'

/** A finding about one value; `path` leads to it, `key` says that it is about the key and not the value. */
export interface Fault {
  readonly code: string
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly mend?: string | undefined
  readonly key?: boolean
}

type Issue = z.core.$ZodIssue

/** Says what is wrong with a value in words; `value` is the whole argument, `path` its name, `hidden` hides what was found. */
export function explain(
  issue: Issue,
  name: string,
  value: unknown,
  field: z.ZodType,
  hidden: boolean,
): readonly Fault[] {
  const inner = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  const path = [name, ...inner]
  const found = valueAt(value, inner)
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeAt(field, inner) ?? {})
    return issue.keys.map((key) => ({
      code: 'unknown-key',
      path: [...path, key],
      key: true,
      message: `"${key}" is not a part of ${label(path)}`,
      mend: didYouMean(key, known, 'It takes'),
    }))
  }
  if (found === undefined && inner.length > 0) {
    return [
      {
        code: 'missing-argument',
        path: path.slice(0, -1),
        message: `${label(path.slice(0, -1))} needs "${inner.at(-1)}"`,
      },
    ]
  }
  const sentence = `${label(path)}: ${expectation(issue)}, found ${describe(found, { hidden })}`
  const mend = issue.code === 'invalid_value' ? choiceMend(issue.values, found, hidden) : undefined
  return [
    {
      code: issue.code === 'invalid_value' || issue.code === 'invalid_format' ? 'wrong-value' : codeOf(issue),
      path,
      message: sentence,
      mend,
    },
  ]
}

function codeOf(issue: Issue): string {
  return issue.code === 'too_big' || issue.code === 'too_small' ? 'wrong-value' : 'wrong-type'
}

/** `settings.Site_Url`, `ports[0]`. */
export function label(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping (name: value)',
  record: 'a mapping (name: value)',
  null: 'nothing',
}

function expectation(issue: Issue): string {
  return `expected ${wanted(issue)}`
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return words[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `a number from ${issue.minimum} up`
        : `at least ${issue.minimum} ${issue.origin === 'string' ? 'characters' : 'entries'}`
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `a number up to ${issue.maximum}`
        : `at most ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'}`
    case 'invalid_union': {
      const kinds = issue.errors.map((errors) => (errors[0] ? wanted(errors[0]) : 'something else'))
      return [...new Set(kinds)].join(' or ')
    }
    default:
      return issue.message.replace(/^expected /i, '').replace(/^Invalid input.*/, 'another kind of value')
  }
}

function choiceMend(values: readonly unknown[], found: unknown, hidden: boolean): string | undefined {
  if (typeof found !== 'string' || hidden) return undefined
  return didYouMean(found, values.map(String), 'choices')
}

/** What `path` leads to inside of a value; undefined when it leads nowhere. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as { readonly [key: string | number]: unknown })[step]
  }
  return found
}

interface Inner {
  readonly def?: {
    readonly type?: string
    readonly innerType?: Inner
    readonly out?: Inner
    readonly in?: Inner
    readonly element?: Inner
    readonly valueType?: Inner
    readonly shape?: Readonly<Record<string, Inner>>
    readonly options?: readonly Inner[]
  }
}

/** The fields of the mapping that `path` leads to in a schema, for suggestions. */
function shapeAt(field: Inner, path: readonly (string | number)[]): Readonly<Record<string, unknown>> | undefined {
  const { def } = field
  if (!def) return undefined
  if (def.innerType) return shapeAt(def.innerType, path)
  if (def.type === 'pipe' && def.out) return shapeAt(def.out, path)
  if (def.options) {
    for (const option of def.options) {
      const found = shapeAt(option, path)
      if (found) return found
    }
    return undefined
  }
  const [first, ...rest] = path
  if (first === undefined) return def.shape
  const next = def.shape?.[String(first)] ?? def.element ?? def.valueType
  return next && shapeAt(next, rest)
}
