import { isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { compareText } from '../template/python.ts'
import { floatText, str } from '../template/text.ts'
import { Float, type Item } from '../template/values.ts'

/** How `to_yaml` and `to_nice_yaml` write. */
export interface YamlStyle {
  readonly indent: number
  /** `leaves`: collections of scalars in one line, `never`: one entry per line throughout. */
  readonly flow: 'leaves' | 'never' | 'always'
  readonly sortKeys: boolean
  readonly width: number
}

/** Writes YAML as PyYAML does, so that a file keeps its bytes when it was written by Ansible before. */
export function writeYaml(item: Item, style: YamlStyle): string {
  const writer = new Writer(style)
  writer.node(item, undefined, { inMapping: false, isKey: false })
  return writer.finish()
}

interface Context {
  readonly inMapping: boolean
  readonly isKey: boolean
}

function isScalar(item: Item): boolean {
  return !isList(item) && !isDict(item)
}

class Writer {
  readonly #style: YamlStyle
  #out = ''
  #column = 0
  /** Nothing but indentation and dashes stands on this line so far. */
  #atIndention = true
  #afterBlank = true
  #flowDepth = 0

  constructor(style: YamlStyle) {
    this.#style = style
  }

  finish(): string {
    return `${this.#out}\n`
  }

  #write(text: string): void {
    this.#out += text
    this.#column += text.length
    this.#afterBlank = false
    this.#atIndention = false
  }

  #indicator(text: string, needsBlank: boolean, keepsIndention = false): void {
    const indention = this.#atIndention && keepsIndention
    this.#write(this.#afterBlank || !needsBlank ? text : ` ${text}`)
    this.#atIndention = indention
  }

  #newline(end = '\n'): void {
    this.#out += end
    this.#column = 0
    this.#afterBlank = true
    this.#atIndention = true
  }

  #lineAt(indent: number | undefined): void {
    const wanted = indent ?? 0
    if (
      this.#out !== '' &&
      (!this.#atIndention || this.#column > wanted || (this.#column === wanted && !this.#afterBlank))
    )
      this.#newline()
    if (this.#column < wanted) {
      this.#out += ' '.repeat(wanted - this.#column)
      this.#column = wanted
      this.#afterBlank = true
    }
  }

  node(item: Item, indent: number | undefined, context: Context): void {
    if (!isList(item) && !isDict(item)) {
      this.#scalar(item, indent === undefined ? this.#style.indent : indent + this.#style.indent, context.isKey)
      return
    }
    const children = isList(item) ? item : Object.values(item)
    const leaf = children.every(isScalar)
    const flow =
      this.#flowDepth > 0 ||
      children.length === 0 ||
      this.#style.flow === 'always' ||
      (this.#style.flow === 'leaves' && leaf)
    const inner = indent === undefined ? (flow ? this.#style.indent : 0) : indent + this.#style.indent
    if (flow) this.#flow(item, inner)
    else if (isList(item)) {
      const indentless = context.inMapping && !this.#atIndention && indent !== undefined
      this.#blockList(item, indentless ? indent : inner)
    } else this.#blockDict(item, inner)
  }

  #entries(dict: { readonly [key: string]: Item }): (readonly [string, Item])[] {
    const entries = Object.entries(dict)
    return this.#style.sortKeys ? entries.sort(([a], [b]) => compareText(a, b)) : entries
  }

  #flow(item: readonly Item[] | { readonly [key: string]: Item }, indent: number): void {
    this.#flowDepth++
    this.#indicator(isList(item) ? '[' : '{', true)
    this.#afterBlank = true
    const entries = isList(item) ? item.map((one) => [undefined, one] as const) : this.#entries(item)
    entries.forEach(([key, value], index) => {
      if (index > 0) this.#indicator(',', false)
      if (this.#column > this.#style.width) this.#lineAt(indent)
      if (key !== undefined) {
        this.node(key, indent, { inMapping: true, isKey: true })
        this.#indicator(':', false)
      }
      this.node(value, indent, { inMapping: key !== undefined, isKey: false })
    })
    this.#indicator(isList(item) ? ']' : '}', false)
    this.#flowDepth--
  }

  #blockList(list: readonly Item[], indent: number): void {
    for (const item of list) {
      this.#lineAt(indent)
      this.#indicator('-', true, true)
      this.node(item, indent, { inMapping: false, isKey: false })
    }
  }

  #blockDict(dict: { readonly [key: string]: Item }, indent: number): void {
    for (const [key, value] of this.#entries(dict)) {
      this.#lineAt(indent)
      this.node(key, indent, { inMapping: true, isKey: true })
      this.#indicator(':', false)
      this.node(value, indent, { inMapping: true, isKey: false })
    }
  }

  #scalar(item: Item, indent: number, isKey: boolean): void {
    if (typeof item !== 'string') {
      this.#indicator(plainScalar(item), true)
      return
    }
    const shape = analyse(item)
    const plain = !looksLikeOther(item) && !(isKey && (item === '' || shape.multiline))
    if (plain && (this.#flowDepth > 0 ? shape.flowPlain : shape.blockPlain)) {
      this.#plain(item, indent, !isKey)
    } else if (shape.singleQuoted && !(isKey && shape.multiline)) this.#singleQuoted(item, indent, !isKey)
    else this.#doubleQuoted(item, indent, !isKey)
  }

  #plain(text: string, indent: number, split: boolean): void {
    if (text === '') return
    if (!this.#afterBlank) this.#write(' ')
    for (const piece of text.match(/ +|[^ ]+/g) ?? []) {
      if (piece === ' ' && split && this.#column > this.#style.width) this.#lineAt(indent)
      else this.#write(piece)
    }
  }

  #singleQuoted(text: string, indent: number, split: boolean): void {
    this.#indicator("'", true)
    const pieces = text.match(/ +|[\n\x85\u2028\u2029]+|[^ \n\x85\u2028\u2029]+/g) ?? []
    pieces.forEach((piece, index) => {
      const isEdge = index === 0 || index === pieces.length - 1
      if (piece === ' ' && split && !isEdge && this.#column > this.#style.width) this.#lineAt(indent)
      else if (/^[\n\x85\u2028\u2029]/.test(piece)) {
        if (piece.startsWith('\n')) this.#newline()
        for (const end of piece) this.#newline(end)
        this.#lineAt(indent)
      } else this.#write(piece.replaceAll("'", "''"))
    })
    this.#indicator("'", false)
  }

  #doubleQuoted(text: string, indent: number, split: boolean): void {
    this.#indicator('"', true)
    const chars = Array.from(text)
    let run = ''
    const flush = () => {
      if (run !== '') this.#write(run)
      run = ''
    }
    chars.forEach((char, index) => {
      const escaped = escapeChar(char)
      if (escaped === undefined) {
        if (
          char === ' ' &&
          split &&
          index > 0 &&
          index < chars.length - 1 &&
          this.#column + run.length > this.#style.width
        ) {
          this.#write(`${run}\\`)
          run = ''
          this.#lineAt(indent)
          this.#write('\\')
        }
        run += char
        return
      }
      flush()
      this.#write(escaped)
      if (split && index > 0 && index < chars.length - 1 && this.#column > this.#style.width) {
        this.#write('\\')
        this.#lineAt(indent)
        if (chars[index + 1] === ' ') this.#write('\\')
      }
    })
    flush()
    this.#indicator('"', false)
  }
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeChar(char: string): string | undefined {
  const code = char.codePointAt(0) ?? 0
  const named = Object.hasOwn(namedEscapes, char) ? namedEscapes[char] : undefined
  if (named !== undefined && code !== 0xa0) return named
  const printable =
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  if (printable) return undefined
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

interface Shape {
  readonly multiline: boolean
  readonly flowPlain: boolean
  readonly blockPlain: boolean
  readonly singleQuoted: boolean
}

/** In which notations a text may be written. */
function analyse(text: string): Shape {
  if (text === '') return { multiline: false, flowPlain: false, blockPlain: true, singleQuoted: true }
  const multiline = /[\n\x85\u2028\u2029]/.test(text)
  const marker = /^(?:---|\.\.\.)/.test(text)
  const special = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]|\ufeff/u.test(text)
  const both = marker || /^[#,[\]{}&*!|>'"%@`]|^-(?:[\s\0]|$)|[\s\0]#/u.test(text)
  const flowIndicators = both || /^[?:]|.[,?[\]{}:]/s.test(text)
  const blockIndicators = both || /^[?:](?:[\s\0]|$)|.:(?:[\s\0]|$)/s.test(text)
  const edges = /^[ \n\x85\u2028\u2029]|[ \n\x85\u2028\u2029]$/.test(text)
  const breakThenSpace = /[\n\x85\u2028\u2029] /.test(text)
  const spaceThenBreak = / [\n\x85\u2028\u2029]/.test(text)
  const plain = !(edges || breakThenSpace || spaceThenBreak || special || multiline)
  return {
    multiline,
    flowPlain: plain && !flowIndicators,
    blockPlain: plain && !blockIndicators,
    singleQuoted: !(breakThenSpace || spaceThenBreak || special),
  }
}

const others: readonly RegExp[] = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:~|null|Null|NULL|)$/,
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/,
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
  /^(?:<<|=)$/,
]

/** A text that YAML 1.1 would read as a number, a truth value, nothing or a date when it stood without quotes. */
function looksLikeOther(text: string): boolean {
  return others.some((pattern) => pattern.test(text))
}

function plainScalar(item: Item): string {
  if (item === null) return 'null'
  if (typeof item === 'boolean') return item ? 'true' : 'false'
  if (typeof item === 'number' || item instanceof Float) {
    const value = item instanceof Float ? item.value : item
    if (Number.isNaN(value)) return '.nan'
    if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
    if (typeof item === 'number' && Number.isInteger(item)) return str(item)
    const text = floatText(value)
    return text.includes('.') ? text : text.replace('e', '.0e')
  }
  if (typeof item === 'bigint') return String(item)
  throw new Fault('template-type', 'this value cannot be written as YAML')
}
