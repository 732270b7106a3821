import { reveal, Secret, type Text } from './secret.ts'

/** A piece of shell text; `quoted` pieces are data and reach the shell inside single quotes. */
export interface Piece {
  readonly text: Text
  readonly quoted: boolean
}

/** A POSIX shell script as pieces: the connection flattens it for the wire, everyone else sees labels for secrets. */
export class Script {
  readonly pieces: readonly Piece[]

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces
  }

  /** The script as it may be shown. */
  toString(): string {
    return this.pieces
      .map(({ text, quoted }) => (text instanceof Secret ? text.toString() : quoted ? quote(text) : text))
      .join('')
  }

  toJSON(): string {
    return this.toString()
  }

  /** True when a secret is inside, so that the script must never stand in an argv. */
  get secret(): boolean {
    return this.pieces.some(({ text }) => text instanceof Secret)
  }
}

/** What may stand in a `${}` of the `sh` tag: data is quoted, a list becomes quoted words, a Script is put in as it is. */
export type Word = Text | number | Script | readonly (Text | number | Script)[]

/** Builds a shell script; every interpolated value is single-quoted, so data can never become syntax. */
export function sh(strings: TemplateStringsArray, ...words: readonly Word[]): Script {
  const pieces: Piece[] = []
  strings.forEach((text, index) => {
    if (text !== '') pieces.push({ text, quoted: false })
    const word = words[index]
    if (word !== undefined) pieces.push(...piecesOf(word))
  })
  return new Script(pieces)
}

/** Shell text taken as it is: for a `command` that the operator wrote, never for data. */
export function raw(text: Text): Script {
  return new Script([{ text, quoted: false }])
}

/** Puts scripts one after the other, with `separator` (shell text) in between. */
export function join(scripts: readonly Script[], separator = '\n'): Script {
  return new Script(
    scripts.flatMap((script, index) =>
      index === 0 ? script.pieces : [{ text: separator, quoted: false }, ...script.pieces],
    ),
  )
}

/** The real text of a script, secrets included; for connections only. */
export function flatten(script: Script): string {
  return script.pieces.map(({ text, quoted }) => (quoted ? quote(reveal(text)) : reveal(text))).join('')
}

/** One word for any POSIX shell, whatever it holds (a NUL cannot be said in a shell and is refused). */
export function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a NUL character cannot be passed to a shell')
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function piecesOf(word: Word): Piece[] {
  if (word instanceof Script) return [...word.pieces]
  if (Array.isArray(word)) {
    return word.flatMap((one, index) =>
      index === 0 ? piecesOf(one) : [{ text: ' ', quoted: false }, ...piecesOf(one)],
    )
  }
  return [{ text: typeof word === 'number' ? String(word) : (word as Text), quoted: true }]
}
