import { createHash } from 'node:crypto'
import { Fault } from '../template/error.ts'
import { numberOf } from '../template/python.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'

/**
 * The Mersenne Twister (MT19937), seeded as Python's `random.Random` is, so that a seeded filter gives on every
 * machine, and in Ansible, the same choice.
 */
class Twister {
  readonly #state = new Uint32Array(624)
  #index = 624

  constructor(seed: Item) {
    this.#seedByArray(seedWords(seed))
  }

  #seedOne(value: number): void {
    const state = this.#state
    state[0] = value
    for (let i = 1; i < 624; i++) {
      const before = (state[i - 1] ?? 0) ^ ((state[i - 1] ?? 0) >>> 30)
      state[i] = Math.imul(1812433253, before) + i
    }
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state
    this.#seedOne(19650218)
    let i = 1
    let j = 0
    const mixed = (factor: number) => Math.imul((state[i - 1] ?? 0) ^ ((state[i - 1] ?? 0) >>> 30), factor)
    const advance = () => {
      if (++i >= 624) {
        state[0] = state[623] ?? 0
        i = 1
      }
    }
    for (let k = Math.max(624, key.length); k > 0; k--) {
      state[i] = ((state[i] ?? 0) ^ mixed(1664525)) + (key[j] ?? 0) + j
      advance()
      if (++j >= key.length) j = 0
    }
    for (let k = 623; k > 0; k--) {
      state[i] = ((state[i] ?? 0) ^ mixed(1566083941)) - i
      advance()
    }
    state[0] = 0x80000000
  }

  #next(): number {
    const state = this.#state
    if (this.#index >= 624) {
      for (let i = 0; i < 624; i++) {
        const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % 624] ?? 0) & 0x7fffffff)
        state[i] = (state[(i + 397) % 624] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
      }
      this.#index = 0
    }
    let y = state[this.#index++] ?? 0
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }

  /** A whole number from 0 up to but without `below`, which fits 32 bits. */
  below(below: number): number {
    const bits = 32 - Math.clz32(below)
    while (true) {
      const drawn = this.#next() >>> (32 - bits)
      if (drawn < below) return drawn
    }
  }
}

/** The seed as 32-bit words, lowest first: a number by its size, a text with its SHA-512 appended. */
function seedWords(seed: Item): readonly number[] {
  const number = numberOf(seed)
  let value: bigint
  if (number !== undefined && Number.isInteger(Number(number)))
    value = BigInt(number) < 0n ? -BigInt(number) : BigInt(number)
  else {
    const bytes = Buffer.from(str(seed))
    value = BigInt(`0x${Buffer.concat([bytes, createHash('sha512').update(bytes).digest()]).toString('hex')}`)
  }
  const words: number[] = []
  do {
    words.push(Number(value & 0xffffffffn))
    value >>= 32n
  } while (value > 0n)
  return words
}

/** An index below `count`, the same one each time when there is a seed. */
export function randomPick(count: number, seed: Item | undefined, random: (below: number) => number): number {
  if (count <= 0) throw new Fault('template-argument', 'the filter "random" has nothing to choose from')
  if (count > 0xffffffff) throw new Fault('template-limit', 'the filter "random" can choose among at most 4294967295')
  return seed === undefined || seed === null ? random(count) : new Twister(seed).below(count)
}

/** The items in random order, the same one each time when there is a seed. */
export function shuffled(items: readonly Item[], seed: Item | undefined, random: (below: number) => number): Item[] {
  const out = [...items]
  const twister = seed === undefined || seed === null || seed === '' || seed === 0 ? undefined : new Twister(seed)
  for (let i = out.length - 1; i > 0; i--) {
    const j = twister ? twister.below(i + 1) : random(i + 1)
    const moved = out[i] as Item
    out[i] = out[j] as Item
    out[j] = moved
  }
  return out
}
