import { Composer, type Document, isAlias, isMap, isScalar, isSeq, type Pair, Parser, type YAMLMap } from 'yaml'
import { type Diagnostic, LoadError } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import { reveal, Secret } from '../core/secret.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { type Asked, readText, shownPath } from './files.ts'
import {
  lineOf,
  type Places,
  positionAt,
  problemAt,
  remember,
  rememberSource,
  type SourceText,
  spot,
} from './places.ts'
import { losesDigits, readPlain } from './yaml-scalars.ts'
import type { Decrypt } from './yaml-tags.ts'

export type { Decrypt } from './yaml-tags.ts'

const lines = whenNeeded<typeof import('./yaml-lines.ts')>('./yaml-lines.ts', import.meta.url)
const mistakes = whenNeeded<typeof import('./yaml-mistakes.ts')>('./yaml-mistakes.ts', import.meta.url)
const tags = whenNeeded<typeof import('./yaml-tags.ts')>('./yaml-tags.ts', import.meta.url)

export interface YamlOptions {
  readonly decrypt?: Decrypt | undefined
}

/** What a file says, with everything that is wrong in it; `value` is undefined when the text is no YAML at all. */
export interface Read {
  readonly value: Value | undefined
  readonly diagnostics: readonly Diagnostic[]
  readonly source: SourceText
}

const documentOptions = {
  schema: 'failsafe',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  keepSourceTokens: false,
} as const

/** How many values aliases may add to a file; far above what a person writes, far below what hurts. */
const mostFromAliases = 100_000

/** How many findings of one file are kept; the rest mostly repeats them. */
const mostFindings = 100

/** Reads a YAML file; a file that cannot be read is a finding too. `root` (absolute) is the folder names are shown relative to. */
export function readYaml(file: string, root: string, options: YamlOptions & { readonly asked?: Asked } = {}): Read {
  const shown = shownPath(file, root)
  try {
    return parseYaml(readText(file, shown, options.asked), shown, options)
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    return { value: undefined, diagnostics: error.diagnostics, source: { file: shown, text: '' } }
  }
}

/**
 * Reads YAML text with the readings of YAML 1.1; `file` is the name for positions. An empty text is null. Where things
 * were written is kept beside the values: see `placeOf`.
 */
export function parseYaml(text: string, file: string, options: YamlOptions = {}): Read {
  if (text.startsWith('$ANSIBLE_VAULT;')) return decryptWhole(text, file, options)
  return parse({ file, text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text }, options)
}

function parse(source: SourceText, options: YamlOptions): Read {
  const diagnostics: Diagnostic[] = []
  rememberSource(source)
  try {
    const documents = compose(source.text)
    const [document, second] = documents
    const wrong = documents.flatMap((one) => one.errors)
    if (wrong.some((one) => /maximum call stack/i.test(one.message))) throw new RangeError('too deep')
    if (wrong.length > 0) {
      diagnostics.push(...mistakes().syntaxProblems(source, wrong, documents, errorsOf))
      return { value: undefined, diagnostics, source }
    }
    if (second) {
      diagnostics.push(
        problemAt(
          'yaml-several-documents',
          'the file holds more than one document; a line "---" starts each',
          { source, offset: second.contents?.range?.[0] ?? second.range[0] },
          { mend: 'keep one document a file' },
        ),
      )
    }
    const reader = new Reader(source, options.decrypt, diagnostics)
    return { value: document ? reader.value(document.contents, '') : null, diagnostics, source }
  } catch (error) {
    if (error instanceof TooMuch) return { value: undefined, diagnostics, source }
    if (!(error instanceof RangeError)) throw error
    const message = 'lists and mappings are nested too deeply to be read'
    return { value: undefined, diagnostics: [problemAt('yaml-too-deep', message, { source, offset: 0 })], source }
  }
}

function compose(text: string): Document.Parsed[] {
  return [...new Composer(documentOptions).compose(new Parser().parse(text))]
}

/** The syntax errors of a text as offsets; used to prove that a suggested line mends something. */
function errorsOf(text: string): readonly number[] {
  try {
    return compose(text).flatMap((document) => document.errors.map((error) => error.pos[0]))
  } catch {
    return [0]
  }
}

function decryptWhole(text: string, file: string, options: YamlOptions): Read {
  const hidden: SourceText = { file, text: '', hidden: true }
  const at = { file, line: 1, col: 1 }
  if (!options.decrypt) return { value: undefined, diagnostics: [tags().vaultNotSetUp('vault', at)], source: hidden }
  try {
    const plain = reveal(options.decrypt('vault', text, at, file))
    const read = parse({ file, text: plain, hidden: true }, {})
    return { ...read, value: read.value === undefined ? undefined : tags().asSecrets(read.value, file) }
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    return { value: undefined, diagnostics: error.diagnostics, source: hidden }
  }
}

/** Thrown to give up on a text whose finding is already noted. */
class TooMuch extends Error {}

interface Anchored {
  readonly value: Value
  readonly weight: number
}

/** Turns the nodes of one document into plain values and remembers where each was written. */
class Reader {
  readonly #source: SourceText
  readonly #decrypt: Decrypt | undefined
  readonly #diagnostics: Diagnostic[]
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #count = 0
  #fromAliases = 0

  constructor(source: SourceText, decrypt: Decrypt | undefined, diagnostics: Diagnostic[]) {
    this.#source = source
    this.#decrypt = decrypt
    this.#diagnostics = diagnostics
  }

  value(node: unknown, label: string): Value {
    this.#count++
    if (isScalar(node)) {
      const { tag, value, type } = node as { tag?: string; value: unknown; type?: string }
      const text = typeof value === 'string' ? value : String(value ?? '')
      const read =
        tag === undefined || tag === '!'
          ? type === 'PLAIN'
            ? this.#plain(text, node.range?.[0])
            : text
          : this.#tagged(tag, text, node.range?.[0] ?? 0, label)
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value: read, weight: 1 })
      return read
    }
    if (isMap(node)) {
      if (node.flow === true && isMap(node.items[0]?.key)) {
        const template = this.#unquotedTemplate(node.range?.[0] ?? 0, node.range?.[1] ?? 0)
        if (template !== undefined) return template
      }
      return this.#anchored(node.anchor, () => this.#mapping(node as YAMLMap<unknown, unknown>))
    }
    if (isSeq(node)) return this.#anchored(node.anchor, () => this.#list(node, label))
    if (isAlias(node)) return this.#alias(node.source, node.range?.[0] ?? 0)
    return null
  }

  #anchored(anchor: string | undefined, build: () => Value): Value {
    if (anchor === undefined) return build()
    this.#anchors.set(anchor, 'open')
    const before = this.#count + this.#fromAliases
    const value = build()
    this.#anchors.set(anchor, { value, weight: this.#count + this.#fromAliases - before + 1 })
    return value
  }

  #alias(name: string, offset: number): Value {
    const found = this.#anchors.get(name)
    if (found === undefined || found === 'open') {
      const message =
        found === undefined
          ? `"*${name}" refers to "&${name}", which is not written above it`
          : `"*${name}" stands inside "&${name}" itself`
      this.#report(found === undefined ? 'yaml-unknown-alias' : 'yaml-endless-alias', message, offset, {
        width: name.length + 1,
        mend: found === undefined ? `if the text is meant, put it in quotes: "*${name}"` : undefined,
      })
      return null
    }
    this.#fromAliases += found.weight
    if (this.#fromAliases > mostFromAliases) {
      this.#report('yaml-too-many-aliases', `aliases multiply this file to more than ${mostFromAliases} values`, offset)
      throw new TooMuch()
    }
    return found.value
  }

  #list(node: { items: readonly unknown[]; range?: readonly number[] | null | undefined }, label: string): Value {
    const out: Value[] = []
    const valueAt: number[] = []
    for (const item of node.items) {
      valueAt.push(offsetOf(item) ?? node.range?.[0] ?? 0)
      out.push(this.value(item, label))
    }
    remember(out, { source: this.#source, at: node.range?.[0] ?? 0, keys: undefined, keyAt: [], valueAt })
    return out
  }

  #mapping(node: YAMLMap<unknown, unknown>): Value {
    const out: { [key: string]: Value } = {}
    const keys: string[] = []
    const keyAt: number[] = []
    const valueAt: number[] = []
    const merges: Pair<unknown, unknown>[] = []
    for (const pair of node.items) {
      const offset = offsetOf(pair.key) ?? offsetOf(pair.value) ?? 0
      const key = this.#key(pair.key, offset)
      if (key === undefined) continue
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merges.push(pair)
        continue
      }
      const value = this.value(pair.value, key)
      if (Object.hasOwn(out, key)) {
        const first = positionAt(this.#source, keyAt[keys.indexOf(key)] ?? 0)
        this.#report(
          'duplicate-key',
          `"${key}" is written twice in one mapping; the first is in line ${first.line}`,
          offset,
          {
            mend: 'keep one of the two',
          },
        )
        continue
      }
      if (key === '__proto__') Object.defineProperty(out, key, { value, enumerable: true, writable: true })
      else out[key] = value
      keys.push(key)
      keyAt.push(offset)
      valueAt.push(offsetOf(pair.value) ?? offset + key.length)
    }
    const own = { source: this.#source, at: node.range?.[0] ?? 0, keys, keyAt, valueAt }
    remember(out, merges.length === 0 ? own : this.#merge(out, merges, own))
    return out
  }

  #key(node: unknown, offset: number): string | undefined {
    if (isScalar(node)) {
      this.#count++
      const text = typeof node.value === 'string' ? node.value : ''
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value: text, weight: 1 })
      if (text !== '' || node.type !== 'PLAIN') return text
    }
    if (isAlias(node)) {
      const value = this.#alias(node.source, offset)
      if (typeof value === 'string' || typeof value === 'number') return String(value)
    }
    const message = isMap(node) || isSeq(node) ? 'a list or a mapping cannot be a key' : 'a key is missing before ":"'
    this.#report('yaml-bad-key', message, offset, {
      width: 1,
      mend: 'keys are plain words; a text with braces or brackets needs quotes',
    })
    return undefined
  }

  /** `<<: *base` and `<<: [*a, *b]`: keys of the mapping itself win, then the earlier of the merged ones. */
  #merge(out: { [key: string]: Value }, merges: readonly Pair<unknown, unknown>[], own: Places): Places {
    const foreign = new Map<string, Places>()
    for (const pair of merges) {
      const merged = this.value(pair.value, '<<')
      for (const [index, from] of (Array.isArray(merged) ? merged : [merged]).entries()) {
        if (typeof from !== 'object' || from === null || Array.isArray(from) || from instanceof Secret) {
          const at = offsetOf(isSeq(pair.value) ? pair.value.items[index] : pair.value) ?? offsetOf(pair.key) ?? 0
          this.#report('yaml-bad-merge', '"<<" takes a mapping or a list of mappings', at)
          continue
        }
        for (const [key, value] of Object.entries(from)) {
          if (Object.hasOwn(out, key)) continue
          out[key] = value as Value
          const origin = originOf(from, key)
          if (origin) foreign.set(key, origin)
        }
      }
    }
    return { ...own, foreign }
  }

  #plain(text: string, offset: number | undefined): Value {
    const value = readPlain(text)
    if (typeof value === 'number' && losesDigits(text, value)) {
      this.#diagnostics.push({
        ...problemAt(
          'yaml-number-loses-digits',
          `${text} is read as the number ${value}`,
          { source: this.#source, offset: offset ?? 0 },
          { mend: `write "${text}" in quotes when the text is meant` },
        ),
        severity: 'warning',
      })
    }
    return value
  }

  #tagged(tag: string, text: string, offset: number, label: string): Value {
    return tags().readTagged(tag, text, {
      at: () => positionAt(this.#source, offset),
      label,
      decrypt: this.#decrypt,
      add: (diagnostic) => this.#diagnostics.push(diagnostic),
      report: (code, message, mend) => this.#report(code, message, offset, { mend }),
    })
  }

  /** `{{ x }}` without quotes is a mapping inside a mapping for YAML. */
  #unquotedTemplate(start: number, end: number): string | undefined {
    const written = this.#source.text.slice(start, end)
    if (!written.startsWith('{{')) return undefined
    const { line, col } = positionAt(this.#source, start)
    const whole = lineOf(this.#source, line)
    const oneLine = !written.includes('\n')
    const mended = whole.slice(0, col - 1) + lines().quoted(written) + whole.slice(col - 1 + written.length)
    this.#report('unquoted-template', 'a value that starts with "{{" must stand in quotes', start, {
      width: written.length,
      mend: oneLine ? `should be written as: ${mended.trim()}` : 'put the whole value in quotes',
    })
    return written
  }

  #report(
    code: string,
    message: string,
    offset: number,
    more: { mend?: string | undefined; width?: number } = {},
  ): void {
    if (this.#diagnostics.length >= mostFindings) return
    this.#diagnostics.push(problemAt(code, message, { source: this.#source, offset }, more))
  }
}

function originOf(from: object, key: string): Places | undefined {
  const found = spot(from, key)
  const ofKey = spot(from, key, true)
  return found && ofKey
    ? { source: found.source, at: found.offset, keys: [key], keyAt: [ofKey.offset], valueAt: [found.offset] }
    : undefined
}

function offsetOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0]
}
