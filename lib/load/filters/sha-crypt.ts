import { hash } from 'node:crypto'

/** The kinds of hashes in /etc/shadow that every Linux of today reads. */
export type ShaKind = 'sha256' | 'sha512'

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The last part of a crypt(3) hash of the kinds `$5$` (sha256) and `$6$` (sha512), as Ulrich Drepper specified it:
 * https://www.akkadia.org/drepper/SHA-crypt.txt. The salt has at most 16 characters of the alphabet.
 */
export function shaCrypt(kind: ShaKind, password: string, salt: string, rounds: number): string {
  const digest = (...parts: readonly Buffer[]) => hash(kind, Buffer.concat(parts), 'buffer')
  const word = Buffer.from(password)
  const grain = Buffer.from(salt)
  const inner = digest(word, grain, word)
  const bits = [...word.length.toString(2)].reverse().map((bit) => (bit === '1' ? inner : word))
  const start = digest(word, grain, filled(inner, word.length), ...(word.length === 0 ? [] : bits))
  const words = filled(digest(...Array.from({ length: word.length }, () => word)), word.length)
  const grains = filled(digest(...Array.from({ length: 16 + (start[0] ?? 0) }, () => grain)), grain.length)
  let last = start
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1
    const parts = [odd ? words : last]
    if (round % 3 !== 0) parts.push(grains)
    if (round % 7 !== 0) parts.push(words)
    parts.push(odd ? last : words)
    last = digest(...parts)
  }
  return kind === 'sha512' ? encoded(last, 21, 1, 2) : encoded(last, 10, 2, 3)
}

/** The bytes again and again up to a length. */
function filled(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes)
}

/**
 * Three bytes that lie `third` apart make four characters; which of them comes first moves on by `turn` with each three.
 * What is left over at the end makes `rest` characters.
 */
function encoded(bytes: Buffer, third: number, turn: number, rest: number): string {
  let out = ''
  for (let index = 0; index < third; index++) {
    const places = [index, index + third, index + 2 * third]
    const [high, middle, low] = [0, 1, 2].map((one) => bytes[places[(one + turn * index) % 3] ?? 0] ?? 0)
    out += characters(((high ?? 0) << 16) | ((middle ?? 0) << 8) | (low ?? 0), 4)
  }
  const left = [...bytes.subarray(3 * third)].reverse().reduce((value, byte) => (value << 8) | byte, 0)
  return out + characters(left, rest)
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => alphabet[(value >> (6 * index)) & 63]).join('')
}
