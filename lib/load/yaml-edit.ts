import { Composer, isMap, isScalar, isSeq, Parser, type Scalar } from 'yaml'
import { LoadError } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { positionAt, type SourceText } from './places.ts'
import { parseYaml } from './yaml.ts'
import { readPlain } from './yaml-scalars.ts'

/** A text, number, boolean or null of a YAML file, and where exactly it is written. */
export interface Leaf {
  /** Keys and indexes that lead to it. */
  readonly path: readonly (string | number)[]
  /** The nearest key above it: what people call it. */
  readonly name: string
  readonly tag: string | undefined
  readonly value: string
  /** Numbers, booleans and null without quotes are no texts. */
  readonly isText: boolean
  readonly at: Position
  /** From its tag, if any, to its end; of a block (`|`) up to and with its last line break. */
  readonly start: number
  readonly end: number
  /** Spaces before the lines of a block. */
  readonly indent: number
  readonly style: 'block' | 'flow' | 'plain'
  /** What stands between its tag and its text and has to stay: an anchor. */
  readonly anchor: string
}

/** What a leaf becomes. */
export interface Rewrite {
  readonly leaf: Leaf
  /** With its `!`; undefined takes the tag away. */
  readonly tag: string | undefined
  readonly value: string
  /** A leaf of another text that says the same: it is written as there, where that fits. */
  readonly like?: { readonly text: string; readonly leaf: Leaf } | undefined
}

/**
 * Every leaf of a YAML text in the order it is written; `file` is the name for positions.
 * @throws LoadError with the mistakes of the text.
 */
export function leavesOf(text: string, file: string): readonly Leaf[] {
  const { value, diagnostics } = parseYaml(text, file, { decrypt: (_tag, _text, _at, label) => new Secret('', label) })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (value === undefined || errors.length > 0) throw new LoadError(errors)
  const [document] = [...new Composer({ schema: 'failsafe', uniqueKeys: false }).compose(new Parser().parse(text))]
  const source: SourceText = { file, text }
  const leaves: Leaf[] = []
  const visit = (node: unknown, path: readonly (string | number)[], indent: number, inFlow: boolean): void => {
    if (isScalar(node)) leaves.push(leafOf(node, path, indent, inFlow, source))
    else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const at = (item as { range?: readonly number[] | null }).range?.[0] ?? 0
        visit(item, [...path, index], dashBefore(text, at) + 2, inFlow || node.flow === true)
      }
    } else if (isMap(node)) {
      for (const { key, value: inner } of node.items) {
        const at = (key as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0
        const name = isScalar(key) ? String(key.value) : ''
        visit(inner, [...path, name], columnOf(text, at) + 2, inFlow || node.flow === true)
      }
    }
  }
  visit(document?.contents, [], 0, false)
  return leaves
}

function leafOf(
  node: Scalar,
  path: readonly (string | number)[],
  indent: number,
  inFlow: boolean,
  source: SourceText,
): Leaf {
  const [from = 0, to = 0] = node.range ?? []
  const { text } = source
  const before = text.slice(Math.max(0, from - 300), from)
  const [props = '', , after = ''] = node.tag === undefined ? [] : (/!\S*(\s+)(?:(&\S+)\s+)?$/.exec(before) ?? [])
  const start = from - props.length
  const value = String(node.value ?? '')
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
  return {
    path,
    name: String(path.findLast((part) => typeof part === 'string') ?? 'value'),
    tag: node.tag,
    value,
    isText: node.type !== 'PLAIN' || node.tag !== undefined || typeof readPlain(value) === 'string',
    at: positionAt(source, start),
    start,
    end: to,
    indent,
    style: isBlock ? 'block' : inFlow ? 'flow' : 'plain',
    anchor: after === '' ? '' : `${after} `,
  }
}

/** The text with some of its leaves written anew; all other lines stay as they are. */
export function rewrite(text: string, changes: readonly Rewrite[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  let out = text
  for (const change of [...changes].sort((a, b) => b.leaf.start - a.leaf.start)) {
    const { from, to, written } = replacement(out, change)
    out = out.slice(0, from) + written.replaceAll('\n', newline) + out.slice(to)
  }
  return out
}

/** A text with one more variable at its end. */
export function append(text: string, name: string, tag: string | undefined, value: string): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  const key = isPlainSafe(name) ? name : JSON.stringify(name)
  return `${start}${key}: ${tag === undefined ? '' : `${tag} `}${scalar(value, 2, false, '').trimEnd()}\n`
}

function replacement(text: string, { leaf, tag, value, like }: Rewrite): { from: number; to: number; written: string } {
  const head = `${leaf.anchor}${tag === undefined ? '' : `${tag} `}`
  const pad = /(?:^|[\s[{,])$/.test(text.slice(0, leaf.start)) ? '' : ' '
  if (leaf.style === 'flow') {
    return { from: leaf.start, to: leaf.end, written: `${pad}${head}${scalar(value, leaf.indent, true, '')}` }
  }
  const rest = restOf(text, leaf)
  if (like && like.leaf.style !== 'flow' && like.leaf.indent === leaf.indent) {
    const same = restOf(like.text, like.leaf)
    const written = like.text.slice(like.leaf.start, same.end).replaceAll('\r\n', '\n')
    if (same.comment === rest.comment)
      return { from: leaf.start, to: rest.end, written: `${pad}${written.trimEnd()}\n` }
  }
  return { from: leaf.start, to: rest.end, written: `${pad}${head}${scalar(value, leaf.indent, false, rest.comment)}` }
}

/** The comment behind a leaf in its line, and where what it fills ends. */
function restOf(text: string, leaf: Leaf): { readonly comment: string; readonly end: number } {
  if (leaf.style === 'block') {
    const header = /[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(text.slice(leaf.start, leaf.end))
    return { comment: header?.[1] ?? '', end: leaf.end }
  }
  const line = /^[^\r\n]*(?:\r?\n)?/.exec(text.slice(leaf.end))?.[0] ?? ''
  return { comment: line.trimEnd(), end: leaf.end + line.length }
}

/** A value as YAML, with the comment of its line, ending with a line break unless it stands inside brackets. */
function scalar(value: string, indent: number, inFlow: boolean, comment: string): string {
  if (inFlow) return isPlainSafe(value) ? value : quoted(value)
  if (!isBlockSafe(value)) return `${isPlainSafe(value) ? value : quoted(value)}${comment}\n`
  const chomp = value.endsWith('\n') ? '' : '-'
  const lines = value.replace(/\n$/, '').split('\n')
  const blank = ' '.repeat(indent)
  return `|${chomp}${comment}\n${lines.map((line) => (line === '' ? '' : `${blank}${line}`)).join('\n')}\n`
}

/** Several lines that can stand as they are below a `|`. */
function isBlockSafe(value: string): boolean {
  return /\n./.test(value) && /^\S/.test(value) && /\S\n?$/.test(value) && ![...value].some(isControl)
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return (code < 0x20 && code !== 0x0a && code !== 0x09) || (code >= 0x7f && code < 0xa0) || special.has(code)
}

/** Line breaks of Unicode and the byte order mark, which YAML takes for something else than text. */
const special = new Set([0x2028, 0x2029, 0xfeff])

function isPlainSafe(value: string): boolean {
  return /^[A-Za-z_][\w./@-]*$/.test(value) && typeof readPlain(value) === 'string'
}

/** In double quotes; what JSON escapes YAML understands. */
function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

/** The column of the dash that an item of a list stands behind. */
function dashBefore(text: string, offset: number): number {
  const dash = text.lastIndexOf('-', offset - 1)
  return dash === -1 ? 0 : columnOf(text, dash)
}
