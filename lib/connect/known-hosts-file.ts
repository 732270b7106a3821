import { readFileSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { type KnownKey, parseKnownHosts } from './known-hosts.ts'

/** What was read of several files together, as long as they do not change. */
const read = new Map<string, { readonly texts: readonly string[]; readonly keys: readonly KnownKey[] }>()

/**
 * Reads several known_hosts files; one that is not there is empty. As long as they say the same, so is the list. Throws
 * ConnectError `known-hosts-unreadable`.
 */
export function readKnownHosts(files: readonly string[]): readonly KnownKey[] {
  const name = JSON.stringify(files)
  const texts = files.map(contents)
  const known = read.get(name)
  if (known?.texts.every((text, index) => text === texts[index])) return known.keys
  const keys = files.flatMap((file, index) => parseKnownHosts(texts[index] ?? '', file))
  read.set(name, { texts, keys })
  return keys
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw new ConnectError(
      problem('known-hosts-unreadable', `the known host keys in ${file} cannot be read`, {
        detail: message,
        mend: 'make the file readable for the account that runs this',
      }),
      { cause },
    )
  }
}

const writing = new Map<string, Promise<void>>()

/**
 * Adds a line to a known_hosts file, made with mode 0600 when it is not there. The line is appended with one write, so
 * that other programs which add to the file at the same time lose nothing. Throws ConnectError `known-hosts-unwritable`.
 */
export function recordKnownHost(file: string, line: string): Promise<void> {
  const turn = (writing.get(file) ?? Promise.resolve()).catch(() => undefined).then(() => append(file, line))
  writing.set(file, turn)
  return turn
}

async function append(file: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await using handle = await open(file, 'a+', 0o600)
    const { size } = await handle.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    await handle.appendFile(`${size > 0 && last.toString() !== '\n' ? '\n' : ''}${line}\n`)
  } catch (cause) {
    throw new ConnectError(
      problem('known-hosts-unwritable', `a new host key could not be recorded in ${file}`, {
        detail: (cause as Error).message,
        mend: `make the file writable, or add the line yourself:\n${line}`,
      }),
      { cause },
    )
  }
}
