import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { closest } from './core/closest.ts'
import { type Diagnostic, problem } from './core/diagnostic.ts'
import { type Flags, longName, type Options } from './flags.ts'

/** What one command understands; help and parsing both come from it. */
export interface Command<F extends Flags> {
  /** How it is called: `npx zx playbooks/install.ts`. */
  readonly name: string
  readonly summary: string
  /** What can stand behind the name, and what it leads to. */
  readonly examples: readonly { readonly words: string; readonly says: string }[]
  readonly flags: F
  /** Words that are not flags: `PLAYBOOK`. */
  readonly operands?: { readonly name: string; readonly least: number; readonly most: number; readonly help: string }
  /** What is wrong with values that are right each by itself. */
  readonly conflicts?: (options: Options<F>) => readonly Diagnostic[]
}

export type Parsed<F extends Flags> =
  | { readonly options: Options<F>; readonly operands: readonly string[] }
  | { readonly diagnostics: readonly Diagnostic[] }

/**
 * Reads the words after the entry file. All mistakes are found at once: unknown flags, missing or wrong values, words too
 * many, what does not go together. With `--help` or `--version` among the words nothing else counts as a mistake.
 */
export function parseCommandLine<F extends Flags>(argv: readonly string[], command: Command<F>): Parsed<F> {
  const { given, operands, diagnostics } = sort(argv, command.flags)
  const values: Record<string, unknown> = {}
  for (const [key, flag] of Object.entries(command.flags)) {
    const texts = given.get(key) ?? []
    const reading = flag.read(texts)
    if ('wrong' in reading) {
      diagnostics.push(problem('bad-flag-value', `--${longName(key)} ${reading.wrong}`, { mend: reading.mend }))
      values[key] = (flag.read([]) as { value: unknown }).value
    } else values[key] = reading.value
    if (!flag.several && new Set(texts).size > 1) {
      const all = texts.map((one) => `"${one}"`).join(' and ')
      diagnostics.push(
        problem('repeated-flag', `--${longName(key)} is given more than once: ${all}`, { mend: 'keep one of them' }),
      )
    }
  }
  const options = values as Options<F>
  if (given.has('help') || given.has('version')) return { options, operands }
  diagnostics.push(...wrongOperands(operands, command, given), ...(command.conflicts?.(options) ?? []))
  return diagnostics.length > 0 ? { diagnostics } : { options, operands }
}

interface Sorted {
  /** Texts per key of a flag, in order; a switch has one empty text for each time. */
  readonly given: Map<string, string[]>
  readonly operands: string[]
  readonly diagnostics: Diagnostic[]
}

/** Node takes the words apart; it does so leniently, because its strict mode stops at the first mistake. */
function sort(argv: readonly string[], flags: Flags): Sorted {
  const result: Sorted = { given: new Map(), operands: [], diagnostics: [] }
  const keys = new Map(Object.keys(flags).map((key) => [longName(key), key]))
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(flags),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const settled = new Set<number>()
  for (const token of tokens) {
    if (token.kind === 'option-terminator' || settled.has(token.index)) continue
    const word = argv[token.index] ?? ''
    const wrong = token.kind === 'positional' ? longDash(word, keys) : misspelt(word, keys, flags)
    if (wrong !== undefined) {
      result.diagnostics.push(wrong)
      settled.add(token.index)
    } else if (token.kind === 'positional') result.operands.push(token.value)
    else take(token, [word, argv[token.index + 1]], keys, flags, result, settled)
  }
  return result
}

type OptionToken = {
  index: number
  name: string
  rawName: string
  value: string | undefined
  inlineValue: boolean | undefined
}

function take(
  token: OptionToken,
  [word, next]: readonly [string, string | undefined],
  keys: ReadonlyMap<string, string>,
  flags: Flags,
  { given, diagnostics }: Sorted,
  settled: Set<number>,
): void {
  const key = keys.get(token.name)
  const flag = key === undefined ? undefined : flags[key]
  if (key === undefined || flag === undefined) {
    diagnostics.push(unknownFlag(token.rawName, word, keys))
    if (next?.startsWith('-') === false) settled.add(token.index + 1)
    return
  }
  if (flag.takes === undefined) {
    if (token.value === undefined) given.set(key, [...(given.get(key) ?? []), ''])
    else diagnostics.push(takesNone(token.rawName, token.value))
    return
  }
  const text = token.inlineValue && !token.rawName.startsWith('--') ? token.value?.replace(/^=/, '') : token.value
  const looksLikeFlag = !token.inlineValue && /^-./.test(text ?? '') && !/^-\d+$/.test(text ?? '')
  if (text === undefined || text.trim() === '' || looksLikeFlag) {
    const instead = looksLikeFlag ? `; the next word is "${text}"` : ''
    const mend = looksLikeFlag
      ? `if that is the value, write ${token.rawName}=${text}`
      : `write ${token.rawName} ${flag.takes}`
    diagnostics.push(problem('missing-value', `${token.rawName} needs a value (${flag.takes})${instead}`, { mend }))
  } else given.set(key, [...(given.get(key) ?? []), text])
}

function optionsOf(flags: Flags): { [name: string]: { type: 'string' | 'boolean'; short?: string } } {
  return Object.fromEntries(
    Object.entries(flags).map(([key, { takes, short }]) => [
      longName(key),
      { type: takes === undefined ? 'boolean' : 'string', ...(short !== undefined && { short }) },
    ]),
  )
}

function unknownFlag(name: string, word: string, keys: ReadonlyMap<string, string>): Diagnostic {
  const near = name.startsWith('--')
    ? (starting(name.slice(2), keys) ?? closest(name.slice(2), keys.keys()))
    : undefined
  const inside = name.startsWith('--') || word === name ? '' : ` (in "${word}")`
  const mend = near === undefined ? 'see --help for all flags' : `did you mean "--${near}"?`
  return problem('unknown-flag', `"${name}"${inside} is not a flag`, { mend })
}

/** The only flag that begins so; Ansible lets people shorten flags, we only understand what they meant. */
function starting(name: string, keys: ReadonlyMap<string, string>): string | undefined {
  const all = name.length < 3 ? [] : [...keys.keys()].filter((one) => one.startsWith(name))
  return all.length === 1 ? all[0] : undefined
}

function takesNone(name: string, value: string): Diagnostic {
  return problem('bad-flag-value', `${name} takes no value, and got "${value}"`, {
    mend: /^(no|off|false|0)$/i.test(value) ? `leave ${name} out` : `write ${name} alone`,
  })
}

/** `-inventory prod` and `-C=maybe`, which would otherwise be read letter by letter. */
function misspelt(word: string, keys: ReadonlyMap<string, string>, flags: Flags): Diagnostic | undefined {
  const long = /^-([a-zA-Z][\w-]+)(?:=.*)?$/.exec(word)?.[1]
  if (long !== undefined && keys.has(long)) {
    return problem('unknown-flag', `"-${long}" is not a flag`, { mend: `write it with two dashes: --${long}` })
  }
  const [, short, value = ''] = /^-([a-zA-Z])=(.*)$/.exec(word) ?? []
  const flag = Object.values(flags).find((one) => short !== undefined && one.short === short)
  return flag !== undefined && flag.takes === undefined ? takesNone(`-${short}`, value) : undefined
}

/** Dashes that a word processor made longer. */
function longDash(word: string, keys: ReadonlyMap<string, string>): Diagnostic | undefined {
  const name = /^[\u2010-\u2015\u2212]+-?([\w-]+)/.exec(word)?.[1]
  if (name === undefined) return undefined
  const meant = keys.has(name) ? `--${name}` : `-${name}`
  return problem('unknown-flag', `"${word}" begins with a long dash`, { mend: `type it with plain dashes: ${meant}` })
}

function wrongOperands<F extends Flags>(
  operands: readonly string[],
  { operands: wanted, flags }: Command<F>,
  given: ReadonlyMap<string, unknown>,
): readonly Diagnostic[] {
  const { name = '', least = 0, most = 0, help = '' } = wanted ?? {}
  if (operands.length < least) {
    return [problem('missing-argument', `${name} is missing: ${help}`, { mend: 'see --help for examples' })]
  }
  return operands.slice(most).map((word) => {
    const inventory = 'inventory' in flags && !given.has('inventory')
    const mend = inventory
      ? `did you mean "--inventory ${word}"?`
      : 'a value that has spaces must be quoted; see --help'
    return problem('unexpected-argument', `"${word}" is one word too many`, { mend })
  })
}

/**
 * The words that belong to the entry script: those after its own file. Under zx, `argv` is node, zx, zx's own flags, the
 * script, its words; under node it is node, the script, its words. `entryFile` is the script's path or `import.meta.url`.
 */
export function argumentsAfter(entryFile: string, argv: readonly string[]): readonly string[] {
  return argv.slice(entryIndex(entryFile, argv) + 1)
}

/** Where the script itself stands in `argv`: by its path, else by its name, else (a link of another name) by its place. */
export function entryIndex(entryFile: string, argv: readonly string[]): number {
  const path = entryFile.startsWith('file:') ? fileURLToPath(entryFile) : resolve(entryFile)
  const by = (matches: (word: string) => boolean): number => argv.findIndex((word, index) => index > 0 && matches(word))
  const exact = by((word) => resolve(word) === path || word === entryFile)
  if (exact > 0) return exact
  if (!isZx(argv)) return 1
  const named = by((word) => basename(word) === basename(path))
  return named > 0 ? named : by((word) => word !== argv[1] && !word.startsWith('-'))
}

/** Whether the script is run by zx rather than by node itself. */
export function isZx(argv: readonly string[]): boolean {
  return /(^|[\\/])zx([\\/]build[\\/]cli\.[cm]?js)?$/.test(argv[1] ?? '')
}
