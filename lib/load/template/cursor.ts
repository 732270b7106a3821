import { syntax, type Token } from './lexer.ts'

/** A place in a list of tokens, moved on by the parser. */
export interface Cursor {
  readonly tokens: readonly Token[]
  index: number
  depth: number
}

/** The token at the cursor. */
export function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.index] as Token
}

/** The token at the cursor, which moves on; at the end it stays. */
export function next(cursor: Cursor): Token {
  const token = peek(cursor)
  if (token.kind !== 'end') cursor.index++
  return token
}

/** Whether that operator stands at the cursor. */
export function isOperator(cursor: Cursor, value: string): boolean {
  const token = peek(cursor)
  return token.kind === 'operator' && token.value === value
}

/** Whether that word stands at the cursor. */
export function isWord(cursor: Cursor, value: string): boolean {
  const token = peek(cursor)
  return token.kind === 'name' && token.value === value
}

/** Moves past that operator; false when something else stands there. */
export function skipOperator(cursor: Cursor, value: string): boolean {
  if (!isOperator(cursor, value)) return false
  cursor.index++
  return true
}

/** Moves past that word; false when something else stands there. */
export function skipWord(cursor: Cursor, value: string): boolean {
  if (!isWord(cursor, value)) return false
  cursor.index++
  return true
}

/** Moves past that operator; throws a Fault when something else stands there. */
export function expectOperator(cursor: Cursor, value: string): Token {
  if (!isOperator(cursor, value)) throw unexpected(cursor, `\`${value}\``)
  return next(cursor)
}

/** Moves past a name and answers it; throws a Fault when none stands there. `what` says what the name is of. */
export function expectName(cursor: Cursor, what = 'a name'): Token {
  if (peek(cursor).kind !== 'name') throw unexpected(cursor, what)
  return next(cursor)
}

/** A Fault that says what stands at the cursor and what was expected there. */
export function unexpected(cursor: Cursor, expected: string) {
  const token = peek(cursor)
  const found =
    token.kind === 'end'
      ? 'the end'
      : token.kind === 'text'
        ? 'text'
        : token.kind === 'string'
          ? 'a text in quotes'
          : `\`${token.value}\``
  const mend = token.value === '=' ? 'to compare, write `==`' : undefined
  return syntax(`expected ${expected}, found ${found}`, token.at, mend)
}
