/** A `key=value` of a line of arguments; `at` is its index in the line. */
export interface Pair {
  readonly key: string
  readonly value: string
  readonly at: number
}

export interface FreeForm {
  readonly pairs: readonly Pair[]
  /** What is left when the pairs are taken out, blanks as they were. */
  readonly rest: string
  /** A quote or a template that is opened and never closed. */
  readonly open?: string
}

interface Word {
  readonly text: string
  readonly at: number
}

/**
 * Splits a line of arguments as Ansible does (`path=/opt/x mode="0644"`): words end at blanks outside of quotes and
 * templates, quotes around a value are taken off. Only keys that `isKey` accepts make a pair; the rest is free form.
 */
export function splitArguments(line: string, isKey: (key: string) => boolean): FreeForm {
  const { words, open } = wordsOf(line)
  const pairs: Pair[] = []
  const rest: Word[] = []
  for (const word of words) {
    const match = /^([A-Za-z_][\w.-]*)=([\s\S]*)$/.exec(word.text)
    const key = match?.[1]
    if (key !== undefined && isKey(key)) pairs.push({ key, value: unquote(match?.[2] ?? ''), at: word.at })
    else rest.push(word)
  }
  const text = pairs.length === 0 ? line : without(line, rest)
  return { pairs, rest: text.trim(), ...(open !== undefined && { open }) }
}

function without(line: string, rest: readonly Word[]): string {
  let out = ''
  let end = 0
  for (const { text, at } of rest) {
    const gap = /\s*$/.exec(line.slice(end, at))?.[0] ?? ''
    out += (out === '' ? '' : gap) + text
    end = at + text.length
  }
  return out
}

function wordsOf(line: string): { readonly words: readonly Word[]; readonly open?: string } {
  const words: Word[] = []
  let at = 0
  while (at < line.length) {
    while (/\s/.test(line[at] ?? '')) at++
    if (at >= line.length) break
    const start = at
    while (at < line.length && !/\s/.test(line[at] ?? '')) {
      const character = line[at] as string
      if (character === '\\') at += 2
      else if (character === '"' || character === "'") {
        const end = closingQuote(line, at)
        if (end === undefined) return { words: [...words, { text: line.slice(start), at: start }], open: character }
        at = end + 1
      } else if (character === '{' && /^\{[{%#]/.test(line.slice(at, at + 2))) {
        const closing = line[at + 1] === '{' ? '}}' : `${line[at + 1]}}`
        const end = line.indexOf(closing, at + 2)
        if (end === -1)
          return { words: [...words, { text: line.slice(start), at: start }], open: line.slice(at, at + 2) }
        at = end + 2
      } else at++
    }
    words.push({ text: line.slice(start, at), at: start })
  }
  return { words }
}

function closingQuote(line: string, from: number): number | undefined {
  for (let at = from + 1; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === line[from]) return at
  }
  return undefined
}

function unquote(value: string): string {
  const quote = value[0]
  if (value.length < 2 || (quote !== '"' && quote !== "'") || !value.endsWith(quote)) return value
  const inner = value.slice(1, -1)
  return quote === '"' ? inner.replace(/\\(["\\])/g, '$1') : inner
}
