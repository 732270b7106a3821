import { limit, maxText } from '../template/budget.ts'
import { isList } from '../template/dicts.ts'
import { binary } from '../template/operators.ts'
import { iterate, lengthOf } from '../template/python.ts'
import { str } from '../template/text.ts'
import { capitalized, replaceText, splitText } from '../template/text-methods.ts'
import { type Item, tuple } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'
import { getter } from './path.ts'

function simple(run: (text: string) => Item) {
  return reading('', (input) => run(str(input)))
}

function wide(width: number): number {
  if (width > maxText) throw limit('a text grows too long')
  return Math.max(0, width)
}

/** Jinja's `title`: a capital after blanks, dashes and opening brackets. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map(capitalized)
    .join('')
}

function indent(text: string, by: string, first: boolean, blank: boolean): string {
  const lines = `${text}\n`.split('\n').slice(0, -1)
  if (lines.length * by.length + text.length > maxText) throw limit('a text grows too long')
  const rest = lines.slice(1).map((line) => (line !== '' || blank ? by + line : line))
  const all = [lines[0] ?? '', ...rest].join('\n')
  return first ? by + all : all
}

function truncate(text: string, length: number, killWords: boolean, end: string, leeway: number): string {
  const chars = Array.from(text)
  if (chars.length <= length + leeway) return text
  const cut = chars.slice(0, Math.max(0, length - lengthOf(end))).join('')
  if (killWords) return cut + end
  const space = cut.lastIndexOf(' ')
  return (space === -1 ? cut : cut.slice(0, space)) + end
}

/** Breaks a line at blanks so that no part is wider than `width`; a word too long for a line is cut when `breakLong`. */
function wrapLine(line: string, width: number, breakLong: boolean, atHyphens: boolean): readonly string[] {
  const words = atHyphens
    ? /\s+|[^\s-]*[\p{L}\p{N}_]-(?=[\p{L}\p{N}_])|\S+?(?=[\p{L}\p{N}_]+-[\p{L}\p{N}_])|\S+/gu
    : /\s+|\S+/g
  const pieces: string[] = line.match(words) ?? []
  const lines: string[] = []
  while (pieces.length > 0) {
    if (lines.length > 0 && /^\s/.test(pieces[0] ?? '')) pieces.shift()
    let current = ''
    while (pieces[0] !== undefined && current.length + pieces[0].length <= width) current += pieces.shift()
    const next = pieces[0]
    if (next !== undefined && next.length > width && (breakLong || current === '')) {
      const room = breakLong ? Math.max(1, width - current.length) : next.length
      current += next.slice(0, room)
      if (room >= next.length) pieces.shift()
      else pieces[0] = next.slice(room)
    }
    if (current.trim() !== '') lines.push(current.trimEnd())
  }
  return lines
}

const commentStyles: Readonly<
  Record<string, { readonly beginning?: string; readonly decoration: string; readonly end?: string }>
> = {
  plain: { decoration: '# ' },
  erlang: { decoration: '% ' },
  c: { decoration: '// ' },
  cblock: { beginning: '/*', decoration: ' * ', end: ' */' },
  xml: { beginning: '<!--', decoration: ' - ', end: '-->' },
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char)
}

/** Filters that make a text from a text. */
export const text: FilterTable = {
  string: simple((input) => input),
  lower: simple((input) => input.toLowerCase()),
  upper: simple((input) => input.toUpperCase()),
  capitalize: simple(capitalized),
  title: simple(title),
  trim: reading('chars', (input, args) => {
    const chars = args.maybeText('chars')
    const drops = new Set(Array.from(chars ?? ''))
    const all = Array.from(str(input))
    const drop = (char: string | undefined) =>
      char !== undefined && (chars === undefined ? /\s/u.test(char) : drops.has(char))
    let from = 0
    let to = all.length
    while (from < to && drop(all[from])) from++
    while (to > from && drop(all[to - 1])) to--
    return all.slice(from, to).join('')
  }),
  replace: reading('old new count', (input, args) => {
    const count = args.get('count')
    return replaceText(
      str(input),
      args.text('old'),
      args.text('new'),
      count === undefined || count === null ? -1 : args.integer('count'),
    )
  }),
  split: reading('sep maxsplit', (input, args) => {
    if (typeof input !== 'string') throw args.fault('needs a text')
    return splitText(input, args.maybeText('sep'), args.integer('maxsplit', -1))
  }),
  join: reading('d attribute', (input, args) => {
    const get = getter(args.get('attribute'))
    const out = iterate(input).map((item) => str(get(item)))
    return out.join(args.text('d', ''))
  }),
  format: reading('*values **named', (input, args) => {
    if (args.more.size > 0 && args.rest.length > 0) throw args.fault('takes values with names or without, not both')
    return binary('%', str(input), args.more.size > 0 ? Object.fromEntries(args.more) : tuple(...args.rest))
  }),
  indent: reading('width first blank', (input, args) => {
    const width = args.get('width')
    const by = typeof width === 'string' ? width : ' '.repeat(wide(args.integer('width', 4)))
    return indent(str(input), by, args.flag('first'), args.flag('blank'))
  }),
  center: reading('width', (input, args) => {
    const chars = Array.from(str(input))
    const width = wide(args.integer('width', 80))
    const missing = width - chars.length
    if (missing <= 0) return str(input)
    const before = Math.floor(missing / 2) + (missing & width & 1)
    return ' '.repeat(before) + chars.join('') + ' '.repeat(missing - before)
  }),
  truncate: reading('length killwords end leeway', (input, args) => {
    // Numbers and the like have no length, and are refused.
    lengthOf(input)
    return truncate(
      str(input),
      args.integer('length', 255),
      args.flag('killwords'),
      args.text('end', '...'),
      args.integer('leeway', 5),
    )
  }),
  wordwrap: reading('width break_long_words wrapstring break_on_hyphens', (input, args) => {
    const width = Math.max(1, args.integer('width', 79))
    const by = args.text('wrapstring', '\n')
    return str(input)
      .split('\n')
      .map((line) =>
        wrapLine(line, width, args.flag('break_long_words', true), args.flag('break_on_hyphens', true)).join(by),
      )
      .join(by)
  }),
  wordcount: simple((input) => (input.match(/[\p{L}\p{N}_]+/gu) ?? []).length),
  quote: reading('', (input) => {
    const given = input === null ? '' : str(input)
    if (given === '') return "''"
    return /[^\w@%+=:,./-]/.test(given) || /[^\x20-\x7e]/.test(given) ? `'${given.replaceAll("'", `'"'"'`)}'` : given
  }),
  comment: reading('style **options', (input, args) => {
    const style = args.text('style', 'plain')
    const known = Object.hasOwn(commentStyles, style) ? commentStyles[style] : undefined
    if (!known) throw args.fault(`knows no style "${style}": use ${Object.keys(commentStyles).join(', ')}`)
    const option = (name: string, fallback: string) => {
      const given = args.more.get(name)
      return given === undefined ? fallback : str(given)
    }
    const newline = option('newline', '\n')
    const decoration = option('decoration', known.decoration)
    const edge = decoration.trimEnd()
    const beginning = option('beginning', known.beginning ?? '')
    const prefix = option('prefix', edge)
    const postfix = option('postfix', edge)
    const end = option('end', known.end ?? '')
    const head =
      prefix === '' ? '' : (prefix === newline ? newline : prefix + newline).repeat(Number(option('prefix_count', '1')))
    const body = (decoration + str(input).replaceAll(newline, newline + decoration)).replaceAll(
      decoration + newline,
      edge + newline,
    )
    const tail = (newline + postfix).repeat(Number(option('postfix_count', '1')))
    return `${beginning === '' ? '' : beginning + newline}${head}${body}${tail}${end === '' ? '' : newline + end}`
  }),
  escape: simple(escapeHtml),
  e: simple(escapeHtml),
  forceescape: simple(escapeHtml),
  safe: simple((input) => input),
  striptags: simple((input) =>
    input
      .replace(/<!--.*?-->|<[^>]*>/gs, '')
      .trim()
      .replace(/\s+/g, ' '),
  ),
  xmlattr: reading('autospace', (input, args) => {
    if (typeof input !== 'object' || input === null || isList(input)) throw args.fault('needs a mapping')
    const out = Object.entries(input)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => `${escapeHtml(key)}="${escapeHtml(str(value as Item))}"`)
      .join(' ')
    return out !== '' && args.flag('autospace', true) ? ` ${out}` : out
  }),
}

/** Upper and lower case alike, for filters that do not tell them apart. */
export function foldCase(item: Item): Item {
  return typeof item === 'string' ? item.toLowerCase() : item
}
