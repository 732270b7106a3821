import { Fault } from '../template/error.ts'
import { compareText } from '../template/python.ts'

type Part = number | string

/** Splits a version at dots and between digits and letters. */
function looseParts(version: string): readonly Part[] {
  return (version.match(/\d+|[a-z]+|[^\da-z.]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

function compareLoose(a: string, b: string): number {
  const left = looseParts(a)
  const right = looseParts(b)
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const one = left[index] as Part
    const other = right[index] as Part
    if (one === other) continue
    if (typeof one !== typeof other)
      throw new Fault('template-format', 'these versions cannot be ordered: a number meets a word', {
        mend: "version_type='semver'",
      })
    return typeof one === 'number' ? one - Number(other) : compareText(one, String(other))
  }
  return left.length - right.length
}

function compareStrict(a: string, b: string): number {
  const parse = (version: string) => {
    const found = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(version)
    if (!found) throw new Fault('template-format', 'a strict version has the form 1.2, 1.2.3 or 1.2.3b4')
    const stage = found[4] === undefined ? 2 : found[4] === 'a' ? 0 : 1
    return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0), stage, Number(found[5] ?? 0)]
  }
  return compareNumbers(parse(a), parse(b))
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Precedence by https://semver.org/#spec-item-11 */
function compareSemver(a: string, b: string): number {
  const parse = (version: string) => {
    const found = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(version)
    if (!found) throw new Fault('template-format', 'a semantic version has the form 1.2.3 or 1.2.3-rc.1')
    return { core: [Number(found[1]), Number(found[2]), Number(found[3])], pre: found[4]?.split('.') }
  }
  const left = parse(a)
  const right = parse(b)
  const core = compareNumbers(left.core, right.core)
  if (core !== 0 || (!left.pre && !right.pre)) return core
  if (!left.pre || !right.pre) return left.pre ? -1 : 1
  for (let index = 0; index < Math.max(left.pre.length, right.pre.length); index++) {
    const one = left.pre[index]
    const other = right.pre[index]
    if (one === other) continue
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    const numbers = [one, other].map((part) => /^\d+$/.test(part))
    if (numbers[0] && numbers[1]) return Number(one) - Number(other)
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1
    return compareText(one, other)
  }
  return 0
}

/** Release numbers with their stages: 1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 < 1.0.post1. */
function comparePep440(a: string, b: string): number {
  const parse = (version: string) => {
    const found =
      /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:[-_.]?(post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(\+.*)?$/i.exec(
        version.trim(),
      )
    if (!found) throw new Fault('template-format', 'this is not a version as PEP 440 has them')
    const stages: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 }
    const isDev = /dev[-_.]?\d*(?:\+.*)?$/i.test(version.trim())
    const isPost = found[5] !== undefined || found[7] !== undefined
    const stage = found[3] ? (stages[found[3].toLowerCase()] ?? 3) : isDev && !isPost ? 0 : 4
    const release = (found[2] ?? '').split('.').map(Number)
    while (release.length < 8) release.push(0)
    const post = isPost ? Number(found[6] || found[7] || 0) : -1
    return [
      Number(found[1] ?? 0),
      ...release,
      stage,
      Number(found[4] || 0),
      post,
      isDev ? Number(found[8] || 0) : Number.POSITIVE_INFINITY,
    ]
  }
  const left = parse(a)
  const right = parse(b)
  for (let index = 0; index < left.length; index++)
    if (left[index] !== right[index]) return (left[index] ?? 0) < (right[index] ?? 0) ? -1 : 1
  return 0
}

const kinds: Readonly<Record<string, (a: string, b: string) => number>> = {
  loose: compareLoose,
  strict: compareStrict,
  semver: compareSemver,
  semantic: compareSemver,
  pep440: comparePep440,
}

const operators: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
}

const signs: Readonly<Record<string, string>> = {
  '==': 'eq',
  '=': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
}

/** `a` compared with `b` by an operator such as `>=` or `ge`, by the rules of a kind of version. */
export function compareVersions(a: string, b: string, operator: string, kind: string): boolean {
  if (a === '' || b === '') throw new Fault('template-argument', 'the test "version" cannot compare an empty version')
  const by = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!by)
    throw new Fault(
      'template-argument',
      `the test "version" knows no version_type "${kind}": use ${Object.keys(kinds).join(', ')}`,
    )
  const name = (Object.hasOwn(signs, operator) ? signs[operator] : operator) ?? operator
  const holds = Object.hasOwn(operators, name) ? operators[name] : undefined
  if (!holds)
    throw new Fault(
      'template-argument',
      `the test "version" knows no operator "${operator}": use ${Object.keys(signs).join(' ')}`,
    )
  return holds(by(a, b))
}
