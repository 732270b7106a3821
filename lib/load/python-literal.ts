import type { Value } from '../core/plain.ts'

/**
 * Reads a value of an INI inventory as Ansible does with Python's `ast.literal_eval`: numbers, quoted texts, lists,
 * tuples, dictionaries, True, False and None; everything else (`yes`, `0644`, a bare word) stays the text it is.
 */
export function readPythonLiteral(text: string): Value {
  if (/^(?:[1-9]\d{0,14}|0)$/.test(text)) return Number(text)
  // The beginnings of what is no literal: most values are words and addresses.
  if (/^(?!True|False|None)[A-Za-z_/]|^\d+\.\d+\./.test(text)) return text
  const reader = new LiteralReader(text)
  const value = reader.whole()
  return value === undefined ? text : value
}

class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Value | undefined {
    const value = this.#value(0)
    if (value === undefined) return undefined
    this.#blanks()
    return this.#at === this.#text.length || this.#text[this.#at] === '#' ? value : undefined
  }

  #value(depth: number): Value | undefined {
    this.#blanks()
    const character = this.#text[this.#at]
    if (character === undefined || depth > 50) return undefined
    if (character === '"' || character === "'") return this.#strings()
    if (character === '[') return this.#items(']', depth)
    if (character === '(') return this.#items(')', depth)
    if (character === '{') return this.#dictionary(depth)
    return this.#word()
  }

  #word(): Value | undefined {
    const match =
      /^(?:True|False|None)\b|^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d[\d_]*)?\.?\d*(?:[eE][-+]?\d+)?)/.exec(
        this.#text.slice(this.#at),
      )
    const word = match?.[0]
    if (!word) return undefined
    this.#at += word.length
    if (word === 'True') return true
    if (word === 'False') return false
    if (word === 'None') return null
    const sign = word.startsWith('-') ? -1 : 1
    const digits = word.replace(/^[-+]/, '')
    if (!/\d/.test(digits) || /^0\d/.test(digits) || /_$|__/.test(digits)) return undefined
    const value = sign * Number(digits.replaceAll('_', ''))
    const exact = Number.isSafeInteger(value) || !/^\d+$/.test(digits)
    return Number.isFinite(value) && exact ? value : undefined
  }

  /** Texts beside each other are one. */
  #strings(): string | undefined {
    let out = ''
    for (;;) {
      const part = this.#string()
      if (part === undefined) return undefined
      out += part
      this.#blanks()
      const next = this.#text[this.#at]
      if (next !== '"' && next !== "'") return out
    }
  }

  #string(): string | undefined {
    const quote = this.#text[this.#at++]
    let out = ''
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at++] as string
      if (character === quote) return out
      if (character === '\\') out += escaped(this.#text[this.#at++] ?? '')
      else out += character
    }
    return undefined
  }

  #items(end: string, depth: number): Value | undefined {
    this.#at++
    const out: Value[] = []
    for (;;) {
      this.#blanks()
      if (this.#take(end)) return out
      const value = this.#value(depth + 1)
      if (value === undefined) return undefined
      out.push(value)
      this.#blanks()
      if (!this.#take(',') && this.#text[this.#at] !== end) return undefined
    }
  }

  #dictionary(depth: number): Value | undefined {
    this.#at++
    const out: [string, Value][] = []
    for (;;) {
      this.#blanks()
      if (this.#take('}')) return Object.fromEntries(out)
      const key = this.#value(depth + 1)
      this.#blanks()
      if (typeof key !== 'string' && typeof key !== 'number') return undefined
      if (!this.#take(':')) return undefined
      const value = this.#value(depth + 1)
      if (value === undefined) return undefined
      out.push([String(key), value])
      this.#blanks()
      if (!this.#take(',') && this.#text[this.#at] !== '}') return undefined
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}

function escaped(character: string): string {
  const known: { readonly [key: string]: string } = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }
  return known[character] ?? `\\${character}`
}
