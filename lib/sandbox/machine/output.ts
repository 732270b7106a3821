import { Transform } from 'node:stream'

/** Byte strings to take out of an output, and what stands for them when nothing of a path follows. */
export interface Prefix {
  readonly from: Buffer
  readonly to: string
}

/**
 * A stream that gives paths back as the machine calls them: each prefix in front of a `/` becomes `to`, and `to` or `/`
 * elsewhere. What could be the beginning of a prefix is held back until the next chunk.
 */
export function virtualOutput(prefixes: readonly Prefix[]): Transform {
  const ordered = prefixes.toSorted((a, b) => b.from.length - a.from.length)
  let held: Buffer = Buffer.alloc(0)
  const convert = (data: Buffer, last: boolean): Buffer => {
    const out: Buffer[] = []
    let at = 0
    for (;;) {
      const next = first(data, at, ordered)
      if (next === undefined) break
      const end = next.at + next.prefix.from.length
      if (end === data.length && !last) {
        out.push(data.subarray(at, next.at))
        held = data.subarray(next.at)
        return Buffer.concat(out)
      }
      const path = data[end] === 0x2f
      out.push(data.subarray(at, next.at), Buffer.from(path ? next.prefix.to : next.prefix.to || '/'))
      at = end
    }
    const keep = last ? 0 : Math.max(...ordered.map(({ from }) => partOf(from, data.subarray(at))), 0)
    out.push(data.subarray(at, data.length - keep))
    held = data.subarray(data.length - keep)
    return Buffer.concat(out)
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const data = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      held = Buffer.alloc(0)
      done(null, convert(data, false))
    },
    flush(done) {
      const rest = convert(held, true)
      done(null, rest)
    },
  })
}

/**
 * Puts a shell's words right while the file system counts as read-only: it was sent to a folder that does not exist, and
 * says so. Works line by line.
 */
export function readOnlyWords(folder: string): Transform {
  let held = ''
  const mend = (line: string) =>
    line.includes(`${folder}/read-only`)
      ? line.replace(/Directory nonexistent|No such file or directory|nonexistent directory/, 'Read-only file system')
      : line
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (held + chunk.toString('latin1')).split('\n')
      held = lines.pop() ?? ''
      done(null, Buffer.from(lines.map((line) => `${mend(line)}\n`).join(''), 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(mend(held), 'latin1'))
    },
  })
}

function first(data: Buffer, from: number, prefixes: readonly Prefix[]) {
  let found: { at: number; prefix: Prefix } | undefined
  for (const prefix of prefixes) {
    const at = data.indexOf(prefix.from, from)
    if (at !== -1 && (found === undefined || at < found.at)) found = { at, prefix }
  }
  return found
}

/** Length of the longest end of `data` that is a beginning of `mark`. */
function partOf(mark: Buffer, data: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}
