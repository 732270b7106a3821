import { didYouMean } from '../../core/closest.ts'
import type { Expression, Parameter, Statement, Target, Template } from './ast.ts'
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
import { type LexerOptions, syntax, type Token, tokenize } from './lexer.ts'
import { parseExpression, parseFilter, parseFilters, parseOr, parseTuple } from './parser.ts'

/** Reads a template; throws a Fault `template-syntax` with the place in the text. */
export function parseTemplate(text: string, options: LexerOptions = {}): Template {
  const cursor: Cursor = { tokens: tokenize(text, options), index: 0, depth: 0 }
  return { body: parseBody(cursor, undefined, []), text }
}

/** Statements up to the tag named in `ends`, whose name is then the next token; `opener` is the tag that must be closed. */
function parseBody(cursor: Cursor, opener: Token | undefined, ends: readonly string[]): readonly Statement[] {
  const body: Statement[] = []
  while (true) {
    const token = next(cursor)
    if (token.kind === 'text') body.push({ kind: 'text', at: token.at, text: token.value })
    else if (token.value === '{{') {
      if (peek(cursor).kind === 'close') throw syntax('there is no expression between these braces', token.at)
      body.push({ kind: 'output', at: peek(cursor).at, value: parseTuple(cursor) })
      closeTag(cursor, '}}')
    } else if (token.value === '{%' && token.kind === 'open') {
      const tag = peek(cursor)
      if (tag.kind === 'name' && ends.includes(tag.value)) return body
      body.push(parseStatement(cursor, opener))
    } else if (opener)
      throw syntax(`this {% ${opener.value} %} is never closed: {% ${ends.at(-1)} %} is missing`, opener.at)
    else return body
  }
}

function closeTag(cursor: Cursor, closing: '}}' | '%}'): void {
  if (peek(cursor).kind !== 'close') throw unexpected(cursor, `\`${closing}\``)
  next(cursor)
}

/** The end of a tag, its body, and the end tag, whose name is one of `ends`; answers that name. */
function parseBlock(
  cursor: Cursor,
  opener: Token,
  ends: readonly string[],
): { body: readonly Statement[]; end: string } {
  closeTag(cursor, '%}')
  cursor.depth++
  if (cursor.depth > 100) throw syntax('the blocks of this template are nested too deeply', opener.at)
  const body = parseBody(cursor, opener, ends)
  cursor.depth--
  return { body, end: next(cursor).value }
}

function parseWhole(cursor: Cursor, opener: Token, end: string): readonly Statement[] {
  const { body } = parseBlock(cursor, opener, [end])
  if (end === 'endblock' && peek(cursor).kind === 'name') next(cursor)
  closeTag(cursor, '%}')
  return body
}

const parsers: Readonly<Record<string, (cursor: Cursor, tag: Token) => Statement>> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  macro: (cursor, tag) => {
    const name = expectName(cursor).value
    const parameters = parseParameters(cursor)
    return { kind: 'macro', at: tag.at, name, parameters, body: parseWhole(cursor, tag, 'endmacro') }
  },
  call: (cursor, tag) => {
    const parameters = isOperator(cursor, '(') ? parseParameters(cursor) : []
    const call = parseExpression(cursor)
    if (call.kind !== 'call') throw syntax('expected a call of a macro', call.at)
    return { kind: 'call-block', at: tag.at, call, parameters, body: parseWhole(cursor, tag, 'endcall') }
  },
  filter: (cursor, tag) => {
    const filter = parseFilters(cursor, parseFilter(cursor, undefined))
    return { kind: 'filter-block', at: tag.at, filter, body: parseWhole(cursor, tag, 'endfilter') }
  },
  with: (cursor, tag) => {
    const names: (readonly [Target, Expression])[] = []
    while (peek(cursor).kind !== 'close') {
      if (names.length > 0) expectOperator(cursor, ',')
      const target = parseTarget(cursor)
      expectOperator(cursor, '=')
      names.push([target, parseExpression(cursor)])
    }
    return { kind: 'with', at: tag.at, names, body: parseWhole(cursor, tag, 'endwith') }
  },
  block: (cursor, tag) => {
    expectName(cursor)
    return { kind: 'block', at: tag.at, body: parseWhole(cursor, tag, 'endblock') }
  },
  autoescape: (cursor, tag) => {
    parseExpression(cursor)
    return { kind: 'block', at: tag.at, body: parseWhole(cursor, tag, 'endautoescape') }
  },
  include: (cursor, tag) => {
    const template = parseExpression(cursor)
    const ignoreMissing = isWord(cursor, 'ignore') && cursor.tokens[cursor.index + 1]?.value === 'missing'
    if (ignoreMissing) cursor.index += 2
    const context = parseContext(cursor, true)
    closeTag(cursor, '%}')
    return { kind: 'include', at: tag.at, template, ignoreMissing, context }
  },
  import: (cursor, tag) => {
    const template = parseExpression(cursor)
    if (!skipWord(cursor, 'as')) throw unexpected(cursor, '`as` and a name')
    const as = expectName(cursor).value
    const context = parseContext(cursor, false)
    closeTag(cursor, '%}')
    return { kind: 'import', at: tag.at, template, as, context }
  },
  from: parseFrom,
}

function parseStatement(cursor: Cursor, opener: Token | undefined): Statement {
  const tag = expectName(cursor, 'the name of a tag')
  const parse = Object.hasOwn(parsers, tag.value) ? parsers[tag.value] : undefined
  if (parse) return parse(cursor, tag)
  if (/^(end|el)/.test(tag.value))
    throw opener
      ? syntax(`{% ${tag.value} %} does not close {% ${opener.value} %}`, tag.at)
      : syntax(`{% ${tag.value} %} closes nothing`, tag.at)
  const mend =
    tag.value === 'do'
      ? 'write {% set _ = … %}'
      : tag.value === 'extends'
        ? 'use {% include %} or a macro'
        : didYouMean(tag.value, Object.keys(parsers), 'known tags')
  throw syntax(`there is no tag {% ${tag.value} %}`, tag.at, mend)
}

function parseIf(cursor: Cursor, tag: Token): Statement {
  const branches: { test: Expression; body: readonly Statement[] }[] = []
  while (true) {
    const test = parseTuple(cursor, [], false)
    const { body, end } = parseBlock(cursor, tag, ['elif', 'else', 'endif'])
    branches.push({ test, body })
    if (end === 'elif') continue
    const otherwise = end === 'else' ? parseBlock(cursor, tag, ['endif']).body : []
    closeTag(cursor, '%}')
    return { kind: 'if', at: tag.at, branches, otherwise }
  }
}

function parseFor(cursor: Cursor, tag: Token): Statement {
  const target = parseTarget(cursor)
  if (!skipWord(cursor, 'in')) throw unexpected(cursor, '`in`')
  const of = parseTuple(cursor, ['recursive', 'if'], false)
  const test = skipWord(cursor, 'if') ? parseExpression(cursor) : undefined
  if (isWord(cursor, 'recursive'))
    throw syntax('recursive loops are not supported', peek(cursor).at, 'write a macro that calls itself')
  const { body, end } = parseBlock(cursor, tag, ['else', 'endfor'])
  const otherwise = end === 'else' ? parseBlock(cursor, tag, ['endfor']).body : []
  closeTag(cursor, '%}')
  return { kind: 'for', at: tag.at, target, of, test, body, otherwise }
}

function parseSet(cursor: Cursor, tag: Token): Statement {
  const target = parseTarget(cursor)
  if (skipOperator(cursor, '=')) {
    const value = parseTuple(cursor)
    closeTag(cursor, '%}')
    return { kind: 'set', at: tag.at, target, value }
  }
  const filter = isOperator(cursor, '|') ? parseFilters(cursor, undefined) : undefined
  return { kind: 'set-block', at: tag.at, target, filter, body: parseWhole(cursor, tag, 'endset') }
}

/** A name, `namespace.name`, or several of them, with or without parentheses. */
function parseTarget(cursor: Cursor): Target {
  const first = peek(cursor)
  const items = [parseSingleTarget(cursor)]
  let isTuple = false
  while (skipOperator(cursor, ',')) {
    isTuple = true
    const token = peek(cursor)
    if ((token.kind !== 'name' && !isOperator(cursor, '(')) || token.value === 'in') break
    items.push(parseSingleTarget(cursor))
  }
  return isTuple ? { kind: 'names', at: first.at, items } : (items[0] as Target)
}

function parseSingleTarget(cursor: Cursor): Target {
  if (skipOperator(cursor, '(')) {
    const inner = parseTarget(cursor)
    expectOperator(cursor, ')')
    return inner
  }
  const name = expectName(cursor)
  if (!skipOperator(cursor, '.')) return { kind: 'name', at: name.at, name: name.value }
  return { kind: 'field', at: name.at, object: name.value, name: expectName(cursor).value }
}

function parseParameters(cursor: Cursor): readonly Parameter[] {
  const parameters: Parameter[] = []
  expectOperator(cursor, '(')
  while (!isOperator(cursor, ')')) {
    if (parameters.length > 0) expectOperator(cursor, ',')
    if (isOperator(cursor, ')')) break
    const name = expectName(cursor, 'the name of a parameter').value
    parameters.push({ name, fallback: skipOperator(cursor, '=') ? parseExpression(cursor) : undefined })
  }
  next(cursor)
  return parameters
}

function parseContext(cursor: Cursor, fallback: boolean): boolean {
  const follows = cursor.tokens[cursor.index + 1]?.value === 'context'
  if (!follows || !(isWord(cursor, 'with') || isWord(cursor, 'without'))) return fallback
  const context = next(cursor).value === 'with'
  next(cursor)
  return context
}

function parseFrom(cursor: Cursor, tag: Token): Statement {
  const template = parseOr(cursor)
  if (!skipWord(cursor, 'import')) throw unexpected(cursor, '`import`')
  const names: (readonly [string, string])[] = []
  let context = false
  while (true) {
    const name = expectName(cursor).value
    names.push([name, skipWord(cursor, 'as') ? expectName(cursor).value : name])
    context = parseContext(cursor, context)
    if (!skipOperator(cursor, ',')) break
  }
  closeTag(cursor, '%}')
  return { kind: 'from', at: tag.at, template, names, context }
}
