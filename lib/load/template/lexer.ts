import { Fault } from './error.ts'

/** A piece of a template; `at` is its place in the text, counted in characters from 0. */
export interface Token {
  readonly kind: 'text' | 'open' | 'close' | 'name' | 'string' | 'integer' | 'float' | 'operator' | 'end'
  /** Text with escapes resolved, a name, a number as written, an operator, or `{{`, `{%`, `}}`, `%}`. */
  readonly value: string
  readonly at: number
}

/** How blanks and backslashes in a template are treated. */
export interface LexerOptions {
  /** Backslashes between quotes inside `{{ }}` stay as they are, as Ansible has it in playbooks (not in template files). */
  readonly rawStrings?: boolean
  /** The first newline after a `%}` or `#}` is dropped (default true). */
  readonly trimBlocks?: boolean
  /** Blanks from the start of a line up to a `{%` or `{#` are dropped (default false). */
  readonly lstripBlocks?: boolean
  /** Other marks than `{{ }}`, `{% %}` and `{# #}`. */
  readonly delimiters?: Delimiters
}

/** Beginning and end of each kind of mark. */
export interface Delimiters {
  readonly variable: readonly [string, string]
  readonly block: readonly [string, string]
  readonly comment: readonly [string, string]
}

const usual: Delimiters = { variable: ['{{', '}}'], block: ['{%', '%}'], comment: ['{#', '#}'] }

const escaped = (mark: string): string => mark.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const number = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y

const integer = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y

const word = /[\p{L}_][\p{L}\p{N}_]*/uy

const quoted = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y

const operators = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}><=.:|,;]/y

const blank = /\s+/y

/** Cuts a template into tokens by Jinja's rules for delimiters and blanks; throws a Fault `template-syntax`. */
export function tokenize(text: string, options: LexerOptions = {}): readonly Token[] {
  const { rawStrings = false, trimBlocks = true, lstripBlocks = false, delimiters = usual } = options
  const { variable, block, comment } = delimiters
  // Of two marks that begin alike, the longer one is meant.
  const marks = [variable[0], block[0], comment[0]].sort((a, b) => b.length - a.length)
  const openings = new RegExp(marks.map(escaped).join('|'), 'g')
  const rawStart = new RegExp(`${escaped(block[0])}([-+]?)\\s*raw\\s*([-+]?)${escaped(block[1])}`, 'y')
  const rawEnd = new RegExp(`${escaped(block[0])}([-+]?)\\s*endraw\\s*([-+]?)${escaped(block[1])}`, 'g')
  const tokens: Token[] = []
  let position = 0
  let textStart = 0

  const pushText = (end: number, sign: string, isBlock: boolean) => {
    let piece = text.slice(textStart, end)
    if (sign === '-') piece = piece.trimEnd()
    else if (lstripBlocks && sign !== '+' && isBlock)
      piece = lstripped(piece, textStart === 0 || text[textStart - 1] === '\n')
    if (piece !== '') tokens.push({ kind: 'text', value: piece, at: textStart })
  }
  const resume = (at: number, sign: string, isBlock: boolean) => {
    textStart = at
    if (sign === '-') while (textStart < text.length && /\s/.test(text.charAt(textStart))) textStart++
    else if (isBlock && trimBlocks && sign !== '+' && text[textStart] === '\n') textStart++
    position = textStart
  }

  while (true) {
    openings.lastIndex = position
    const match = openings.exec(text)
    if (!match) break
    const start = match.index
    const [opening] = match
    const inside = start + opening.length
    const sign = signAt(text, inside)

    if (opening === comment[0]) {
      pushText(start, sign, true)
      const end = text.indexOf(comment[1], inside)
      if (end === -1) throw syntax(`this comment is never closed: \`${comment[1]}\` is missing`, start)
      const last = text[end - 1]
      resume(end + comment[1].length, end > inside && (last === '-' || last === '+') ? last : '', true)
      continue
    }

    rawStart.lastIndex = start
    const isBlock = opening === block[0]
    const raw = isBlock ? rawStart.exec(text) : null
    if (raw) {
      pushText(start, raw[1] ?? '', true)
      resume(rawStart.lastIndex, raw[2] ?? '', false)
      rawEnd.lastIndex = textStart
      const end = rawEnd.exec(text)
      if (!end) throw syntax('this raw block is never closed: `{% endraw %}` is missing', start)
      pushText(end.index, end[1] ?? '', true)
      resume(rawEnd.lastIndex, end[2] ?? '', true)
      continue
    }

    pushText(start, sign, isBlock)
    tokens.push({ kind: 'open', value: isBlock ? '{%' : '{{', at: start })
    const closing = { mark: isBlock ? block[1] : variable[1], isBlock, opening }
    const end = lexInside(text, inside + sign.length, closing, start, rawStrings, tokens)
    resume(end.next, end.sign, isBlock)
  }
  pushText(text.length, '', false)
  tokens.push({ kind: 'end', value: '', at: text.length })
  return tokens
}

/** Cuts a bare expression, as `when` has it, into tokens. */
export function tokenizeExpression(text: string): readonly Token[] {
  const tokens: Token[] = []
  lexInside(text, 0, undefined, 0, false, tokens)
  tokens.push({ kind: 'end', value: '', at: text.length })
  return tokens
}

function signAt(text: string, at: number): string {
  const sign = text[at]
  return sign === '-' || sign === '+' ? sign : ''
}

function lstripped(piece: string, startsLine: boolean): string {
  const lineStart = piece.lastIndexOf('\n') + 1
  if (lineStart === 0 && !startsLine) return piece
  return piece.slice(lineStart).trim() === '' ? piece.slice(0, lineStart) : piece
}

/** Reads tokens up to `closing`; answers where the text goes on and the sign before the closing. */
function lexInside(
  text: string,
  from: number,
  closing: { readonly mark: string; readonly isBlock: boolean; readonly opening: string } | undefined,
  opened: number,
  rawStrings: boolean,
  tokens: Token[],
): { readonly next: number; readonly sign: string } {
  const brackets: { readonly value: string; readonly at: number }[] = []
  let at = from
  while (at < text.length) {
    blank.lastIndex = at
    if (blank.test(text)) {
      at = blank.lastIndex
      continue
    }
    if (closing !== undefined && brackets.length === 0) {
      const sign = signAt(text, at)
      const signed = sign !== '' && (sign === '-' || closing.isBlock) && text.startsWith(closing.mark, at + 1)
      if (signed || text.startsWith(closing.mark, at)) {
        tokens.push({ kind: 'close', value: closing.isBlock ? '%}' : '}}', at })
        return { next: at + closing.mark.length + (signed ? 1 : 0), sign: signed ? sign : '' }
      }
    }
    at = lexToken(text, at, closing?.isBlock === false && rawStrings, brackets, tokens)
  }
  const open = brackets.at(-1)
  if (open) throw syntax(`this \`${open.value}\` is never closed`, open.at)
  if (closing !== undefined)
    throw syntax(`this \`${closing.opening}\` is never closed: \`${closing.mark}\` is missing`, opened)
  return { next: at, sign: '' }
}

const pairs: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

function lexToken(
  text: string,
  at: number,
  raw: boolean,
  brackets: { value: string; at: number }[],
  tokens: Token[],
): number {
  const afterDot = tokens.at(-1)?.value === '.' && text[at - 1] === '.'
  for (const [kind, pattern] of patterns) {
    if (kind === 'float' && afterDot) continue
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found === undefined) continue
    if (kind === 'string') tokens.push({ kind, value: raw ? unquoteRaw(found) : unquote(found, at), at })
    else tokens.push({ kind, value: found, at })
    if (kind === 'operator') balance(found, at, brackets)
    return at + found.length
  }
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (char === '"' || char === "'") throw syntax(`this ${char} is never closed`, at)
  if (char === '&' || char === '!')
    throw syntax(`unexpected \`${char}\``, at, char === '!' ? 'write `not` or `!=`' : 'write `and`')
  throw syntax(`unexpected \`${char}\``, at)
}

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', word],
  ['float', number],
  ['integer', integer],
  ['string', quoted],
  ['operator', operators],
]

function balance(operator: string, at: number, brackets: { value: string; at: number }[]): void {
  if (pairs[operator] !== undefined) brackets.push({ value: operator, at })
  else if (operator === ')' || operator === ']' || operator === '}') {
    const open = brackets.pop()
    if (!open) throw syntax(`this \`${operator}\` closes nothing`, at)
    if (pairs[open.value] !== operator)
      throw syntax(`\`${operator}\` does not close \`${open.value}\`: expected \`${pairs[open.value]}\``, at)
  }
}

function unquoteRaw(literal: string): string {
  const quote = literal.charAt(0)
  return literal.slice(1, -1).replaceAll(`\\${quote}`, quote)
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

/** Resolves the escapes Python knows; an unknown one keeps its backslash. */
function unquote(literal: string, at: number): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  return literal
    .slice(1, -1)
    .replace(
      /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
      (whole, x, u, U, octal, char) => {
        const hex = x ?? u ?? U
        const code =
          hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : undefined
        if (code !== undefined) {
          if (code > 0x10ffff) throw syntax(`there is no character ${whole}`, at)
          return String.fromCodePoint(code)
        }
        return escapes[char] ?? whole
      },
    )
}

/** A Fault about the shape of a template. */
export function syntax(message: string, offset: number, mend?: string): Fault {
  return new Fault('template-syntax', message, { offset, mend })
}
