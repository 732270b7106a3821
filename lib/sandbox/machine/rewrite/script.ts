import { quote } from '../../../core/script.ts'
import { expandHome, finishCommand, type Part } from './command.ts'
import { type Cursor, within } from './cursor.ts'
import { isDevice, isProcess, physical } from './paths.ts'
import { prologue, type Writing } from './prologue.ts'
import { readExpanding, readWord, type Word } from './word.ts'

/** What has to be known to lead a script into the folder that plays the machine's file system. */
export interface Machine {
  /** The folder that plays `/`; absolute, without links in it. */
  readonly root: string
  /** The machine's own folder, around `root`. */
  readonly folder: string
  readonly writing: Writing
  /** Programs of this machine; what is not given is only slower. */
  readonly tools?: { readonly sh: string; readonly harmless: ReadonlyMap<string, 'plain' | 'reads'> }
}

/**
 * Rewrites a shell script so that redirections, built-in commands and programs named by absolute paths stay below
 * `root`; all other words, here-documents included, are data and stay as they are (the machine's commands look after
 * their own arguments). The text is taken byte by byte: give it as `latin1`.
 */
export function rewriteScript(text: string, machine: Machine, dialect: 'sh' | 'bash' = 'sh'): string {
  return prologue(latin(machine.folder)) + rewriteFragment(text, machine, dialect)
}

/** The same for text that runs inside a script that already was rewritten (`eval`, `trap`). */
export function rewriteFragment(text: string, machine: Machine, dialect: 'sh' | 'bash' = 'sh'): string {
  const cursor: Cursor = {
    text,
    at: 0,
    root: latin(machine.root),
    folder: latin(machine.folder),
    bash: dialect === 'bash',
    sh: machine.tools === undefined ? undefined : latin(machine.tools.sh),
    tools: machine.tools?.harmless,
    writing: machine.writing,
    heredocs: [],
    substitution: (inner) => readList(inner, ')'),
  }
  return readList(cursor, 'end')
}

function latin(text: string): string {
  return Buffer.from(text).toString('latin1')
}

const STAYING = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{', 'time'])
const CLOSING = new Set(['fi', 'done', '}', 'esac'])

/** Reads commands up to the end, with the closing bracket, or to the end of an item of `case`. */
function readList(cursor: Cursor, stop: 'end' | ')' | 'item'): string {
  const { text } = cursor
  let out = ''
  let parts: Part[] = []
  const finish = () => {
    out += finishCommand(parts, cursor, (inner) => readList(within(cursor, inner), 'end'))
    parts = []
  }
  const fresh = () => parts.every((part) => part.kind === 'text' && part.raw.trim() === '')
  for (let c = text[cursor.at]; c !== undefined; c = text[cursor.at]) {
    const rest = text.slice(cursor.at, cursor.at + 3)
    if (c === ' ' || c === '\t' || c === '\r') {
      parts.push({ kind: 'text', raw: c })
      cursor.at += 1
    } else if (rest.startsWith('\\\n')) {
      parts.push({ kind: 'text', raw: '\\\n' })
      cursor.at += 2
    } else if (c === '\n') {
      finish()
      cursor.at += 1
      out += `\n${readHeredocs(cursor)}`
    } else if (c === '#') {
      finish()
      const end = text.indexOf('\n', cursor.at)
      out += text.slice(cursor.at, end === -1 ? text.length : end)
      cursor.at = end === -1 ? text.length : end
    } else if (/^\d*(?:[<>]|&>)/.test(text.slice(cursor.at, cursor.at + 4))) {
      if (rest.startsWith('&>') && !cursor.bash) {
        finish()
        out += '&'
        cursor.at += 1
      } else parts.push({ kind: 'text', raw: readRedirection(cursor) })
    } else if (c === ';' || c === '&' || c === '|') {
      finish()
      const operator = /^(?:;;&|;;|;&|;|&&|&|\|\||\|&|\|)/.exec(rest)?.[0] ?? c
      out += operator
      cursor.at += operator.length
      if (stop === 'item' && operator.length > 1 && operator.startsWith(';')) return out
    } else if (c === ')') {
      finish()
      cursor.at += 1
      out += ')'
      if (stop === ')') return out
    } else if (c === '(') {
      const open = openBracket(cursor, parts, fresh())
      if (open.finishes) finish()
      if (open.kind === 'text') parts.push({ kind: 'text', raw: open.raw })
      else out += open.raw
    } else if (fresh()) {
      const from = cursor.at
      const word = readWord(cursor)
      if (stop === 'item' && word.source === 'esac') {
        cursor.at = from
        finish()
        return out
      }
      if (STAYING.has(word.source)) {
        finish()
        out += word.raw
      } else if (CLOSING.has(word.source)) {
        finish()
        out += word.raw
      } else if (word.source === 'case') {
        finish()
        out += readCase(cursor)
      } else if (word.source === '[[' && cursor.bash) {
        finish()
        out += readConditional(cursor)
      } else parts.push({ kind: 'word', word, raw: word.raw })
    } else {
      const word = readWord(cursor)
      parts.push({ kind: 'word', word, raw: word.raw })
    }
  }
  finish()
  return out
}

/** After `case`: the word, `in`, and the items up to `esac`; patterns are compared with data and stay. */
function readCase(cursor: Cursor): string {
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
    out += readList(cursor, 'item')
  }
  return out
}

/** `[[ … ]]`: what follows a test of a file is a path. */
function readConditional(cursor: Cursor): string {
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
function openBracket(
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
  return { kind: 'out', raw: `(${readList(cursor, ')')}`, finishes: true }
}

const OPERATOR = /^(\d*)(<<<|<<-|<<|<&|<>|<|>>|>&|>\||>|&>>|&>)/

function readRedirection(cursor: Cursor): string {
  const [all = '', , operator = ''] = OPERATOR.exec(cursor.text.slice(cursor.at, cursor.at + 24)) ?? []
  cursor.at += all.length
  if (cursor.bash && cursor.text[cursor.at] === '(' && (operator === '<' || operator === '>')) {
    cursor.at += 1
    return `${all}(${readList(cursor, ')')}`
  }
  const gap = blanks(cursor, false)
  const word = readWord(cursor)
  if (operator === '<<' || operator === '<<-') {
    const quoted = /['"\\]/.test(word.source)
    const delimiter = word.source.replace(/\\(.)|['"]/g, '$1')
    cursor.heredocs.push({ delimiter, stripTabs: operator === '<<-', quoted })
    return all + gap + word.source
  }
  if (operator === '<<<' || operator === '<&' || (operator === '>&' && !cursor.bash)) return all + gap + word.raw
  if (operator === '>&' && /^(\d+|-|\$\w+)$/.test(word.source)) return all + gap + word.raw
  return all + gap + redirected(word, cursor, operator !== '<')
}

/** The file of a redirection. */
function redirected(word: Word, cursor: Cursor, writes: boolean): string {
  const { literal } = word
  if (literal !== undefined && (isDevice(literal) || (!writes && isProcess(literal)))) return word.raw
  if (writes && cursor.writing !== 'normal') return `"$(__sandbox_target ${word.raw})"`
  if (literal?.startsWith('/') && !word.source.startsWith('~')) return quote(physical(cursor.root, literal))
  const raw = expandHome(word.raw)
  if (word.source.startsWith('~') || literal === undefined || literal.split('/').includes('..')) {
    return `"$(__sandbox_path ${raw})"`
  }
  return word.raw
}

function readHeredocs(cursor: Cursor): string {
  let out = ''
  for (const { delimiter, stripTabs, quoted } of cursor.heredocs.splice(0)) {
    let body = ''
    let closing = ''
    while (cursor.at < cursor.text.length) {
      const end = cursor.text.indexOf('\n', cursor.at)
      const line = cursor.text.slice(cursor.at, end === -1 ? cursor.text.length : end + 1)
      cursor.at += line.length
      const bare = line.replace(/\n$/, '')
      if ((stripTabs ? bare.replace(/^\t+/, '') : bare) === delimiter) {
        closing = line
        break
      }
      body += line
    }
    out += (quoted ? body : readExpanding(within(cursor, body), undefined).raw) + closing
  }
  return out
}

function blanks(cursor: Cursor, lines: boolean): string {
  const found =
    (lines ? /^(?:[ \t\r\n]|\\\n|#[^\n]*)*/ : /^(?:[ \t]|\\\n)*/).exec(cursor.text.slice(cursor.at))?.[0] ?? ''
  cursor.at += found.length
  return found
}
