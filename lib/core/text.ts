import { createHash } from 'node:crypto'
import { isMapping } from './plain.ts'
import { reveal, Secret, type Text } from './secret.ts'

/** Hex SHA-256 of a text as UTF-8, or of bytes, to compare it with a file; of a secret, it must not be shown either. */
export function sha256(text: Text | Buffer): string {
  return createHash('sha256')
    .update(Buffer.isBuffer(text) ? text : reveal(text))
    .digest('hex')
}

/** Length in bytes as UTF-8. */
export function byteLength(text: Text): number {
  return Buffer.byteLength(reveal(text))
}

/** Are the two texts equal, whether secret or not? */
export function same(a: Text, b: Text): boolean {
  return reveal(a) === reveal(b)
}

/**
 * Makes a text out of others: the result is a secret when one of them is. `make` sees the real texts and must do nothing
 * but calculate.
 */
export function derive<const T extends readonly Text[]>(
  texts: T,
  make: (...plain: { [K in keyof T]: string }) => string,
): Text {
  const made = make(...(texts.map(reveal) as { [K in keyof T]: string }))
  const secret = texts.find((text) => text instanceof Secret)
  return secret === undefined ? made : new Secret(made, secret.label)
}

/** The text, or so many characters of it; the mark at its end lets the redactor see a secret that was cut in two. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`
}

/** The text, or so many characters of its end behind the mark of `shortened`. */
export function ending(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(-most)}`
}

/** The lines as one text, or so many of the last behind a line with the mark of `shortened`. */
export function endingLines(lines: readonly string[], most: number): string {
  return (lines.length <= most ? lines : ['…', ...lines.slice(-most)]).join('\n')
}

/** The value with all secrets inside revealed; for the wire only (the body of a request). */
export function revealAll(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  if (Array.isArray(value)) return value.map(revealAll)
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, revealAll(one)]))
  return value
}
