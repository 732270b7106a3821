import { quote } from '../../../core/script.ts'
import type { Cursor } from './cursor.ts'
import { physicalWord } from './paths.ts'
import { prologue } from './prologue.ts'
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
    rewriteCommand({ command, args, cursor, rewrite, assigned: first > 0 })
  }
  return parts.map(({ raw }) => raw).join('')
}

/** One simple command while it is rewritten; the texts of its parts are changed in place. */
interface Command {
  readonly command: WordPart
  readonly args: readonly WordPart[]
  readonly cursor: Cursor
  readonly rewrite: Rewrite
  /** True when assignments stand before it. */
  readonly assigned: boolean
}

function rewriteCommand(one: Command): void {
  const { command, args, cursor, assigned } = one
  const { literal, lead } = command.word
  if (literal === undefined || lead.startsWith('/')) {
    program(command, cursor, assigned ? 'sandbox-run ' : '__sandbox_run ')
    return
  }
  const builtIn = BUILT_IN[literal]
  if (builtIn !== undefined) builtIn(one)
  else if (DECLARING.has(literal)) for (const part of args) assignPath(part, cursor)
  else if (!assigned && isHarmless(literal, args, cursor)) {
    command.raw = `PATH=${quote(`${cursor.folder}/tools`)} ${command.raw}`
  }
}

const BUILT_IN: { readonly [name: string]: (one: Command) => void } = {
  '[': testFiles,
  test: testFiles,
  '.': readScript,
  source: readScript,
  eval: evaluate,
  trap: setTrap,
  exec: otherCommand,
  command: otherCommand,
  builtin: otherCommand,
  sh: startShell,
}

function testFiles({ command, args, cursor }: Command): void {
  if (args.some(({ word }) => FILE_TEST.test(word.literal ?? '') || /^(?:\$|"\$@)/.test(word.source))) {
    command.raw = `__sandbox_test ${command.raw}`
  }
  if (!args.some(({ word }) => /^-(nt|ot|ef)$/.test(word.literal ?? ''))) return
  for (const part of args) {
    literalPath(part, cursor)
    if (part.word.literal === undefined && part.word.lead === '') part.raw = `"$(__sandbox_path ${part.raw})"`
  }
}

function readScript({ args: [file] }: Command): void {
  if (file !== undefined) file.raw = `"$(sandbox-source ${file.raw})"`
}

function evaluate({ command, args, rewrite, assigned }: Command): void {
  const [first, last] = [args[0], args.at(-1)]
  if (first === undefined || last === undefined) return
  if (args.every(({ word }) => word.literal !== undefined)) {
    first.raw = quote(rewrite(args.map(({ word }) => word.literal).join(' ')))
    for (const part of args.slice(1)) part.raw = ''
    return
  }
  command.raw = `${assigned ? '&& ' : ''}{ __sandbox_rewrite`
  last.raw += '; eval "$__sandbox_text"; }'
}

function setTrap({ command, args, rewrite }: Command): void {
  const given = args.filter(({ word }) => word.literal !== '--')
  const [first, last] = [given[0], given.at(-1)]
  if (given.length < 2 || first === undefined || last === undefined) return
  const { literal } = first.word
  if (literal === '-' || literal === '') return
  if (literal !== undefined) first.raw = quote(rewrite(literal))
  else {
    command.raw = `{ __sandbox_rewrite ${first.raw}; ${command.raw}`
    first.raw = '"$__sandbox_text"'
    last.raw += '; }'
  }
}

/** `exec`, `command` and `builtin` in front of a command. */
function otherCommand(one: Command): void {
  const { command, args, cursor } = one
  const at = args.findIndex(({ word }) => !word.literal?.startsWith('-'))
  const target = args[at]
  if (target === undefined) return
  if (args.slice(0, at).some(({ word }) => /^-[vV]+$/.test(word.literal ?? ''))) {
    literalPath(target, cursor)
    return
  }
  const name = target.word.literal ?? ''
  if (command.word.literal !== 'exec' && (name in BUILT_IN || name === 'cd' || name === 'pwd') && name !== 'sh') {
    for (const part of [command, ...args.slice(0, at)]) part.raw = ''
    rewriteCommand({ ...one, command: target, args: args.slice(at + 1) })
  } else if (name === 'sh') startShell({ ...one, command: target, args: args.slice(at + 1) })
  else program(target, cursor, 'sandbox-run ')
}

/** `sh -c 'text'`: the text is known, so the shell need not ask when it starts. */
function startShell({ command, args: [option, text, ...more], cursor, rewrite }: Command): void {
  if (cursor.sh === undefined || option === undefined || text?.word.literal === undefined) return
  if (!/^-[a-z]*c$/.test(option.word.literal ?? '')) return
  command.raw = quote(cursor.sh)
  text.raw = quote(prologue(cursor.folder) + rewrite(text.word.literal))
  if (more.length === 0) text.raw += ' sh'
}

/** A tool that cannot touch a path with these arguments needs no guard. */
function isHarmless(name: string, args: readonly WordPart[], cursor: Cursor): boolean {
  const kind = cursor.tools?.get(name)
  if (kind === 'plain') return true
  return kind === 'reads' && args.every(({ word }) => word.literal !== undefined && !/[/]|^\.\.$/.test(word.literal))
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
