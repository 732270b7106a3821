/** A word of a shell line in pieces. Text in quotes is never split or dropped when empty. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly otherwise: string | undefined
      readonly quoted: boolean
    }
  | { readonly kind: 'command'; readonly script: string; readonly quoted: boolean }

export type Token =
  | { readonly kind: 'word'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'operator'; readonly text: string }

/** A line that the small shell cannot read. */
export class ShellError extends Error {}

const operators = ['2>&1', '1>&2', '>&2', '2>>', '2>', '&>', '&&', '||', '>>', ';', '|', '&', '(', ')', '<', '>', '\n']

const closing = (text: string, from: number): number => {
  let depth = 1
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '\\' && quote !== "'") at++
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at
  }
  throw new ShellError('Syntax error: end of file unexpected (expecting ")")')
}

/** Reads what follows a dollar sign; returns the piece and where it ends. */
const expansion = (text: string, at: number, quoted: boolean): { readonly piece: Piece; readonly end: number } => {
  if (text[at] === '(') {
    const end = closing(text, at + 1)
    return { piece: { kind: 'command', script: text.slice(at + 1, end), quoted }, end: end + 1 }
  }
  if (text[at] === '{') {
    const end = text.indexOf('}', at)
    const match = /^([A-Za-z_]\w*|[0-9?#@*])(?::?-(.*))?$/s.exec(text.slice(at + 1, end))
    if (end < 0 || match?.[1] === undefined) throw new ShellError('Bad substitution')
    return { piece: { kind: 'variable', name: match[1], otherwise: match[2], quoted }, end: end + 1 }
  }
  const name = /^(?:[A-Za-z_]\w*|[0-9?#@*$])/.exec(text.slice(at))?.[0]
  if (name === undefined) return { piece: { kind: 'text', text: '$', quoted }, end: at }
  return { piece: { kind: 'variable', name, otherwise: undefined, quoted }, end: at + name.length }
}

const doubleQuoted = (text: string, from: number): { readonly pieces: readonly Piece[]; readonly end: number } => {
  const pieces: Piece[] = [{ kind: 'text', text: '', quoted: true }]
  let plain = ''
  const flush = () => {
    if (plain !== '') pieces.push({ kind: 'text', text: plain, quoted: true })
    plain = ''
  }
  for (let at = from; at < text.length; ) {
    const char = text[at] ?? ''
    if (char === '"') {
      flush()
      return { pieces, end: at + 1 }
    }
    if (char === '\\' && /["\\$`\n]/.test(text[at + 1] ?? '')) {
      plain += text[at + 1] === '\n' ? '' : text[at + 1]
      at += 2
    } else if (char === '$') {
      flush()
      const { piece, end } = expansion(text, at + 1, true)
      pieces.push(piece)
      at = end
    } else {
      plain += char
      at++
    }
  }
  throw new ShellError('Syntax error: Unterminated quoted string')
}

/** Cuts a script into words and operators. Throws ShellError when a quote or a parenthesis stays open. */
export const tokenize = (text: string): readonly Token[] => {
  const tokens: Token[] = []
  let pieces: Piece[] = []
  const flush = () => {
    if (pieces.length > 0) tokens.push({ kind: 'word', pieces })
    pieces = []
  }
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? ''
    const rest = text.slice(at)
    const operator = operators.find((candidate) => rest.startsWith(candidate))
    const digitInWord = operator !== undefined && /^[12]/.test(operator) && pieces.length > 0
    if (operator !== undefined && !digitInWord) {
      flush()
      tokens.push({ kind: 'operator', text: operator === '\n' ? ';' : operator })
      at += operator.length
    } else if (char === ' ' || char === '\t') {
      flush()
      at++
    } else if (char === '#' && pieces.length === 0) {
      at += rest.indexOf('\n') < 0 ? rest.length : rest.indexOf('\n')
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1)
      if (end < 0) throw new ShellError('Syntax error: Unterminated quoted string')
      pieces.push({ kind: 'text', text: text.slice(at + 1, end), quoted: true })
      at = end + 1
    } else if (char === '"') {
      const { pieces: inner, end } = doubleQuoted(text, at + 1)
      pieces.push(...inner)
      at = end
    } else if (char === '\\') {
      if (text[at + 1] !== '\n') pieces.push({ kind: 'text', text: text[at + 1] ?? '', quoted: true })
      at += 2
    } else if (char === '$') {
      const { piece, end } = expansion(text, at + 1, false)
      pieces.push(piece)
      at = end
    } else if (char === '`') {
      const end = text.indexOf('`', at + 1)
      if (end < 0) throw new ShellError('Syntax error: EOF in backquote substitution')
      pieces.push({ kind: 'command', script: text.slice(at + 1, end), quoted: false })
      at = end + 1
    } else {
      const run = /^[^\s'"\\$`;|&()<>]+/.exec(rest)?.[0] ?? char
      pieces.push({ kind: 'text', text: run, quoted: false })
      at += run.length
    }
  }
  flush()
  return tokens
}
