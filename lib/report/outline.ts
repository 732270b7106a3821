import type { Plain } from '../core/plain.ts'

/**
 * A value as indented lines in the manner of YAML, for the eye and for line diffs: mappings keep their order, text with
 * breaks is written line by line, and text that would read as another type is quoted.
 */
export function outline(value: Plain): readonly string[] {
  if (isList(value)) return value.length === 0 ? ['[]'] : value.flatMap(item)
  if (isMapping(value)) {
    const entries = Object.entries(value)
    return entries.length === 0 ? ['{}'] : entries.flatMap(([key, inner]) => field(key, inner))
  }
  return typeof value === 'string' && value.includes('\n') ? ['|', ...textLines(value)] : [scalar(value)]
}

function field(key: string, value: Plain): readonly string[] {
  const name = scalar(key)
  if (typeof value === 'string' && value.includes('\n')) return [`${name}: |`, ...textLines(value)]
  const lines = outline(value)
  if (isEmpty(value) || !isNested(value)) return [`${name}: ${lines[0] ?? ''}`]
  return [`${name}:`, ...lines.map((line) => `  ${line}`)]
}

function item(value: Plain): readonly string[] {
  const [first = '', ...rest] = outline(value)
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
}

function textLines(text: string): readonly string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
}

function scalar(value: Plain): string {
  if (typeof value !== 'string') return String(value)
  return value === '' || otherType.test(value) || syntax.test(value) ? JSON.stringify(value) : value
}

const otherType = /^(true|false|null|yes|no|on|off|~|[-+.]?\d[\d._eE+-]*)$/i
const syntax = /^[\s'"[\]{}&*!|>%@`#,]|^[-?:](\s|$)|\s$|:\s|\s#|:$/

function isEmpty(value: Plain): boolean {
  return isList(value) ? value.length === 0 : isMapping(value) && Object.keys(value).length === 0
}

function isNested(value: Plain): boolean {
  return typeof value === 'object' && value !== null
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

function isMapping(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
