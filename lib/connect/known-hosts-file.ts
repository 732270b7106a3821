import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { type KnownKey, parseKnownHosts } from './known-hosts.ts'

/** Reads several known_hosts files; one that is not there is empty. Throws ConnectError `known-hosts-unreadable`. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownKey[]> {
  const lists = await Promise.all(
    files.map(async (file) => {
      try {
        return parseKnownHosts(await readFile(file, 'utf8'), file)
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return []
        throw new ConnectError(
          problem('known-hosts-unreadable', `the known host keys in ${file} cannot be read`, {
            detail: message,
            mend: 'make the file readable for the account that runs this',
          }),
          { cause },
        )
      }
    }),
  )
  return lists.flat()
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
