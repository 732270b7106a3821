import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { type ConfigLine, parseSshConfig } from './ssh-config.ts'

/** OpenSSH's own limit (READCONF_MAX_DEPTH). */
const deepest = 16

/**
 * Reads configuration files and what they include, one after the other; a file that is not there is empty. `home` stands
 * for `~`. Throws ConnectError `ssh-config-unreadable`.
 */
export function readSshConfig(files: readonly string[], home: string, depth = 0): ConfigLine[] {
  return files.flatMap((file) => {
    const text = contents(file)
    if (text === undefined) return []
    const include = (pattern: string) => {
      if (depth >= deepest) {
        throw unreadable(file, `more than ${deepest} files include one another; the last is ${pattern}`)
      }
      return included(pattern, file, home).map((one) => readSshConfig([one], home, depth + 1))
    }
    return linesOf(text, file).map((line) =>
      line.keyword === 'include' ? { ...line, included: line.args.flatMap(include) } : line,
    )
  })
}

/** The lines of each file, as long as it says the same. */
const read = new Map<string, { readonly text: string; readonly lines: readonly ConfigLine[] }>()

function linesOf(text: string, file: string): readonly ConfigLine[] {
  const known = read.get(file)
  if (known?.text === text) return known.lines
  const lines = parseSshConfig(text, file)
  read.set(file, { text, lines })
  return lines
}

function contents(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(file, message, cause)
  }
}

/** Paths are relative to ~/.ssh, or to /etc/ssh in the system's file, and may hold wildcards. */
function included(pattern: string, file: string, home: string): string[] {
  const path = pattern.replace(/^~(?=\/|$)/, home)
  const base = file.startsWith('/etc/') ? dirname(file) : join(home, '.ssh')
  return matching(isAbsolute(path) ? path : join(base, path))
}

/** What matched a pattern, as long as nothing comes into the folder and nothing leaves it. */
const listed = new Map<string, { readonly stamp: string; readonly files: string[] }>()

/** Milliseconds after which a change of a folder shows in its time for certain. */
const settles = 1_000

function matching(pattern: string): string[] {
  const folder = statSync(dirname(pattern), { throwIfNoEntry: false })
  const stamp = `${folder?.ino} ${folder?.mtimeMs}`
  const known = listed.get(pattern)
  if (known?.stamp === stamp) return known.files
  const files = filesLike(pattern).sort()
  if (folder && Date.now() - folder.mtimeMs > settles) listed.set(pattern, { stamp, files })
  return files
}

/** What a pattern names; for `folder/*.conf`, as nearly all are, Node's glob need not be loaded. */
function filesLike(pattern: string): string[] {
  const folder = dirname(pattern)
  const [start = '', end, ...more] = basename(pattern).split('*')
  const isSimple = !/[?[\]{}()!\\]/.test(pattern) && !folder.includes('*') && !start.startsWith('.')
  if (!isSimple || end === undefined || more.length > 0) return globSync(pattern)
  const fits = (name: string) =>
    !name.startsWith('.') && name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end)
  return namesIn(folder)
    .filter(fits)
    .map((name) => join(folder, name))
}

/** A folder that cannot be listed has nothing that fits, as for every glob. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function unreadable(file: string, why: string, cause?: unknown): ConnectError {
  return new ConnectError(
    problem('ssh-config-unreadable', `the SSH configuration ${file} cannot be read`, {
      detail: why,
      mend: 'make the file readable, or give user, port and key of the host in the inventory',
    }),
    { cause },
  )
}
