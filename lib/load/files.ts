import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'

/** Nothing that a person writes is larger; a bigger file was named by mistake (an archive, an image, a dump). */
export const largestFile = 8 * 1024 * 1024

/** Where a file was asked for, so that an error about the file points there; `what` names its role: `playbook`. */
export interface Asked {
  readonly what?: string
  readonly at?: Position | undefined
}

/** The path as it is shown to people: relative to `root` (absolute) when it is inside, otherwise as it is. */
export function shownPath(file: string, root: string): string {
  if (!path.isAbsolute(file)) return file
  const relative = path.relative(root, file)
  return relative === '' ? '.' : relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}

/** What is found at a path, links followed: a file (also a pipe), a folder, or undefined for nothing that can be seen. */
export function kindOf(file: string): 'file' | 'folder' | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: false })
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'file'
}

/** Like kindOf, but a path that may not be looked at (a file used as a folder, no permission) counts as nothing. */
export function seen(file: string): 'file' | 'folder' | undefined {
  try {
    return kindOf(file)
  } catch {
    return undefined
  }
}

/** True when the file at the path may be executed by somebody. */
export function isExecutable(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true && (found.mode & 0o111) !== 0
}

/** Names in a folder, sorted by code point; empty when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  return seen(folder) === 'folder' ? readdirSync(folder).sort() : []
}

/** The path with all links followed, to recognise one file behind two names. */
export function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return path.resolve(file)
  }
}

/**
 * Reads a text file; a byte order mark is dropped. Throws LoadError with one of `file-missing`, `file-is-folder`,
 * `file-unreadable`, `file-too-large`, `file-binary`, `file-not-utf8`; `shown` is the name used in messages.
 */
export function readText(file: string, shown: string, asked: Asked = {}): string {
  const what = asked.what === undefined ? '' : `${asked.what} `
  const refuse = (code: string, message: string, mend: string, at: Position | undefined = asked.at): never => {
    throw new LoadError(problem(code, message, { at, mend }))
  }
  let bytes: Buffer
  try {
    const found = statSync(file)
    if (found.isDirectory()) {
      return refuse('file-is-folder', `${what}${shown} is a folder, not a file`, 'name the file inside it')
    }
    if (found.size > largestFile) {
      const size = `${Math.round(found.size / 1024 / 1024)} MB`
      return refuse(
        'file-too-large',
        `${what}${shown} has ${size}; files that are read here have at most ${largestFile / 1024 / 1024} MB`,
        'check that this is the file you meant',
      )
    }
    bytes = readFileSync(file)
  } catch (error) {
    if (error instanceof LoadError) throw error
    throw new LoadError(unreadable(error as NodeJS.ErrnoException, what, shown, asked.at), { cause: error })
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refuse('file-not-utf8', `${what}${shown} is UTF-16 text, not UTF-8`, 'save it as UTF-8', {
      file: shown,
      line: 1,
      col: 1,
    })
  }
  if (bytes.includes(0)) {
    return refuse('file-binary', `${what}${shown} is not a text file`, 'check that this is the file you meant')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const at = firstBadByte(bytes)
    return refuse(
      'file-not-utf8',
      `${what}${shown} is not UTF-8: line ${at.line} holds a byte that does not belong there`,
      'save it as UTF-8',
      { file: shown, ...at },
    )
  }
}

function unreadable(error: NodeJS.ErrnoException, what: string, shown: string, at: Position | undefined): Diagnostic {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return problem('file-missing', `${what}${shown} does not exist`, { at, mend: 'check the name and the folder' })
  }
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return problem('file-unreadable', `${what}${shown} may not be read by this account`, {
      at,
      mend: `give this account the right to read it: chmod u+r ${shown}`,
    })
  }
  return problem('file-unreadable', `${what}${shown} cannot be read: ${error.code ?? error.message}`, { at })
}

function firstBadByte(bytes: Buffer): { line: number; col: number } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start)
    const part = bytes.subarray(start, end === -1 ? bytes.length : end)
    try {
      decoder.decode(part)
    } catch {
      const text = new TextDecoder('utf-8').decode(part)
      return { line, col: Math.max(1, text.indexOf('\ufffd') + 1) }
    }
    start = end === -1 ? bytes.length : end + 1
  }
  return { line: 1, col: 1 }
}
