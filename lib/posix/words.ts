import { join, raw, type Script, sh } from '../task.ts'

/**
 * Splits a command line into words as a POSIX shell would, with quotes and backslashes but without expanding anything.
 * Throws RangeError when a quotation is not closed.
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let index = 0
  const next = () => line[index++]
  while (index < line.length) {
    const char = next() as string
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === "'") {
      const end = line.indexOf("'", index)
      if (end < 0) throw new RangeError('a single quote is not closed')
      word = (word ?? '') + line.slice(index, end)
      index = end + 1
    } else if (char === '"') {
      word ??= ''
      for (;;) {
        const inner = next()
        if (inner === undefined) throw new RangeError('a double quote is not closed')
        if (inner === '"') break
        if (inner !== '\\') word += inner
        else {
          const escaped = next() ?? ''
          word += escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`
        }
      }
    } else if (char === '\\') {
      if (index >= line.length) throw new RangeError('nothing follows the backslash at the end')
      word = (word ?? '') + next()
    } else word = (word ?? '') + char
  }
  if (word !== undefined) words.push(word)
  return words
}

/** One shell word in which a leading `~` and `$NAME` are expanded on the host, and nothing else; unknown names stay as written. */
export function expanded(text: string): Script {
  const [, home = '', rest = ''] = /^(~[A-Za-z0-9_.-]*(?=\/|$))?([\s\S]*)$/.exec(text) ?? []
  const pieces: Script[] = home === '~' ? [raw(`"\${HOME-~}"`)] : home === '' ? [] : [raw(home)]
  let last = 0
  for (const match of rest.matchAll(/\$(?:(\w+)|\{(\w+)\})/g)) {
    const name = match[1] ?? match[2] ?? ''
    if (/^\d/.test(name)) continue
    if (match.index > last) pieces.push(sh`${rest.slice(last, match.index)}`)
    pieces.push(raw(`"\${${name}-\\$${match[1] ?? `{${name}\\}`}}"`))
    last = match.index + match[0].length
  }
  if (last < rest.length || pieces.length === 0) pieces.push(sh`${rest.slice(last)}`)
  return join(pieces, '')
}

/** The name of a path without the folders before it. */
export function baseName(path: string): string {
  return /([^/]*)\/*$/.exec(path)?.[1] ?? ''
}

/** The folder a path is in; `.` when it names none. */
export function folderOf(path: string): string {
  const found = /^(.*?)\/+[^/]*\/*$/.exec(path)
  return found === null ? '.' : found[1] === '' ? '/' : (found[1] ?? '.')
}
