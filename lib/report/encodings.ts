import { Buffer } from 'node:buffer'
import { shortest } from './matcher.ts'

/** The spellings of a secret that programs echo. */
export interface Spellings {
  /** Looked for in the text as it is: the value itself and its JSON, shell and HTML forms. */
  readonly exact: readonly string[]
  /** Looked for in the text without white space, because programs wrap them: base64 and hexadecimal forms. */
  readonly packed: readonly string[]
}

/** A larger value (a whole file) is looked for as it is and as JSON only: twenty forms of it would cost more than they guard. */
const largest = 20_000

/** All spellings of `value` to look for; a value of five characters has none shorter than five. */
export function spellingsOf(value: string): Spellings {
  const text = value.toWellFormed()
  if (text.length > largest) return { exact: [...new Set([value, ...json(text)])], packed: [] }
  const exact = new Set([value, ...json(text), ...shell(text), html(text)])
  return {
    exact: [...exact].filter((one) => one.length >= shortest),
    packed: [...new Set([...base64(text), ...hex(text)])],
  }
}

/** Inside a JSON text, inside JSON inside JSON, as Go (no `<>&`), Python (ASCII only) and PHP (`\/`) write it. */
function json(text: string): string[] {
  const once = JSON.stringify(text).slice(1, -1)
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return [
    once,
    JSON.stringify(once).slice(1, -1),
    once.replace(/[<>&\u2028\u2029]/g, escaped),
    once.replace(/[\u0080-\uffff]/g, escaped),
    once.replaceAll('/', '\\/'),
  ]
}

/**
 * Inside single quotes as `sh` scripts, `bash -x` and `dash -x` write it, with a backslash as Python shows it, and as the
 * `echo` of dash, the `echo -e` of bash and `printf` print it, which read `\n` as a line break and `\101` as a letter.
 */
function shell(text: string): string[] {
  const quoted = [`'\\''`, `'"'"'`, `\\'`].map((quote) => text.replaceAll("'", quote))
  if (!text.includes('\\')) return quoted
  const printed = printers.map((escapes) => echoed(text.split('\\c', 1)[0] ?? '', escapes))
  return [...quoted, ...printed.flatMap((one) => [one, ...one.split('\n').filter(isLong)])]
}

/** Long enough to be looked for by itself. */
const isLong = (line: string): boolean => line.length >= 8

/** The escapes that each printing command reads; `\c`, which ends what is printed, is common to them. */
const printers: readonly RegExp[] = [
  // `echo` and `printf %b` of dash
  /\\(?<octal>0[0-7]{0,3}|[1-7][0-7]{0,2})|\\(?<letter>[abfnrtv\\])/g,
  // `echo -e` of bash and of the coreutils
  /\\(?<octal>0[0-7]{0,3})|\\x(?<hex>[\da-f]{1,2})|\\u(?<unicode>[\da-f]{1,4})|\\(?<letter>[abefnrtv\\])/gi,
  // `printf` of bash and of the coreutils, as a format
  /\\(?<octal>[0-7]{1,3})|\\x(?<hex>[\da-f]{1,2})|\\u(?<unicode>[\da-f]{1,4})|\\(?<letter>[abefnrtv\\"'?])/gi,
]

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** What a command prints that reads `escapes`; numbers are bytes, and bytes that are no UTF-8 read as a replacement character. */
function echoed(text: string, escapes: RegExp): string {
  const pieces: Buffer[] = []
  let place = 0
  for (const { 0: all, index, groups } of text.matchAll(escapes)) {
    pieces.push(Buffer.from(text.slice(place, index)), printed(all, groups ?? {}))
    place = index + all.length
  }
  return Buffer.concat([...pieces, Buffer.from(text.slice(place))]).toString()
}

function printed(all: string, { octal, hex, unicode, letter = '' }: Readonly<Record<string, string>>): Buffer {
  if (octal !== undefined) return Buffer.of(Number.parseInt(octal, 8) & 0xff)
  if (hex !== undefined) return Buffer.of(Number.parseInt(hex, 16))
  if (unicode !== undefined) return Buffer.from(String.fromCharCode(Number.parseInt(unicode, 16)))
  return Buffer.from(letters[letter] ?? (/[A-Z]/.test(letter) ? all : letter))
}

function html(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/**
 * Base64 with and without padding, usual and URL-safe. Inside a longer base64 text the value starts at one of three
 * places of a group of four; the characters that depend on the value alone are the same whatever surrounds it.
 */
function base64(text: string): string[] {
  const bytes = Buffer.from(text)
  const whole = bytes.toString('base64')
  const inside = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes])
    return shifted.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6))
  })
  const all = [whole, whole.replaceAll('=', ''), ...inside]
  return all.flatMap((one) => [one, one.replaceAll('+', '-').replaceAll('/', '_')])
}

function hex(text: string): string[] {
  const lower = Buffer.from(text).toString('hex')
  return [lower, lower.toUpperCase()]
}
