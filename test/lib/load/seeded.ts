/** A small generator of numbers from 0 up to, not including, what it is given; the same seed gives the same numbers. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
