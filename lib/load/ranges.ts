/** Thrown for a range that makes no sense; the message is a sentence for the person who wrote it. */
export class BadRange extends Error {}

/** More hosts than anybody means by one range. */
const most = 100_000

/**
 * The names a pattern of an inventory stands for: `web[01:20].example.org`, `db-[a:f]`, `node[0:100:10]`, several
 * ranges in one name. Both ends belong to the range; zeros in front of the first number are kept. Throws BadRange.
 */
export function expandRange(pattern: string): readonly string[] {
  if (!pattern.includes('[')) return [pattern]
  const match = /^(.*?)\[([^\]:]*):([^\]:]*)(?::([^\]]*))?\](.*)$/.exec(pattern)
  if (!match) return [pattern]
  const [, before = '', first = '', last = '', step, after = ''] = match
  const every = step === undefined ? 1 : Number(step)
  if (!Number.isInteger(every) || every < 1)
    throw new BadRange(`the step of the range must be a whole number from 1 up`)
  const middle = /^[A-Za-z]$/.test(first) ? letters(first, last, every) : numbers(first, last, every)
  const rest = expandRange(after)
  if (middle.length * rest.length > most) throw new BadRange(`the range stands for more than ${most} hosts`)
  return middle.flatMap((one) => rest.map((end) => before + one + end))
}

function letters(first: string, last: string, every: number): readonly string[] {
  const start = first.charCodeAt(0)
  const end = last.charCodeAt(0)
  const sameCase = /[a-z]/.test(first) === /[a-z]/.test(last)
  if (!/^[A-Za-z]$/.test(last) || !sameCase || end < start) {
    throw new BadRange(`"${first}" to "${last}" is no range of letters`)
  }
  const out: string[] = []
  for (let code = start; code <= end; code += every) out.push(String.fromCharCode(code))
  return out
}

function numbers(first: string, last: string, every: number): readonly string[] {
  const from = first === '' ? '0' : first
  if (!/^\d+$/.test(from) || !/^\d+$/.test(last)) throw new BadRange(`"${first}" to "${last}" is no range of numbers`)
  const width = from.length > 1 && from.startsWith('0') ? from.length : 0
  if (width > 0 && width !== last.length) {
    throw new BadRange(`both ends of the range need the same number of digits when the first starts with 0`)
  }
  const start = Number(from)
  const end = Number(last)
  if (end < start) throw new BadRange(`the range ends (${last}) before it starts (${first})`)
  if ((end - start) / every > most) throw new BadRange(`the range stands for more than ${most} hosts`)
  const out: string[] = []
  for (let number = start; number <= end; number += every) out.push(String(number).padStart(width, '0'))
  return out
}
