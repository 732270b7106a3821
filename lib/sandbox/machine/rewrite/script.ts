import { finishCommand, type Part } from './command.ts'
import { openBracket, readCase, readConditional } from './compound.ts'
import { type Cursor, within } from './cursor.ts'
import { prologue, type Writing } from './prologue.ts'
import { readHeredocs, readRedirection } from './redirection.ts'
import { readWord } from './word.ts'

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
    list: readList,
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
