import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import path from 'node:path'
import { type Link, unlink } from './chain.ts'
import type { Entry, Head } from './entry.ts'

/** Bytes that are read at first of the beginning or the end of a record: there may be thousands. */
const chunk = 4 * 1024

/** The records of a folder by their names, which begin with the time: oldest first; none when there is no such folder. */
export function recordsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => path.join(folder, name))
  } catch {
    return []
  }
}

/** The first line of a record; undefined when the file is none. */
export function headOf(file: string): Head | undefined {
  const [line = ''] = piece(file, 'begin').split('\n', 1)
  const head = read<Head>(unlink(line))
  return head?.kind === 'record.start' ? head : undefined
}

/** The last whole line of a record; what was cut off in the middle of being written does not count. */
export function tailOf(file: string): { readonly link: Link; readonly entry: Entry } | undefined {
  for (const line of piece(file, 'end').split('\n').toReversed()) {
    const link = unlink(line)
    const entry = read<Entry>(link)
    if (link !== undefined && entry !== undefined) return { link, entry }
  }
  return undefined
}

/** What a line says; undefined for what cannot be read. */
export function read<T>(link: Link | undefined): T | undefined {
  if (link === undefined) return undefined
  try {
    return JSON.parse(link.body) as T
  } catch {
    return undefined
  }
}

/** One end of a file; as much more is read as it takes to have a whole line. */
function piece(file: string, end: 'begin' | 'end'): string {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(handle)
    for (let length = Math.min(chunk, size); ; length = Math.min(length * 8, size)) {
      const bytes = Buffer.alloc(length)
      readSync(handle, bytes, 0, length, end === 'begin' ? 0 : size - length)
      const text = bytes.toString()
      const whole = end === 'begin' ? text.includes('\n') : text.split('\n').length > 2
      if (whole || length === size) return text
    }
  } finally {
    closeSync(handle)
  }
}
