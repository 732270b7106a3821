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
 * `echo` of dash prints it, which reads `\\n` as a line break.
 */
function shell(text: string): string[] {
  const quoted = [`'\\''`, `'"'"'`, `\\'`].map((quote) => text.replaceAll("'", quote))
  return text.includes('\\') ? [...quoted, echoed(text), ...echoed(text).split('\n').filter(isLong)] : quoted
}

/** Long enough to be looked for by itself. */
const isLong = (line: string): boolean => line.length >= 8

const echoes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

function echoed(text: string): string {
  return text.replace(/\\0([0-7]{0,3})|\\([abfnrtv\\])/g, (_, octal?: string, letter?: string) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(octal || '0', 8)) : (echoes[letter] ?? letter),
  )
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
