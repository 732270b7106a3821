import { BoundedRegExp } from '../../core/bounded-regex.ts'
import { Fault } from './error.ts'

/** Flags in the words Ansible's filters use. */
export interface RegexFlags {
  readonly ignorecase?: boolean
  readonly multiline?: boolean
}

const compiled = new Map<string, RegExp>()

/**
 * A regular expression in Python's notation as one that JavaScript runs, with the flag `g`. Throws a Fault
 * `template-regex` for what is malformed, and for what JavaScript has no counterpart of.
 */
export function pythonRegex(pattern: string, flags: RegexFlags = {}): RegExp {
  const key = `${flags.ignorecase ? 'i' : ''}${flags.multiline ? 'm' : ''}/${pattern}`
  const known = compiled.get(key)
  if (known) {
    known.lastIndex = 0
    return known
  }
  const made = compile(pattern, flags)
  if (compiled.size >= 500) compiled.clear()
  compiled.set(key, made)
  return made
}

function compile(pattern: string, given: RegexFlags): RegExp {
  const inline = /^\(\?([aiLmsux]+)\)/.exec(pattern)
  const letters = inline?.[1] ?? ''
  if (letters.includes('x')) throw regexFault('verbose patterns (`(?x)`) are not supported')
  const state: State = {
    source: pattern.slice(inline?.[0].length ?? 0),
    at: 0,
    multiline: given.multiline === true || letters.includes('m'),
    dotAll: letters.includes('s'),
    ascii: letters.includes('a'),
    closings: [],
  }
  let out = ''
  while (state.at < state.source.length) out += translateNext(state)
  try {
    return new BoundedRegExp(out, given.ignorecase || letters.includes('i') ? 'giv' : 'gv')
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : ''
    throw regexFault(`the regular expression is malformed${reason === '' ? '' : `: ${reason}`}`)
  }
}

interface State {
  readonly source: string
  at: number
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly ascii: boolean
  /** What closes the groups that are open. */
  readonly closings: string[]
}

function regexFault(message: string): Fault {
  return new Fault('template-regex', message)
}

const end = '(?![^])'

const start = '(?<![^])'

function translateNext(state: State): string {
  const { source } = state
  const char = source[state.at++] as string
  switch (char) {
    case '\\':
      return translateEscape(state)
    case '[':
      return translateClass(state)
    case '.':
      return state.dotAll ? '[^]' : '[^\\n]'
    case '^':
      return state.multiline ? '(?<![^\\n])' : start
    case '$':
      return state.multiline ? '(?![^\\n])' : `(?=\\n?${end})`
    case '(':
      return translateGroup(state)
    case ')':
      return state.closings.pop() ?? ')'
    case '{':
      return translateRepeat(state)
    case '}':
    case ']':
    case '/':
      return `\\${char}`
    case '*':
    case '+':
    case '?':
      if (source[state.at] === '+') throw regexFault('possessive repeats (`*+`, `++`, `?+`) are not supported')
      return char
    default:
      return char
  }
}

function translateRepeat(state: State): string {
  const found = /^(?:(\d+)(?:(,)(\d*))?|,(\d+))\}/.exec(state.source.slice(state.at, state.at + 24))
  if (!found) return '\\{'
  state.at += found[0].length
  if (state.source[state.at] === '+') throw regexFault('possessive repeats (`{1,2}+`) are not supported')
  return found[4] === undefined ? `{${found[0]}` : `{0,${found[4]}}`
}

function translateGroup(state: State): string {
  const rest = state.source.slice(state.at)
  const named = /^\?P<([\p{L}_][\p{L}\p{N}_]*)>/u.exec(rest)
  if (named) {
    state.at += named[0].length
    state.closings.push(')')
    return `(?<${named[1]}>`
  }
  const back = /^\?P=([\p{L}_][\p{L}\p{N}_]*)\)/u.exec(rest)
  if (back) {
    state.at += back[0].length
    return `\\k<${back[1]}>`
  }
  if (rest.startsWith('?#')) {
    const close = rest.indexOf(')')
    state.at += close === -1 ? rest.length : close + 1
    return ''
  }
  const plain = /^\?(?::|=|!|<=|<!)/.exec(rest)
  if (plain) {
    state.at += plain[0].length
    const looksAround = plain[0] !== '?:'
    state.closings.push(looksAround ? '))' : ')')
    return looksAround ? `(?:(${plain[0]}` : '(?:'
  }
  if (rest.startsWith('?')) throw regexFault(`the group \`(${rest.slice(0, 3)}\` is not supported`)
  state.closings.push(')')
  return '('
}

function wordClass(state: State): string {
  return state.ascii ? 'a-zA-Z0-9_' : '\\p{L}\\p{N}_'
}

/** A class of characters named by one letter, to be put between brackets. */
function namedClass(letter: string, state: State): string | undefined {
  if (letter === 'd' || letter === 'D') return state.ascii ? '0-9' : '\\p{Nd}'
  if (letter === 'w' || letter === 'W') return wordClass(state)
  if (letter === 's' || letter === 'S') return '\\s\\x1c-\\x1f\\x85'
  return undefined
}

function translateEscape(state: State): string {
  const char = state.source[state.at++]
  if (char === undefined) throw regexFault('the regular expression ends in a backslash')
  if (char === 'A') return start
  if (char === 'Z') return end
  const word = `[${wordClass(state)}]`
  if (char === 'b') return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
  if (char === 'B') return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
  const named = namedClass(char, state)
  if (named !== undefined) return /[DWS]/.test(char) ? `[^${named}]` : `[${named}]`
  if (/[1-9]/.test(char)) {
    const more = /^\d?/.exec(state.source.slice(state.at))?.[0] ?? ''
    state.at += more.length
    return `(?:\\${char}${more})`
  }
  return literal(escapedChar(char, state))
}

function literal(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}

/** The character that an escape stands for. */
function escapedChar(char: string, state: State): string {
  const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' }
  const known = Object.hasOwn(simple, char) ? simple[char] : undefined
  if (known !== undefined) return known
  const hex = { x: 2, u: 4, U: 8 }[char]
  if (hex !== undefined) {
    const digits = state.source.slice(state.at, state.at + hex)
    if (!/^[\da-fA-F]+$/.test(digits) || digits.length < hex) throw regexFault(`incomplete escape \\${char}${digits}`)
    state.at += hex
    return String.fromCodePoint(Number.parseInt(digits, 16))
  }
  if (char === '0') {
    const digits = /^[0-7]{0,2}/.exec(state.source.slice(state.at))?.[0] ?? ''
    state.at += digits.length
    return String.fromCodePoint(Number.parseInt(`0${digits}`, 8))
  }
  if (/[a-zA-Z]/.test(char)) throw regexFault(`there is no escape \\${char} in a regular expression`)
  return char
}

function translateClass(state: State): string {
  const { source } = state
  let out = '['
  if (source[state.at] === '^') {
    out += '^'
    state.at++
  }
  let first = true
  while (true) {
    const char = source[state.at]
    if (char === undefined) throw regexFault('a `[` is never closed')
    if (char === ']' && !first) break
    first = false
    const low = classPart(state)
    const isRange = source[state.at] === '-' && source[state.at + 1] !== ']' && source[state.at + 1] !== undefined
    if (!isRange || low.startsWith('[')) {
      out += low
      continue
    }
    state.at++
    const high = classPart(state)
    if (high.startsWith('[')) throw regexFault('a range needs a character at each end')
    out += `${low}-${high}`
  }
  state.at++
  return `${out}]`
}

/** One member of a class: a character, escaped as needed, or a class in brackets. */
function classPart(state: State): string {
  const code = state.source.codePointAt(state.at) ?? 0
  const char = String.fromCodePoint(code)
  state.at += char.length
  if (char !== '\\') return classLiteral(char)
  const escaped = state.source[state.at++]
  if (escaped === undefined) throw regexFault('the regular expression ends in a backslash')
  const named = namedClass(escaped, state)
  if (named !== undefined) return /[DWS]/.test(escaped) ? `[^${named}]` : `[${named}]`
  if (escaped === 'b') return '\\x08'
  if (/[1-7]/.test(escaped)) {
    const digits = /^[0-7]{0,2}/.exec(state.source.slice(state.at))?.[0] ?? ''
    state.at += digits.length
    return classLiteral(String.fromCodePoint(Number.parseInt(escaped + digits, 8)))
  }
  return classLiteral(escapedChar(escaped, state))
}

function classLiteral(char: string): string {
  return /[-&!#%,:;<=>@`~^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}

/** Replaces every match, with `\1`, `\g<1>` and `\g<name>` in the replacement as Python has them. */
export function pythonReplace(text: string, regex: RegExp, replacement: string, count = 0): string {
  const pieces = replacementPieces(replacement)
  checkGroups(pieces, regex)
  let done = 0
  return text.replace(regex, (...found: unknown[]) => {
    const whole = found[0] as string
    if (count > 0 && done >= count) return whole
    done++
    const last = found.at(-1)
    const groups = typeof last === 'object' && last !== null ? (last as Record<string, string | undefined>) : undefined
    const numbered = found.slice(
      0,
      found.findIndex((one, index) => index > 0 && typeof one === 'number'),
    )
    return pieces
      .map((piece) => {
        if (typeof piece === 'string') return piece
        return (
          (typeof piece.group === 'number' ? (numbered[piece.group] as string | undefined) : groups?.[piece.group]) ??
          ''
        )
      })
      .join('')
  })
}

/** Throws a Fault for a group that the pattern does not have. */
function checkGroups(pieces: readonly (string | { readonly group: number | string })[], regex: RegExp): void {
  const wanted = pieces.filter((piece) => typeof piece !== 'string')
  if (wanted.length === 0) return
  const empty = new RegExp(`${regex.source}|`, regex.flags).exec('')
  for (const { group } of wanted) {
    if (typeof group === 'string' && !(empty?.groups && group in empty.groups))
      throw regexFault(`the pattern has no group named "${group}"`)
    if (typeof group === 'number' && group >= (empty?.length ?? 1))
      throw regexFault(`the pattern has no group ${group}`)
  }
}

function replacementPieces(replacement: string): readonly (string | { readonly group: number | string })[] {
  const pieces: (string | { readonly group: number | string })[] = []
  const pattern = /\\(?:g<([^>]*)>|([1-9]\d?)|(0[0-7]{0,2})|([\s\S]))/g
  let at = 0
  for (const found of replacement.matchAll(pattern)) {
    pieces.push(replacement.slice(at, found.index))
    at = found.index + found[0].length
    const [, name, number, octal, char = ''] = found
    if (name !== undefined) pieces.push({ group: /^\d+$/.test(name) ? Number(name) : name })
    else if (number !== undefined) pieces.push({ group: Number(number) })
    else if (octal !== undefined) pieces.push(String.fromCodePoint(Number.parseInt(octal, 8)))
    else {
      const simple: Readonly<Record<string, string>> = {
        n: '\n',
        r: '\r',
        t: '\t',
        f: '\f',
        v: '\v',
        a: '\x07',
        b: '\b',
        '\\': '\\',
      }
      if (/[a-zA-Z]/.test(char) && !Object.hasOwn(simple, char))
        throw regexFault(`there is no escape \\${char} in a replacement`)
      pieces.push(simple[char] ?? `\\${char}`)
    }
  }
  pieces.push(replacement.slice(at))
  return pieces
}
