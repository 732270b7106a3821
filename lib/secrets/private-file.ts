import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import path from 'node:path'

/** What is wrong with the permissions of a file, as the end of a sentence, and the command that mends it. */
export interface Exposure {
  readonly message: string
  readonly mend: string
}

/**
 * Whether anybody but its owner could read or change a file that holds secrets; undefined when not, or when there is no
 * such file. With `folder` the folder it is in counts as well: who may write there can put another file in its place.
 */
export function exposure(file: string, options: { readonly folder?: boolean } = {}): Exposure | undefined {
  const found = look(file)
  if (found === undefined) return undefined
  if ((found.mode & 0o077) !== 0) {
    return { message: 'others may read or change it', mend: `chmod 600 ${file}` }
  }
  return foreign(file, found) ?? (options.folder ? exposedIn(path.dirname(file)) : undefined)
}

/**
 * Whether others could change a file that is there, or put another one in its place; undefined when not. The folder of a
 * link and that of what it leads to both count. A folder with the sticky bit, as /tmp has it, is none of those: in it
 * nobody can replace what belongs to another.
 */
export function replaceable(file: string): Exposure | undefined {
  const found = look(file)
  if (found === undefined) return undefined
  if ((found.mode & 0o022) !== 0) return { message: 'others may change it', mend: `chmod go-w ${file}` }
  return [file, realPath(file)]
    .map((one) => path.dirname(one))
    .filter((folder) => !isSticky(folder))
    .map((folder) => writable(folder, `chmod go-w ${folder}`))
    .find((one) => one !== undefined)
}

/** Whether everybody on this machine may change a file, or it belongs to somebody else; undefined when not. */
export function forgery(file: string): Exposure | undefined {
  const found = look(file)
  if (found === undefined) return undefined
  if ((found.mode & 0o002) !== 0) return { message: 'everybody may change it', mend: `chmod o-w ${file}` }
  return foreign(file, found)
}

/** Whether others may put files into a folder, and so change what is read from it; undefined when not. */
export function openFolder(folder: string, to: 'everybody' | 'others'): Exposure | undefined {
  const found = look(folder)
  if (found === undefined || (found.mode & (to === 'everybody' ? 0o002 : 0o022)) === 0) return undefined
  const mend = isSticky(folder)
    ? 'keep such files in a folder of your own'
    : to === 'everybody'
      ? `chmod o-w ${folder}`
      : `chmod 700 ${folder}`
  return { message: `${to} may write in it`, mend }
}

function foreign(file: string, found: Stats): Exposure | undefined {
  const own = process.getuid?.() ?? 0
  if (own === 0 || found.uid === own || found.uid === 0) return undefined
  return { message: `it belongs to another account (number ${found.uid})`, mend: `chown ${own} ${file}` }
}

function exposedIn(folder: string): Exposure | undefined {
  const found = look(folder)
  return found && (writable(folder, `chmod 700 ${folder}`) ?? foreign(folder, found))
}

function writable(folder: string, mend: string): Exposure | undefined {
  if (((look(folder)?.mode ?? 0) & 0o022) === 0) return undefined
  return { message: 'others may write in its folder, and so put another file in its place', mend }
}

function isSticky(folder: string): boolean {
  return ((look(folder)?.mode ?? 0) & 0o1000) !== 0
}

/** What a shell hands over as a file (`<(command)`) leads nowhere. */
function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

function look(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/**
 * Writes a file so that a crash at any moment leaves the old or the new content whole: a temporary file beside it with its
 * mode from the start, flushed to the disk, then renamed, and the folder flushed as well. A link is followed.
 */
export async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const target = linkTarget(file)
  const temporary = `${target}.${process.pid}.tmp`
  await unlink(temporary).catch(() => undefined)
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    await handle.close()
    await unlink(temporary)
    throw error
  }
  await handle.close()
  await rename(temporary, target)
  await flushFolder(path.dirname(target))
}

/** Makes a folder that only its owner may enter, and those above it. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

function linkTarget(file: string): string {
  const found = lstatSync(file, { throwIfNoEntry: false })
  return found?.isSymbolicLink() ? realpathSync(file) : file
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
