import { refuse } from './answers.ts'
import type { Call } from './call.ts'
import type { Doc } from './documents.ts'
import { unsafeParameters } from './pipeline.ts'

/** The conditions of the `query` parameter; none where the release ignores it. Throws `error-invalid-query`. */
export function conditions(call: Call): Doc {
  const text = call.query.get('query')
  if (text === null || !unsafeParameters(call.state)) return {}
  return withoutForbidden(parse(text, 'query'))
}

/** The `sort` parameter. Throws `error-invalid-sort`. */
export function sorting(call: Call): Doc | undefined {
  const text = call.query.get('sort')
  return text === null ? undefined : parse(text, 'sort')
}

function parse(text: string, name: string): Doc {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Doc
  } catch {}
  throw refuse(`error-invalid-${name}`, `Invalid ${name} parameter provided: "${text}"`, {
    helperMethod: 'parseJsonQuery',
  })
}

/** `$where` and whatever else is not allowed is dropped without a word, as the real helper does. */
function withoutForbidden(query: Doc): Doc {
  return Object.fromEntries(
    Object.entries(query).filter(([key]) => !key.startsWith('$') || key === '$or' || key === '$and'),
  )
}

/** True when a document meets the conditions: equality, `$in`, `$nin`, `$ne`, `$regex`, `$exists`, `$or`, `$and`, dotted keys. */
export function meets(document: object, query: Doc): boolean {
  return Object.entries(query).every(([key, wanted]) => {
    if (key === '$or' && Array.isArray(wanted)) return wanted.some((each) => meets(document, each as Doc))
    if (key === '$and' && Array.isArray(wanted)) return wanted.every((each) => meets(document, each as Doc))
    return matches(valuesAt(document, key.split('.')), wanted)
  })
}

function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, path))
  const [first, ...rest] = path
  if (first === undefined) return [value]
  if (typeof value !== 'object' || value === null) return []
  return valuesAt((value as Doc)[first], rest)
}

function matches(values: readonly unknown[], wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted))
    return values.some((each) => same(each, wanted))
  return Object.entries(wanted as Doc).every(([operator, operand]) => {
    const list = Array.isArray(operand) ? operand : []
    switch (operator) {
      case '$in':
        return values.some((each) => list.some((one) => same(each, one)))
      case '$nin':
        return !values.some((each) => list.some((one) => same(each, one)))
      case '$ne':
        return !values.some((each) => same(each, operand))
      case '$exists':
        return values.some((each) => each !== undefined) === Boolean(operand)
      case '$regex':
        return values.some((each) => typeof each === 'string' && regex(operand, (wanted as Doc).$options).test(each))
      case '$options':
        return true
      default:
        return false
    }
  })
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b)

function regex(source: unknown, options: unknown): RegExp {
  return new RegExp(String(source), typeof options === 'string' ? options.replace(/[^imsu]/g, '') : '')
}

/** A copy sorted by the keys in their order, 1 up and -1 down; texts compare by code point. */
export function sorted<Item extends object>(items: readonly Item[], by: Doc): Item[] {
  const keys = Object.entries(by)
  return [...items].sort((a, b) => {
    for (const [key, direction] of keys) {
      const [left, right] = [valuesAt(a, key.split('.'))[0], valuesAt(b, key.split('.'))[0]]
      if (left === right) continue
      const up = (left ?? '') < (right ?? '') ? -1 : 1
      return direction === -1 || direction === 'desc' ? -up : up
    }
    return 0
  })
}
