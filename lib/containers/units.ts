const bytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
}

/** `512M`, `1.5g`, `2GiB` as bytes; `unlimited` and `-1` are -1. Throws RangeError for anything else. */
export function parseBytes(text: string): number {
  if (text === 'unlimited' || text === '-1') return -1
  const found = /^(\d+(?:\.\d+)?)\s*([bkmgtp]?)(?:i?b)?$/i.exec(text.trim())
  if (found === null) throw new RangeError(`"${text}" is no size; write a number with B, K, M, G or T, such as "512M"`)
  return Math.round(Number(found[1]) * (bytes[(found[2] ?? '').toLowerCase()] ?? 1))
}

const nanoseconds: Readonly<Record<string, number>> = {
  d: 86_400e9,
  h: 3600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  ns: 1,
}

/** `1m30s`, `500ms`, `1h` as nanoseconds, the unit of the Engine API. Throws RangeError for anything else. */
export function parseDuration(text: string): number {
  const whole = text.trim()
  const parts = [...whole.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|us|ns|m|s)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== whole) {
    throw new RangeError(`"${text}" is no duration; write numbers with h, m, s or ms, such as "1m30s"`)
  }
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * (nanoseconds[unit ?? ''] ?? 0), 0))
}
