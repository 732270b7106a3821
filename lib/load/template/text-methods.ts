import { type Arguments, entry } from './arguments.ts'
import { limit, maxText } from './budget.ts'
import { isList } from './dicts.ts'
import { Fault } from './error.ts'
import { braceFormat } from './format.ts'
import { iterate, kindOf, lengthOf } from './python.ts'
import { str } from './text.ts'
import { type Item, tuple } from './values.ts'

/** A method: the names of its arguments, and what it does. */
export type Method<Self> = { readonly parameters: string; readonly run: (self: Self, args: Arguments) => Item }

function textMethod(parameters: string, run: (self: string, args: Arguments) => Item): Method<string> {
  return { parameters, run }
}

function prefixes(args: Arguments): readonly string[] {
  const given = args.need('prefix')
  return isList(given) ? given.map(str) : [args.text('prefix')]
}

/** Characters as Python counts them, from start to end. */
function part(self: string, args: Arguments): string {
  const chars = Array.from(self)
  const end = args.get('end')
  return chars
    .slice(args.integer('start', 0), end === undefined || end === null ? undefined : args.integer('end'))
    .join('')
}

function strip(self: string, chars: string | undefined, left: boolean, right: boolean): string {
  const set = chars === undefined ? undefined : new Set(Array.from(chars))
  const drops = (char: string) => (set ? set.has(char) : /\s/u.test(char))
  const all = Array.from(self)
  let from = 0
  let to = all.length
  if (left) while (from < to && drops(all[from] as string)) from++
  if (right) while (to > from && drops(all[to - 1] as string)) to--
  return all.slice(from, to).join('')
}

/** Python's `str.split`: without a separator, runs of blanks separate and the ends are trimmed. */
export function splitText(self: string, separator: string | undefined, most: number): readonly string[] {
  if (separator === '') throw new Fault('template-argument', 'a text cannot be split at an empty text')
  if (separator !== undefined) {
    const pieces = self.split(separator)
    if (most < 0 || pieces.length <= most + 1) return pieces
    return [...pieces.slice(0, most), pieces.slice(most).join(separator)]
  }
  const pieces: string[] = []
  let rest = self.trimStart()
  while (rest !== '') {
    if (most >= 0 && pieces.length === most) {
      pieces.push(rest.trimEnd())
      break
    }
    const end = rest.search(/\s/)
    pieces.push(end === -1 ? rest : rest.slice(0, end))
    rest = end === -1 ? '' : rest.slice(end).trimStart()
  }
  return pieces
}

function splitRight(self: string, separator: string | undefined, most: number): readonly string[] {
  const pieces = splitText(self, separator, -1)
  if (most < 0 || pieces.length <= most + 1) return pieces
  if (separator !== undefined) {
    const head = pieces.slice(0, pieces.length - most).join(separator)
    return [head, ...pieces.slice(pieces.length - most)]
  }
  const last: string[] = []
  let rest = self.trimEnd()
  while (last.length < most) {
    const at = /\s\S*$/.exec(rest)?.index ?? -1
    last.unshift(rest.slice(at + 1))
    rest = rest.slice(0, at).trimEnd()
  }
  return [rest.trimStart(), ...last]
}

function position(found: number, name: string): number {
  if (found === -1 && name === 'index') throw new Fault('template-argument', '.index() did not find the text')
  return found
}

function padded(self: string, args: Arguments, side: 'left' | 'right' | 'both'): string {
  const width = args.integer('width')
  if (width > maxText) throw limit('a text grows too long')
  const filler = args.text('fillchar', ' ')
  const missing = width - Array.from(self).length
  if (missing <= 0) return self
  if (side === 'left') return filler.repeat(missing) + self
  if (side === 'right') return self + filler.repeat(missing)
  const before = Math.floor(missing / 2) + (missing & width & 1)
  return filler.repeat(before) + self + filler.repeat(missing - before)
}

/** `word` with an upper-case letter after every non-letter. */
export function pythonTitle(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => capitalized(word))
}

/** The text with its first letter in upper case and all others in lower case. */
export function capitalized(text: string): string {
  const [first = '', ...rest] = Array.from(text)
  return first.toUpperCase() + rest.join('').toLowerCase()
}

function is(pattern: RegExp): Method<string> {
  return textMethod('', (self) => pattern.test(self))
}

/** What can be called on a text. */
export const textMethods: Readonly<Record<string, Method<string>>> = {
  upper: textMethod('', (self) => self.toUpperCase()),
  lower: textMethod('', (self) => self.toLowerCase()),
  casefold: textMethod('', (self) => self.toLowerCase()),
  title: textMethod('', pythonTitle),
  capitalize: textMethod('', capitalized),
  swapcase: textMethod('', (self) =>
    Array.from(self, (char) => (char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase())).join(''),
  ),
  strip: textMethod('chars', (self, args) => strip(self, args.maybeText('chars'), true, true)),
  lstrip: textMethod('chars', (self, args) => strip(self, args.maybeText('chars'), true, false)),
  rstrip: textMethod('chars', (self, args) => strip(self, args.maybeText('chars'), false, true)),
  split: textMethod('sep maxsplit', (self, args) =>
    splitText(self, args.maybeText('sep'), args.integer('maxsplit', -1)),
  ),
  rsplit: textMethod('sep maxsplit', (self, args) =>
    splitRight(self, args.maybeText('sep'), args.integer('maxsplit', -1)),
  ),
  splitlines: textMethod('keepends', (self, args) => splitLines(self, args.flag('keepends'))),
  join: textMethod('items', (self, args) => {
    const texts = iterate(args.need('items')).map((one) => {
      if (typeof one !== 'string')
        throw new Fault('template-type', `.join() needs texts, and one item is ${kindOf(one)}`, { mend: 'use | join' })
      return one
    })
    return texts.join(self)
  }),
  replace: textMethod('old new count', (self, args) =>
    replaceText(self, args.text('old'), args.text('new'), args.integer('count', -1)),
  ),
  startswith: textMethod('prefix start end', (self, args) =>
    prefixes(args).some((one) => part(self, args).startsWith(one)),
  ),
  endswith: textMethod('prefix start end', (self, args) =>
    prefixes(args).some((one) => part(self, args).endsWith(one)),
  ),
  removeprefix: textMethod('prefix', (self, args) => {
    const prefix = args.text('prefix')
    return self.startsWith(prefix) ? self.slice(prefix.length) : self
  }),
  removesuffix: textMethod('suffix', (self, args) => {
    const suffix = args.text('suffix')
    return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self
  }),
  find: textMethod('sub', (self, args) => self.indexOf(args.text('sub'))),
  rfind: textMethod('sub', (self, args) => self.lastIndexOf(args.text('sub'))),
  index: textMethod('sub', (self, args) => position(self.indexOf(args.text('sub')), 'index')),
  rindex: textMethod('sub', (self, args) => position(self.lastIndexOf(args.text('sub')), 'index')),
  count: textMethod('sub', (self, args) => {
    const sub = args.text('sub')
    return sub === '' ? lengthOf(self) + 1 : self.split(sub).length - 1
  }),
  zfill: textMethod('width', (self, args) => {
    const width = args.integer('width')
    if (width > maxText) throw limit('a text grows too long')
    const sign = /^[+-]/.exec(self)?.[0] ?? ''
    return sign + self.slice(sign.length).padStart(width - sign.length, '0')
  }),
  ljust: textMethod('width fillchar', (self, args) => padded(self, args, 'right')),
  rjust: textMethod('width fillchar', (self, args) => padded(self, args, 'left')),
  center: textMethod('width fillchar', (self, args) => padded(self, args, 'both')),
  partition: textMethod('sep', (self, args) => {
    const sep = args.text('sep')
    const at = self.indexOf(sep)
    return at === -1 ? tuple(self, '', '') : tuple(self.slice(0, at), sep, self.slice(at + sep.length))
  }),
  rpartition: textMethod('sep', (self, args) => {
    const sep = args.text('sep')
    const at = self.lastIndexOf(sep)
    return at === -1 ? tuple('', '', self) : tuple(self.slice(0, at), sep, self.slice(at + sep.length))
  }),
  format: textMethod('*values **named', (self, args) =>
    braceFormat(self, args.rest, args.more, (item, key) => {
      const found = entry(item, /^\d+$/.test(key) && isList(item) ? Number(key) : key)
      if (found === undefined) throw new Fault('template-format', `.format() found no "${key}"`)
      return found
    }),
  ),
  isdigit: is(/^\p{Nd}+$/u),
  isdecimal: is(/^\p{Nd}+$/u),
  isnumeric: is(/^\p{N}+$/u),
  isalpha: is(/^\p{L}+$/u),
  isalnum: is(/^[\p{L}\p{N}]+$/u),
  isspace: is(/^\s+$/u),
  islower: textMethod('', (self) => self === self.toLowerCase() && self !== self.toUpperCase()),
  isupper: textMethod('', (self) => self === self.toUpperCase() && self !== self.toLowerCase()),
}

const lineEnds = '\\n\\r\\v\\f\\u001c-\\u001e\\u0085\\u2028\\u2029'

const line = new RegExp(`[^${lineEnds}]*(?:\\r\\n|[${lineEnds}]|$)`, 'g')

const lineEnd = new RegExp(`(?:\\r\\n|[${lineEnds}])$`)

/** Lines of a text, with or without what ends them. */
export function splitLines(text: string, keepEnds = false): readonly string[] {
  const lines = text.match(line) ?? []
  const all = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  return keepEnds ? all : all.map((one) => one.replace(lineEnd, ''))
}

/** Replaces a text, at most `count` times when that is not negative. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  if (count < 0) {
    const times = text.split(old).length
    if (text.length + times * by.length > maxText) throw limit('a text grows too long')
    return text.replaceAll(old, () => by)
  }
  const pieces = text.split(old)
  const head = pieces.slice(0, count + 1)
  const rest = pieces.slice(count + 1)
  return [head.join(by), ...rest].join(old)
}
