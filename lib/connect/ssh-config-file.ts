import { globSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
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
    return parseSshConfig(text, file, (pattern) => {
      if (depth >= deepest) {
        throw unreadable(file, `more than ${deepest} files include one another; the last is ${pattern}`)
      }
      return included(pattern, file, home).map((one) => readSshConfig([one], home, depth + 1))
    })
  })
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
  return globSync(isAbsolute(path) ? path : join(base, path)).sort()
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
