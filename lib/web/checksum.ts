import { type Finding, NotYetError, problem, TaskError } from '../task.ts'

export const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const
const digits: { readonly [algorithm: string]: number } = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
}

/** `sha256:…` as it was written: the sum itself, or the address of a list of sums. */
export interface Checksum {
  readonly algorithm: (typeof algorithms)[number]
  readonly sum: string | undefined
  readonly url: string | undefined
}

/** Reads `algorithm:sum` and `algorithm:url`; undefined for anything else. */
export function checksumOf(written: string): Checksum | undefined {
  const [, name = '', rest = ''] = /^(\w+):(.+)$/s.exec(written.trim()) ?? []
  const algorithm = algorithms.find((one) => one === name.toLowerCase())
  if (algorithm === undefined) return undefined
  if (/^https?:\/\//.test(rest)) return { algorithm, sum: undefined, url: rest }
  const sum = rest.replaceAll(/\W+/g, '').toLowerCase()
  return isSum(sum, algorithm) ? { algorithm, sum, url: undefined } : undefined
}

function isSum(text: string, algorithm: string): boolean {
  return /^[0-9a-f]+$/.test(text) && text.length === digits[algorithm]
}

export function checkChecksum(written: string | undefined): readonly Finding[] {
  if (written === undefined || written === '' || checksumOf(written) !== undefined) return []
  const message =
    'the checksum should be the name of an algorithm, a colon, and the sum or the address of a list of sums'
  const mend = `write it like sha256:… with 64 hexadecimal digits; algorithms: ${algorithms.join(', ')}`
  return [{ path: ['checksum'], diagnostic: problem('wrong-argument', message, { mend }) }]
}

/** The sum of a file in a list such as `sha256sum` prints; a list that is one word is the sum. Throws TaskError `checksum-unknown`. */
export function sumIn(list: string, file: string, { algorithm, url }: Checksum): string {
  const lines = list.split(/\r?\n/).filter((line) => line.trim() !== '')
  const only = lines.length === 1 ? lines[0]?.trim() : undefined
  const found =
    only !== undefined && !/\s/.test(only)
      ? only
      : lines.map((line) => /^(\S+) [ *]?(?:\.?\/)*(.*)$/.exec(line)).find((match) => match?.[2] === file)?.[1]
  const sum = found?.toLowerCase()
  if (sum !== undefined && isSum(sum, algorithm)) return sum
  throw new TaskError(
    problem('checksum-unknown', `${url} holds no ${algorithm} for ${file}`, {
      mend: 'look into the list; the file is looked for by the last part of its address',
    }),
  )
}

/** A file that is not what it should be. */
export function wrongSum(what: string, algorithm: string, wanted: string, found: string): TaskError {
  return new NotYetError(
    problem('checksum-differs', `${what} has the ${algorithm} ${found}, not ${wanted}`, {
      mend: 'the file is not the one that was expected: see whether there is a new version, and who changed it',
    }),
  )
}
