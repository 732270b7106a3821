import { type Cursor, within } from './cursor.ts'

/** One word of a shell script. */
export interface Word {
  /** The text to emit: as written, with the scripts inside `$(…)` and backticks rewritten. */
  readonly raw: string
  /** The text as written. */
  readonly source: string
  /** What the word means, when nothing in it is expanded by the shell. */
  readonly literal: string | undefined
  /** What the word begins with, up to its first expansion. */
  readonly lead: string
  /** True when an unquoted `*`, `?` or `[` is in it. */
  readonly glob: boolean
}

const META = new Set([' ', '\t', '\n', '\r', ';', '&', '|', '<', '>', '(', ')'])

/** Reads one word; the cursor stands on its first character. */
export function readWord(cursor: Cursor): Word {
  const start = cursor.at
  const { text } = cursor
  let raw = ''
  let value = ''
  let lead: string | undefined
  let glob = false
  const expansion = (part: string) => {
    lead ??= value
    raw += part
  }
  for (let c = text[cursor.at]; c !== undefined && !META.has(c); c = text[cursor.at]) {
    if (c === '\\') {
      const next = text[cursor.at + 1] ?? ''
      if (next !== '\n') value += next
      raw += c + next
      cursor.at += 2
    } else if (c === "'") {
      const end = until(text, "'", cursor.at + 1)
      value += text.slice(cursor.at + 1, end)
      raw += text.slice(cursor.at, end + 1)
      cursor.at = end + 1
    } else if (c === '"') {
      const part = readDouble(cursor)
      if (part.lead === undefined) value += part.value
      else {
        lead ??= value + part.lead
        value += part.value
      }
      raw += part.raw
    } else if (c === '`') {
      expansion(readBackticks(cursor, false))
    } else if (c === '$') {
      const part = readDollar(cursor, false)
      if (part === '$') {
        value += part
        raw += part
      } else expansion(part)
    } else {
      if (c === '*' || c === '?' || c === '[') glob = true
      value += c
      raw += c
      cursor.at += 1
    }
  }
  return {
    raw,
    source: text.slice(start, cursor.at),
    literal: lead === undefined ? value : undefined,
    lead: lead ?? value,
    glob,
  }
}

interface Quoted {
  readonly raw: string
  readonly value: string
  readonly lead: string | undefined
}

function readDouble(cursor: Cursor): Quoted {
  cursor.at += 1
  const body = readExpanding(cursor, '"')
  cursor.at += 1
  return { ...body, raw: `"${body.raw}"` }
}

/** Text in which only `\`, `$` and backticks mean something: inside double quotes, or a here-document (`end` undefined). */
export function readExpanding(cursor: Cursor, end: '"' | undefined): Quoted {
  const { text } = cursor
  let raw = ''
  let value = ''
  let lead: string | undefined
  for (let c = text[cursor.at]; c !== undefined && c !== end; c = text[cursor.at]) {
    if (c === '\\') {
      const next = text[cursor.at + 1] ?? ''
      value += '$`"\\'.includes(next) ? next : next === '\n' ? '' : c + next
      raw += c + next
      cursor.at += 2
    } else if (c === '$' || c === '`') {
      const part = c === '$' ? readDollar(cursor, true) : readBackticks(cursor, true)
      if (part === '$') value += part
      else lead ??= value
      raw += part
    } else {
      value += c
      raw += c
      cursor.at += 1
    }
  }
  return { raw, value, lead }
}

function readDollar(cursor: Cursor, quoted: boolean): string {
  const { text } = cursor
  const next = text[cursor.at + 1]
  if (next === '(') {
    if (text[cursor.at + 2] === '(') {
      const sum = readArithmetic(cursor)
      if (sum !== undefined) return sum
    }
    cursor.at += 2
    return `$(${cursor.list(cursor, ')')}`
  }
  if (next === '{') return readBraces(cursor, quoted)
  if (next === "'" && !quoted) {
    let end = cursor.at + 2
    while (end < text.length && text[end] !== "'") end += text[end] === '\\' ? 2 : 1
    return take(cursor, end + 1)
  }
  const name = /^\$(?:\w+|[@*#?$!-])/.exec(text.slice(cursor.at, cursor.at + 256))
  if (name === null) return take(cursor, cursor.at + 1)
  const digit = /^\$\d/.test(name[0])
  return take(cursor, cursor.at + (digit ? 2 : name[0].length))
}

/** `$((…))`; undefined, with the cursor back, when it turns out to be a subshell inside `$(`. */
function readArithmetic(cursor: Cursor): string | undefined {
  const start = cursor.at
  const { text } = cursor
  let raw = '$(('
  let depth = 2
  cursor.at += 3
  while (cursor.at < text.length) {
    const c = text[cursor.at] as string
    if (c === '$' || c === '`') {
      raw += c === '$' ? readDollar(cursor, true) : readBackticks(cursor, true)
      continue
    }
    if (c === '(') depth += 1
    if (c === ')') depth -= 1
    if (depth === 1 && text[cursor.at + 1] !== ')') break
    raw += c
    cursor.at += 1
    if (depth === 0) return raw
  }
  cursor.at = start
  return undefined
}

function readBraces(cursor: Cursor, quoted: boolean): string {
  const { text } = cursor
  let raw = '${'
  cursor.at += 2
  for (let c = text[cursor.at]; c !== undefined; c = text[cursor.at]) {
    if (c === '}') {
      cursor.at += 1
      return `${raw}}`
    }
    if (c === '\\') raw += take(cursor, cursor.at + 2)
    else if (c === "'" && !quoted) raw += take(cursor, until(text, "'", cursor.at + 1) + 1)
    else if (c === '"') raw += readDouble(cursor).raw
    else if (c === '`') raw += readBackticks(cursor, quoted)
    else if (c === '$') raw += readDollar(cursor, quoted)
    else raw += take(cursor, cursor.at + 1)
  }
  return raw
}

function readBackticks(cursor: Cursor, quoted: boolean): string {
  const { text } = cursor
  const start = cursor.at
  let inner = ''
  cursor.at += 1
  for (let c = text[cursor.at]; c !== undefined && c !== '`'; c = text[cursor.at]) {
    const next = text[cursor.at + 1] ?? ''
    const escaped = c === '\\' && ('$`\\'.includes(next) || (quoted && next === '"'))
    inner += escaped ? next : c
    cursor.at += escaped ? 2 : 1
  }
  if (text[cursor.at] === undefined) return text.slice(start)
  cursor.at += 1
  const script = cursor.list(within(cursor, `${inner}\n)`), ')')
  return `$(${script.startsWith('(') ? ' ' : ''}${script}`
}

function take(cursor: Cursor, end: number): string {
  const part = cursor.text.slice(cursor.at, end)
  cursor.at = Math.min(end, cursor.text.length)
  return part
}

function until(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from)
  return found === -1 ? text.length : found
}

/** Eats blanks, with `lines` also line breaks and comments. */
export function blanks(cursor: Cursor, lines: boolean): string {
  const found =
    (lines ? /^(?:[ \t\r\n]|\\\n|#[^\n]*)*/ : /^(?:[ \t]|\\\n)*/).exec(cursor.text.slice(cursor.at))?.[0] ?? ''
  cursor.at += found.length
  return found
}
