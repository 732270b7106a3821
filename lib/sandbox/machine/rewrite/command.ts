import { quote } from '../../../core/script.ts'
import type { Cursor } from './cursor.ts'
import { physicalWord } from './paths.ts'
import type { Word } from './word.ts'

/** A simple command as it was read: words and redirections in their order, with the blanks between them. */
export type Part =
  | { readonly kind: 'text'; readonly raw: string }
  | { readonly kind: 'word'; readonly word: Word; raw: string }

/** Rewrites the text of a script that a built-in command will run (`eval`, `trap`). */
export type Rewrite = (text: string) => string

type WordPart = Extract<Part, { kind: 'word' }>

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/
const DECLARING = new Set(['export', 'readonly', 'local', 'declare', 'typeset'])
const FILE_TEST = /^-[abcdefghkLOGpSrstuwxN]$/

/** The text to emit for a finished simple command: its paths lead below the root, its built-in commands to ours. */
export function finishCommand(parts: readonly Part[], cursor: Cursor, rewrite: Rewrite): string {
  const words = parts.filter((part): part is WordPart => part.kind === 'word')
  const assignments = words.findIndex(({ word }) => !ASSIGNMENT.test(word.source))
  const first = assignments === -1 ? words.length : assignments
  for (const part of words.slice(0, first)) assignPath(part, cursor)
  const command = words[first]
  if (command !== undefined) {
    const args = words.slice(first + 1)
    for (const part of args) expandGlob(part, cursor)
    rewriteCommand(command, args, cursor, rewrite, first > 0)
  }
  return parts.map(({ raw }) => raw).join('')
}

function rewriteCommand(
  command: WordPart,
  args: readonly WordPart[],
  cursor: Cursor,
  rewrite: Rewrite,
  assigned: boolean,
): void {
  const { word } = command
  const [first] = args
  if (word.literal === undefined || word.lead.startsWith('/')) {
    program(command, cursor, assigned ? 'sandbox-run ' : '__sandbox_run ')
    return
  }
  if (word.literal === '[' || word.literal === 'test') {
    if (args.some(({ word: one }) => FILE_TEST.test(one.literal ?? '') || /^(?:\$|"\$@)/.test(one.source))) {
      command.raw = `__sandbox_test ${command.raw}`
    }
    if (args.some(({ word: one }) => /^-(nt|ot|ef)$/.test(one.literal ?? ''))) {
      for (const part of args) {
        literalPath(part, cursor)
        if (part.word.literal === undefined && part.word.lead === '') part.raw = `"$(__sandbox_path ${part.raw})"`
      }
    }
  } else if (word.literal === '.' || word.literal === 'source') {
    if (first !== undefined) first.raw = `"$(sandbox-source ${first.raw})"`
  } else if (word.literal === 'eval') {
    const last = args.at(-1)
    if (first === undefined || last === undefined) return
    first.raw = `"$(printf '%s ' ${first.raw}`
    last.raw = `${last.raw} | sandbox-rewrite)"`
  } else if (word.literal === 'trap') {
    if (args.length < 2 || first === undefined || first.word.literal === '-' || first.word.literal === '') return
    const { literal } = first.word
    first.raw = literal === undefined ? `"$(printf '%s ' ${first.raw} | sandbox-rewrite)"` : quote(rewrite(literal))
  } else if (
    /^(?:command|builtin)$/.test(word.literal) &&
    (first?.word.literal === 'cd' || first?.word.literal === 'pwd')
  ) {
    command.raw = ''
  } else if (word.literal === 'exec' || word.literal === 'command') {
    const asks = args.some(({ word: one }) => /^-[vV]+$/.test(one.literal ?? ''))
    const target = args.find(({ word: one }) => !/^-/.test(one.literal ?? ''))
    if (target !== undefined && asks) literalPath(target, cursor)
    else if (target !== undefined) program(target, cursor, 'sandbox-run ')
  } else if (DECLARING.has(word.literal)) {
    for (const part of args) assignPath(part, cursor)
  }
}

/** A word that names the program to run: a file has to be looked at first. */
function program(part: WordPart, cursor: Cursor, runner: string): void {
  const { literal, lead } = part.word
  if (literal !== undefined && !literal.startsWith('/')) return
  if (literal !== undefined) part.raw = `sandbox-run ${physicalWord(cursor.root, literal)}`
  else if (lead === '' || lead.startsWith('/')) part.raw = runner + part.raw
}

function expandGlob(part: WordPart, cursor: Cursor): void {
  part.raw = expandHome(part.raw)
  if (part.word.glob && part.word.lead.startsWith('/')) prefix(part, cursor)
}

function literalPath(part: WordPart, cursor: Cursor): void {
  if (part.word.lead.startsWith('/')) prefix(part, cursor)
}

function prefix(part: WordPart, cursor: Cursor): void {
  const { literal, lead } = part.word
  if (literal !== undefined && !part.word.glob) part.raw = physicalWord(cursor.root, literal)
  else if (lead !== cursor.root && !lead.startsWith(`${cursor.root}/`)) part.raw = quote(cursor.root) + part.raw
}

/** `~name` at the start of a word: the shell would look for the account on this machine. */
export function expandHome(raw: string): string {
  return raw.replace(/^~([A-Za-z_][\w.-]*)/, '"$(sandbox-home $1)"')
}

/** `PATH=…`: each of its folders moves below the root, so that no program of this machine is found. */
function assignPath(part: WordPart, cursor: Cursor): void {
  if (!part.word.source.startsWith('PATH=')) return
  let raw = 'PATH='
  let double = false
  let single = false
  let fresh = true
  for (let at = raw.length; at < part.raw.length; at += 1) {
    const c = part.raw[at] as string
    if (c === '"' && !single) double = !double
    else if (c === "'" && !double) single = !single
    const own = fresh && /^\/usr\/local\/s?bin(?=[:"'\s]|$)/.exec(part.raw.slice(at))
    if (own) {
      const folder = quote(`${cursor.folder}/programs`)
      raw += single ? `'${folder}'` : double ? `"${folder}"` : folder
      at += own[0].length - 1
      fresh = false
      continue
    }
    if (c === '/' && fresh && !part.raw.startsWith(cursor.root, at))
      raw += single ? `'${quote(cursor.root)}'` : double ? `"${quote(cursor.root)}"` : quote(cursor.root)
    raw += c
    fresh = c === ':' || (fresh && (c === '"' || c === "'"))
  }
  part.raw = raw
}
