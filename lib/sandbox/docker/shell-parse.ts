import { type Piece, ShellError, type Token, tokenize } from './shell-words.ts'

export type Word = readonly Piece[]

export type Redirection =
  | { readonly kind: 'file'; readonly from: 'stdout' | 'stderr' | 'both'; readonly append: boolean; readonly to: Word }
  | { readonly kind: 'input'; readonly to: Word }
  | { readonly kind: 'join'; readonly from: 'stdout' | 'stderr' }

/** What the small shell knows: simple commands, pipelines, `&&`, `||`, `!`, groups, `if`, `while` and `until`. */
export type Node =
  | { readonly kind: 'command'; readonly words: readonly Word[]; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'pipeline'; readonly parts: readonly Node[]; readonly negated: boolean }
  | { readonly kind: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly subshell: boolean }
  | { readonly kind: 'if'; readonly test: Node; readonly then: Node; readonly otherwise: Node | undefined }
  | { readonly kind: 'loop'; readonly until: boolean; readonly test: Node; readonly body: Node }

const redirectors: Readonly<Record<string, (to: Word) => Redirection>> = {
  '>': (to) => ({ kind: 'file', from: 'stdout', append: false, to }),
  '>>': (to) => ({ kind: 'file', from: 'stdout', append: true, to }),
  '2>': (to) => ({ kind: 'file', from: 'stderr', append: false, to }),
  '2>>': (to) => ({ kind: 'file', from: 'stderr', append: true, to }),
  '&>': (to) => ({ kind: 'file', from: 'both', append: false, to }),
  '<': (to) => ({ kind: 'input', to }),
}

const joins: Readonly<Record<string, Redirection>> = {
  '2>&1': { kind: 'join', from: 'stderr' },
  '>&2': { kind: 'join', from: 'stdout' },
  '1>&2': { kind: 'join', from: 'stdout' },
}

const reserved = (token: Token | undefined): string | undefined => {
  const piece = token?.kind === 'word' && token.pieces.length === 1 ? token.pieces[0] : undefined
  return piece?.kind === 'text' && !piece.quoted ? piece.text : undefined
}

const enders = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', '}'])

/** Reads a script into its tree. Throws ShellError with the shell's words. */
export const parseShell = (text: string): Node => {
  const tokens = tokenize(text)
  let at = 0
  const operator = (): string | undefined => {
    const token = tokens[at]
    return token?.kind === 'operator' ? token.text : undefined
  }
  const unexpected = (): Error => {
    const token = tokens[at]
    const shown =
      token === undefined ? 'end of file' : `"${token.kind === 'operator' ? token.text : (reserved(token) ?? 'word')}"`
    return new ShellError(`Syntax error: ${shown} unexpected`)
  }
  const expect = (word: string): void => {
    if (reserved(tokens[at]) !== word && operator() !== word) throw unexpected()
    at++
  }
  const list = (subshell: boolean): Node => {
    const items: Node[] = []
    for (;;) {
      while (operator() === ';' || operator() === '&') at++
      if (at >= tokens.length || operator() === ')' || enders.has(reserved(tokens[at]) ?? '')) break
      items.push(conditional())
    }
    return { kind: 'list', items, subshell }
  }
  const conditional = (): Node => {
    let left = pipeline()
    for (;;) {
      const found = operator()
      if (found !== '&&' && found !== '||') return left
      at++
      while (operator() === ';') at++
      left = { kind: found === '&&' ? 'and' : 'or', left, right: pipeline() }
    }
  }
  const pipeline = (): Node => {
    let negated = false
    while (reserved(tokens[at]) === '!') {
      negated = !negated
      at++
    }
    const parts = [command()]
    while (operator() === '|') {
      at++
      parts.push(command())
    }
    const only = parts[0]
    return parts.length === 1 && !negated && only !== undefined ? only : { kind: 'pipeline', parts, negated }
  }
  const branch = (): Node => {
    const test = list(false)
    expect('then')
    const then = list(false)
    const next = reserved(tokens[at])
    at++
    if (next === 'fi') return { kind: 'if', test, then, otherwise: undefined }
    if (next === 'elif') return { kind: 'if', test, then, otherwise: branch() }
    if (next !== 'else') {
      at--
      throw unexpected()
    }
    const otherwise = list(false)
    expect('fi')
    return { kind: 'if', test, then, otherwise }
  }
  const command = (): Node => {
    const word = reserved(tokens[at])
    if (operator() === '(') {
      at++
      const body = list(true)
      expect(')')
      return body
    }
    if (word === '{') {
      at++
      const body = list(false)
      expect('}')
      return body
    }
    if (word === 'if') {
      at++
      return branch()
    }
    if (word === 'while' || word === 'until') {
      at++
      const test = list(false)
      expect('do')
      const body = list(false)
      expect('done')
      return { kind: 'loop', until: word === 'until', test, body }
    }
    return simple()
  }
  const simple = (): Node => {
    const words: Word[] = []
    const redirections: Redirection[] = []
    for (;;) {
      const token = tokens[at]
      if (token?.kind === 'word') {
        words.push(token.pieces)
        at++
        continue
      }
      const text = token?.text ?? ''
      const join = joins[text]
      const redirector = redirectors[text]
      if (join === undefined && redirector === undefined) break
      at++
      if (join !== undefined) redirections.push(join)
      else if (redirector !== undefined) {
        const target = tokens[at]
        if (target?.kind !== 'word') throw unexpected()
        redirections.push(redirector(target.pieces))
        at++
      }
    }
    if (words.length === 0 && redirections.length === 0) throw unexpected()
    return { kind: 'command', words, redirections }
  }
  const tree = list(false)
  if (at < tokens.length) throw unexpected()
  return tree
}
