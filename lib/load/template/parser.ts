import { type Args, type BinaryOperator, type Comparison, type Expression, noArgs } from './ast.ts'
import {
  type Cursor,
  expectName,
  expectOperator,
  isOperator,
  isWord,
  next,
  peek,
  skipOperator,
  skipWord,
  unexpected,
} from './cursor.ts'
import { syntax, tokenizeExpression } from './lexer.ts'

/** Deeper nesting than this is refused: no person wrote it. */
const maxDepth = 150

/** Reads a bare expression, as `when` has it; throws a Fault `template-syntax`. */
export function parseExpressionText(text: string): Expression {
  const cursor: Cursor = { tokens: tokenizeExpression(text), index: 0, depth: 0 }
  if (peek(cursor).kind === 'end') throw syntax('there is no expression here', 0)
  const expression = parseTuple(cursor)
  if (peek(cursor).kind !== 'end') throw unexpected(cursor, 'an operator or the end')
  return expression
}

/** An expression, or several with commas between them, which make a tuple. */
export function parseTuple(cursor: Cursor, ends: readonly string[] = [], withChoice = true): Expression {
  const parse = withChoice ? parseExpression : parseOr
  const first = peek(cursor)
  const items = [parse(cursor)]
  let isTuple = false
  while (skipOperator(cursor, ',')) {
    isTuple = true
    if (endsTuple(cursor, ends)) break
    items.push(parse(cursor))
  }
  return isTuple ? { kind: 'tuple', at: first.at, items } : (items[0] as Expression)
}

function endsTuple(cursor: Cursor, ends: readonly string[]): boolean {
  const token = peek(cursor)
  if (token.kind === 'close' || token.kind === 'end' || isOperator(cursor, ')')) return true
  return token.kind === 'name' && ends.includes(token.value)
}

/** An expression with an inline `if` where there is one. */
export function parseExpression(cursor: Cursor): Expression {
  cursor.depth++
  if (cursor.depth > maxDepth) throw syntax('this expression is nested too deeply', peek(cursor).at)
  let left = parseOr(cursor)
  while (isWord(cursor, 'if')) {
    const at = next(cursor).at
    const test = parseOr(cursor)
    const otherwise = skipWord(cursor, 'else') ? parseExpression(cursor) : undefined
    left = { kind: 'choice', at, test, whenTrue: left, otherwise }
  }
  cursor.depth--
  return left
}

/** An expression without an inline `if`. */
export function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor)
  while (isWord(cursor, 'or')) left = { kind: 'or', at: next(cursor).at, left, right: parseAnd(cursor) }
  return left
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor)
  while (isWord(cursor, 'and')) left = { kind: 'and', at: next(cursor).at, left, right: parseNot(cursor) }
  return left
}

function parseNot(cursor: Cursor): Expression {
  if (!isWord(cursor, 'not')) return parseCompare(cursor)
  cursor.depth++
  if (cursor.depth > maxDepth) throw syntax('this expression is nested too deeply', peek(cursor).at)
  const node: Expression = { kind: 'not', at: next(cursor).at, of: parseNot(cursor) }
  cursor.depth--
  return node
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>='])

function parseCompare(cursor: Cursor): Expression {
  const left = parseSum(cursor)
  const rest: { operator: Comparison; right: Expression }[] = []
  const at = peek(cursor).at
  while (true) {
    const token = peek(cursor)
    if (token.kind === 'operator' && comparisons.has(token.value)) {
      cursor.index++
      rest.push({ operator: token.value as Comparison, right: parseSum(cursor) })
    } else if (skipWord(cursor, 'in')) {
      rest.push({ operator: 'in', right: parseSum(cursor) })
    } else if (isWord(cursor, 'not') && cursor.tokens[cursor.index + 1]?.value === 'in') {
      cursor.index += 2
      rest.push({ operator: 'not in', right: parseSum(cursor) })
    } else break
  }
  return rest.length === 0 ? left : { kind: 'compare', at, left, rest }
}

/** One level of operators that bind equally, from left to right. */
function level(operators: readonly string[], parse: (cursor: Cursor) => Expression): (cursor: Cursor) => Expression {
  return (cursor) => {
    let left = parse(cursor)
    while (peek(cursor).kind === 'operator' && operators.includes(peek(cursor).value)) {
      const token = next(cursor)
      left = { kind: 'binary', at: token.at, operator: token.value as BinaryOperator, left, right: parse(cursor) }
    }
    return left
  }
}

const parsePower = level(['**'], (cursor) => parseUnary(cursor, true))

const parseProduct = level(['*', '/', '//', '%'], parsePower)

const parseSum = level(['+', '-'], parseConcat)

function parseConcat(cursor: Cursor): Expression {
  const first = parseProduct(cursor)
  if (!isOperator(cursor, '~')) return first
  const items = [first]
  const at = peek(cursor).at
  while (skipOperator(cursor, '~')) items.push(parseProduct(cursor))
  return { kind: 'concat', at, items }
}

function parseUnary(cursor: Cursor, withFilters: boolean): Expression {
  cursor.depth++
  if (cursor.depth > maxDepth) throw syntax('this expression is nested too deeply', peek(cursor).at)
  let node: Expression
  if (isOperator(cursor, '-')) node = { kind: 'negative', at: next(cursor).at, of: parseUnary(cursor, false) }
  else if (isOperator(cursor, '+')) node = { kind: 'positive', at: next(cursor).at, of: parseUnary(cursor, false) }
  else node = parsePrimary(cursor)
  node = parsePostfix(cursor, node)
  if (withFilters) node = parseFilters(cursor, node)
  cursor.depth--
  return node
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
])

function parsePrimary(cursor: Cursor): Expression {
  const token = peek(cursor)
  const { at } = token
  switch (token.kind) {
    case 'name': {
      cursor.index++
      const value = constants.get(token.value)
      return value === undefined ? { kind: 'name', at, name: token.value } : { kind: 'constant', at, value }
    }
    case 'string': {
      let value = ''
      while (peek(cursor).kind === 'string') value += next(cursor).value
      return { kind: 'constant', at, value }
    }
    case 'integer':
      cursor.index++
      return { kind: 'constant', at, value: integerOf(token.value) }
    case 'float':
      cursor.index++
      return { kind: 'float', at, value: Number(token.value.replaceAll('_', '')) }
    case 'operator':
      cursor.index++
      if (token.value === '(') return parseParentheses(cursor, at)
      if (token.value === '[') return { kind: 'list', at, items: parseItems(cursor, ']') }
      if (token.value === '{') return { kind: 'dict', at, entries: parseEntries(cursor) }
      cursor.index--
      throw unexpected(cursor, 'a value')
    default:
      throw unexpected(cursor, 'a value')
  }
}

function integerOf(written: string): number | bigint {
  const digits = written.replaceAll('_', '')
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}

function parseParentheses(cursor: Cursor, at: number): Expression {
  if (skipOperator(cursor, ')')) return { kind: 'tuple', at, items: [] }
  const inner = parseTuple(cursor)
  expectOperator(cursor, ')')
  return inner
}

function parseItems(cursor: Cursor, end: string): readonly Expression[] {
  const items: Expression[] = []
  while (!isOperator(cursor, end)) {
    if (items.length > 0) expectComma(cursor, end)
    if (isOperator(cursor, end)) break
    items.push(parseExpression(cursor))
  }
  next(cursor)
  return items
}

function expectComma(cursor: Cursor, end: string): void {
  if (!isOperator(cursor, ',')) throw unexpected(cursor, `\`,\` or \`${end}\``)
  next(cursor)
}

function parseEntries(cursor: Cursor): readonly (readonly [Expression, Expression])[] {
  const entries: (readonly [Expression, Expression])[] = []
  while (!isOperator(cursor, '}')) {
    if (entries.length > 0) expectComma(cursor, '}')
    if (isOperator(cursor, '}')) break
    const key = parseExpression(cursor)
    expectOperator(cursor, ':')
    entries.push([key, parseExpression(cursor)])
  }
  next(cursor)
  return entries
}

function parsePostfix(cursor: Cursor, start: Expression): Expression {
  let node = start
  while (true) {
    if (isOperator(cursor, '.')) node = parseDot(cursor, node)
    else if (isOperator(cursor, '[')) node = parseSubscript(cursor, node)
    else if (isOperator(cursor, '('))
      node = { kind: 'call', at: peek(cursor).at, callee: node, args: parseArgs(cursor) }
    else return node
  }
}

function parseDot(cursor: Cursor, of: Expression): Expression {
  next(cursor)
  const token = peek(cursor)
  if (token.kind === 'integer') {
    cursor.index++
    return { kind: 'item', at: token.at, of, key: { kind: 'constant', at: token.at, value: Number(token.value) } }
  }
  const name = expectName(cursor, 'a name or a number after the dot')
  return { kind: 'attribute', at: name.at, of, name: name.value }
}

function parseSubscript(cursor: Cursor, of: Expression): Expression {
  const at = next(cursor).at
  if (isOperator(cursor, ']')) throw syntax('there is nothing between these brackets', at)
  const bounds: (Expression | undefined)[] = []
  let isSlice = false
  let expectsValue = true
  while (!isOperator(cursor, ']')) {
    if (isOperator(cursor, ':')) {
      cursor.index++
      isSlice = true
      if (expectsValue) bounds.push(undefined)
      expectsValue = true
    } else {
      if (!expectsValue) throw unexpected(cursor, '`]`')
      bounds.push(parseTuple(cursor))
      expectsValue = false
    }
  }
  next(cursor)
  if (bounds.length > 3) throw syntax('a slice has at most three parts: start, stop and step', at)
  const key = bounds[0]
  return isSlice || key === undefined ? { kind: 'slice', at, of, bounds } : { kind: 'item', at, of, key }
}

/** Filters, tests and calls, which bind more tightly than any operator. */
export function parseFilters(cursor: Cursor, start: Expression | undefined): Expression {
  let node = start
  while (true) {
    if (isOperator(cursor, '|')) {
      next(cursor)
      node = parseFilter(cursor, node)
    } else if (node && isWord(cursor, 'is')) node = parseTest(cursor, node)
    else if (node && isOperator(cursor, '('))
      node = { kind: 'call', at: peek(cursor).at, callee: node, args: parseArgs(cursor) }
    else return node as Expression
  }
}

/** One filter; the cursor stands at its name. */
export function parseFilter(cursor: Cursor, input: Expression | undefined): Expression {
  const { name, at } = parseDottedName(cursor, 'the name of a filter')
  return { kind: 'filter', at, input, name, args: isOperator(cursor, '(') ? parseArgs(cursor) : noArgs }
}

/** Ansible's own filters and tests may be written in full: `ansible.builtin.combine`. */
function parseDottedName(cursor: Cursor, what: string): { readonly name: string; readonly at: number } {
  const first = expectName(cursor, what)
  let name = first.value
  while (skipOperator(cursor, '.')) name += `.${expectName(cursor, what).value}`
  return {
    name: name.replace(/^(?:ansible\.(?:builtin|utils|legacy|netcommon)|community\.general)\./, ''),
    at: first.at,
  }
}

const notAnArgument = new Set(['else', 'or', 'and', 'if', 'in', 'is', 'not', 'recursive'])

function parseTest(cursor: Cursor, input: Expression): Expression {
  const isAt = next(cursor).at
  const negated = skipWord(cursor, 'not')
  const { name, at } = parseDottedName(cursor, 'the name of a test')
  const token = peek(cursor)
  let args = noArgs
  if (isOperator(cursor, '(')) args = parseArgs(cursor)
  else if (
    (token.kind === 'name' && !notAnArgument.has(token.value)) ||
    token.kind === 'string' ||
    token.kind === 'integer' ||
    token.kind === 'float' ||
    isOperator(cursor, '[') ||
    isOperator(cursor, '{')
  )
    args = { ...noArgs, positional: [parsePostfix(cursor, parsePrimary(cursor))] }
  else if (token.value === 'is' && token.kind === 'name')
    throw syntax('tests cannot be chained', token.at, 'write `x is a and x is b`')
  const node: Expression = { kind: 'test', at, input, name, args }
  return negated ? { kind: 'not', at: isAt, of: node } : node
}

/** The arguments of a call; the cursor stands at the opening parenthesis. */
export function parseArgs(cursor: Cursor): Args {
  next(cursor)
  const positional: Expression[] = []
  const named: (readonly [string, Expression])[] = []
  let spread: Expression | undefined
  let namedSpread: Expression | undefined
  let count = 0
  while (!isOperator(cursor, ')')) {
    if (count++ > 0) expectComma(cursor, ')')
    if (isOperator(cursor, ')')) break
    const token = peek(cursor)
    if (skipOperator(cursor, '*')) spread = parseExpression(cursor)
    else if (skipOperator(cursor, '**')) namedSpread = parseExpression(cursor)
    else if (token.kind === 'name' && isAssignment(cursor)) {
      cursor.index += 2
      named.push([token.value, parseExpression(cursor)])
    } else {
      if (named.length > 0) throw syntax('an argument without a name cannot follow one with a name', token.at)
      positional.push(parseExpression(cursor))
    }
  }
  next(cursor)
  return { positional, named, spread, namedSpread }
}

function isAssignment(cursor: Cursor): boolean {
  const after = cursor.tokens[cursor.index + 1]
  return after?.kind === 'operator' && after.value === '='
}
