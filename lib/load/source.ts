import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LoadError, problem } from '../core/diagnostic.ts'
import type { Source, SourceEntry, SourceKind } from '../core/schema.ts'
import type { Text } from '../core/secret.ts'
import { byteLength, sha256 } from '../core/text.ts'
import { Unknown } from '../core/unknown.ts'
import { readText } from './files.ts'

/** What was read of files of this machine, so that a large one is read once as long as it does not change. */
const known = new Map<string, { readonly stamp: string; readonly content: Promise<ReadContent> }>()

type ReadContent = Pick<Source, 'sha256' | 'text'>

/** Bytes of a file whose text is still worth keeping, to be shown as a line diff. */
const textLimit = 100_000

/**
 * Finds a file that a task names: an absolute path, or one relative to the folders of the search path, each tried with
 * `files/` (or `templates/`) first. Templates are rendered by `render`.
 * A template that needs something not known yet gives that. @throws LoadError `no-such-source` with every place that was tried.
 */
export async function findSource(
  kind: SourceKind,
  name: string,
  searchPath: readonly string[],
  render: (text: string, file: string) => Text | Unknown,
): Promise<Source | Unknown> {
  const file = await locate(kind, name, searchPath)
  return kind === 'template' ? template(file, render) : fileOrFolder(file, name.endsWith('/'))
}

async function locate(kind: SourceKind, name: string, searchPath: readonly string[]): Promise<string> {
  const folder = kind === 'template' ? 'templates' : 'files'
  const places = path.isAbsolute(name)
    ? [name]
    : searchPath.flatMap((base) => [path.join(base, folder, name), path.join(base, name)])
  for (const place of places) {
    if (await stat(place).catch(() => undefined)) return place
  }
  throw new LoadError(
    problem('no-such-source', `there is no ${kind} "${name}"`, {
      detail: ['looked for:', ...places.map((place) => `  ${place}`)].join('\n'),
      mend: `put it into ${folder}/ beside the playbook, or write its whole path`,
    }),
  )
}

async function template(
  file: string,
  render: (text: string, file: string) => Text | Unknown,
): Promise<Source | Unknown> {
  const text = render(readText(file, file, { what: 'template' }), file)
  if (text instanceof Unknown) return text
  const { mode } = await stat(file)
  return {
    path: file,
    text,
    sha256: sha256(text),
    size: byteLength(text),
    mode: mode & 0o7777,
    open: () => {
      throw new TypeError('a template is sent as text')
    },
  }
}

async function fileOrFolder(file: string, contents: boolean): Promise<Source> {
  const found = await stat(file)
  if (!found.isDirectory()) return fileSource(file)
  return {
    path: file,
    sha256: '',
    size: 0,
    mode: found.mode & 0o7777,
    open: () => createReadStream(file),
    folder: { contents, entries: await entriesOf(file, '') },
  }
}

async function entriesOf(folder: string, prefix: string): Promise<readonly SourceEntry[]> {
  const all: SourceEntry[] = []
  const names = await readdir(folder, { withFileTypes: true })
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.join(folder, entry.name)
    const shown = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if ((await stat(inner)).isDirectory()) all.push({ path: shown }, ...(await entriesOf(inner, shown)))
    else all.push({ path: shown, file: await fileSource(inner) })
  }
  return all
}

async function fileSource(file: string): Promise<Source> {
  const { size, mtimeMs, mode, ino } = await stat(file)
  const stamp = `${size} ${mtimeMs} ${ino}`
  const former = known.get(file)
  const content = former?.stamp === stamp ? former.content : size <= textLimit ? readSmall(file) : hashOf(file)
  known.set(file, { stamp, content })
  return { path: file, ...(await content), size, mode: mode & 0o7777, open: () => createReadStream(file) }
}

async function readSmall(file: string): Promise<ReadContent> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  const hash = createHash('sha256').update(bytes).digest('hex')
  // What is not exactly this text again when it is written has no text.
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) && !text.includes('\0') ? { sha256: hash, text } : { sha256: hash }
}

async function hashOf(file: string): Promise<ReadContent> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (error) {
    throw unreadable(file, error)
  }
  return { sha256: hash.digest('hex') }
}

function unreadable(file: string, error: unknown): LoadError {
  return new LoadError(
    problem('file-unreadable', `${file} cannot be read: ${(error as Error).message}`, {
      mend: 'check its permissions',
    }),
    { cause: error },
  )
}
