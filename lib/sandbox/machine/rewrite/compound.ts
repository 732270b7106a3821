import type { Part } from './command.ts'
import type { Cursor } from './cursor.ts'
import { blanks, readWord } from './word.ts'

/** After `case`: the word, `in`, and the items up to `esac`; patterns are compared with data and stay. */
export function readCase(cursor: Cursor): string {
  const { text } = cursor
  let out = `case${blanks(cursor, false)}${readWord(cursor).raw}${blanks(cursor, true)}${readWord(cursor).raw}`
  while (cursor.at < text.length) {
    out += blanks(cursor, true)
    if (text[cursor.at] === '(') {
      out += '('
      cursor.at += 1
    } else if (/^esac(?![^\s;&|)<>])/.test(text.slice(cursor.at, cursor.at + 5))) {
      cursor.at += 4
      return `${out}esac`
    }
    while (cursor.at < text.length && text[cursor.at] !== ')') {
      const start = cursor.at
      out += blanks(cursor, true)
      if (text[cursor.at] === ')') break
      out += readWord(cursor).raw
      if (text[cursor.at] === '|' || cursor.at === start) {
        out += text[cursor.at] ?? ''
        cursor.at += 1
      }
    }
    out += text[cursor.at] ?? ''
    cursor.at += 1
    out += cursor.list(cursor, 'item')
  }
  return out
}

/** `[[ … ]]`: what follows a test of a file is a path. */
export function readConditional(cursor: Cursor): string {
  let out = '[['
  let operator = ''
  while (cursor.at < cursor.text.length) {
    out += blanks(cursor, true)
    const c = cursor.text[cursor.at]
    if (c === undefined) break
    if ('()<>&|;'.includes(c)) {
      out += c
      cursor.at += 1
      continue
    }
    const word = readWord(cursor)
    if (/^-[a-zA-Z]$/.test(operator) && !/^-[nzvo]$/.test(operator)) out += `"$(__sandbox_path ${word.raw})"`
    else out += word.raw
    operator = word.source
    if (word.source === ']]') break
  }
  return out
}

/** A bracket: a function's `()`, an array of bash, or a subshell. */
export function openBracket(
  cursor: Cursor,
  parts: readonly Part[],
  fresh: boolean,
): { readonly kind: 'text' | 'out'; readonly raw: string; readonly finishes: boolean } {
  const { text } = cursor
  const last = parts.at(-1)
  if (cursor.bash && last?.kind === 'word' && last.word.source.endsWith('=')) {
    cursor.at += 1
    let raw = '('
    while (cursor.at < text.length && text[cursor.at] !== ')') {
      raw += blanks(cursor, true)
      if (text[cursor.at] !== ')') raw += readWord(cursor).raw || (text[cursor.at++] ?? '')
    }
    cursor.at += 1
    return { kind: 'text', raw: `${raw})`, finishes: false }
  }
  const empty = /^\([ \t]*\)/.exec(text.slice(cursor.at, cursor.at + 64))
  if (empty !== null && !fresh) {
    cursor.at += empty[0].length
    const name = parts.map(({ raw }) => raw).join('')
    ;(parts as Part[]).length = 0
    return { kind: 'out', raw: `${name}()`, finishes: false }
  }
  if (cursor.bash && fresh && text.startsWith('((', cursor.at)) {
    const end = text.indexOf('))', cursor.at)
    const stop = end === -1 ? text.length : end + 2
    const raw = text.slice(cursor.at, stop)
    cursor.at = stop
    return { kind: 'out', raw, finishes: true }
  }
  cursor.at += 1
  return { kind: 'out', raw: `(${cursor.list(cursor, ')')}`, finishes: true }
}
