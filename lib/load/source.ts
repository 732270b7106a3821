import { createReadStream, statSync } from 'node:fs'
import { open as openFile, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { LoadError, problem } from '../core/diagnostic.ts'
import type { Source, SourceEntry, SourceKind } from '../core/schema.ts'
import type { Secret, Text } from '../core/secret.ts'
import { byteLength, sha256 } from '../core/text.ts'
import { Unknown } from '../core/unknown.ts'
import { fileSum } from './file-sum.ts'
import { largestFile, readText, seen } from './files.ts'
import { piecesOf } from './pieces.ts'

/** What was read of files of this machine, so that a large one is read once as long as it does not change. */
const known = new Map<string, { readonly stamp: string; readonly content: Promise<ReadContent> }>()

type ReadContent = Pick<Source, 'sha256' | 'hashed' | 'text'>

/** Bytes of a file whose text is still worth keeping, to be shown as a line diff. */
const textLimit = 100_000

/** Bytes of a file that are read at once: each piece is waited for before the next, on its way to a host as well. */
const piece = 1024 * 1024

/**
 * Finds a file that a task names: an absolute path, or one relative to the folders of the search path, each tried with
 * `files/` (or `templates/`) first. Templates are rendered by `render`.
 * A template that needs something not known yet gives that. A file that ansible-vault encrypted as a whole is opened by `open`.
 * @throws LoadError `no-such-source` with every place that was tried, `template-encrypted`.
 */
export async function findSource(
  kind: SourceKind,
  name: string,
  searchPath: readonly string[],
  render: (text: string, file: string) => Text | Unknown,
  open?: OpenWhole,
): Promise<Source | Unknown> {
  const file = locate(kind, name, searchPath)
  return kind === 'template' ? template(file, render) : fileOrFolder(file, name.endsWith('/'), open)
}

/** Opens the text of a file that ansible-vault encrypted as a whole. */
export type OpenWhole = (text: string, file: string) => Promise<Secret>

/** The text of a template as it is written; undefined when there is none that can be read. */
export function templateText(name: string, searchPath: readonly string[]): string | undefined {
  const file = placesOf('template', name, searchPath).find((place) => seen(place) === 'file')
  try {
    return file === undefined ? undefined : readText(file, file)
  } catch (error) {
    if (error instanceof LoadError) return undefined
    throw error
  }
}

const folders: { readonly [kind in SourceKind]: string } = { file: 'files', template: 'templates' }

function placesOf(kind: SourceKind, name: string, searchPath: readonly string[]): readonly string[] {
  return path.isAbsolute(name)
    ? [name]
    : searchPath.flatMap((base) => [path.join(base, folders[kind], name), path.join(base, name)])
}

function locate(kind: SourceKind, name: string, searchPath: readonly string[]): string {
  const places = placesOf(kind, name, searchPath)
  const found = places.find((place) => seen(place) !== undefined)
  if (found !== undefined) return found
  throw new LoadError(
    problem('no-such-source', `there is no ${kind} "${name}"`, {
      detail: ['looked for:', ...places.map((place) => `  ${place}`)].join('\n'),
      mend: `put it into ${folders[kind]}/ beside the playbook, or write its whole path`,
    }),
  )
}

async function template(
  file: string,
  render: (text: string, file: string) => Text | Unknown,
): Promise<Source | Unknown> {
  const written = readText(file, file, { what: 'template' })
  if (isEncryptedWhole(written)) {
    throw new LoadError(
      problem('template-encrypted', `the template ${file} is encrypted as a whole`, {
        mend: 'write it openly, with the secrets in it as variables: vault.ts set FILE NAME',
      }),
    )
  }
  const text = render(written, file)
  if (text instanceof Unknown) return text
  const { mode } = statSync(file)
  return {
    path: file,
    text,
    sha256: once(() => sha256(text)),
    size: byteLength(text),
    mode: mode & 0o7777,
    open: notStreamed,
    pieces: notStreamed,
  }
}

function notStreamed(): never {
  throw new TypeError('a template is sent as text')
}

async function fileOrFolder(file: string, contents: boolean, open: OpenWhole | undefined): Promise<Source> {
  const found = statSync(file)
  if (!found.isDirectory()) return fileSource(file, open)
  return {
    path: file,
    sha256: () => '',
    size: 0,
    mode: found.mode & 0o7777,
    ...streamsOf(file),
    folder: { contents, entries: await entriesOf(file, '', open) },
  }
}

async function entriesOf(folder: string, prefix: string, open: OpenWhole | undefined): Promise<readonly SourceEntry[]> {
  const all: SourceEntry[] = []
  const names = await readdir(folder, { withFileTypes: true })
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.join(folder, entry.name)
    const shown = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (statSync(inner).isDirectory()) all.push({ path: shown }, ...(await entriesOf(inner, shown, open)))
    else all.push({ path: shown, file: await fileSource(inner, open) })
  }
  return all
}

async function fileSource(file: string, open: OpenWhole | undefined): Promise<Source> {
  const { size, mtimeMs, mode, ino } = statSync(file)
  const stamp = `${size} ${mtimeMs} ${ino}`
  const former = known.get(file)
  const content = former?.stamp === stamp ? former.content : size <= textLimit ? readSmall(file) : readLarge(file, size)
  known.set(file, { stamp, content })
  const read = await content
  const closed = open && (await encryptedText(file, read, size))
  if (open && closed !== undefined) {
    const text = await open(closed, file)
    return {
      path: file,
      text,
      sha256: once(() => sha256(text)),
      size: byteLength(text),
      mode: mode & 0o7777,
      ...streamsOfText(text),
    }
  }
  return {
    path: file,
    ...read,
    size,
    mode: mode & 0o7777,
    ...streamsOf(file),
  }
}

function streamsOf(file: string): Pick<Source, 'open' | 'pieces'> {
  return { open: () => createReadStream(file, { highWaterMark: piece }), pieces: () => piecesOf(file) }
}

function streamsOfText(text: Secret): Pick<Source, 'open' | 'pieces'> {
  const open = () => Readable.from([Buffer.from(text.reveal())])
  return { open, pieces: open }
}

/** The text of a file that is encrypted as a whole, also when it is too long to be shown. */
async function encryptedText(file: string, read: ReadContent, size: number): Promise<string | undefined> {
  if (typeof read.text === 'string') return isEncryptedWhole(read.text) ? read.text : undefined
  if (size <= textLimit || size > largestFile) return undefined
  const handle = await openFile(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0)
    if (!isEncryptedWhole(buffer.toString('latin1', 0, bytesRead))) return undefined
  } finally {
    await handle.close()
  }
  return readFile(file, 'utf8')
}

/** What every file begins with that `ansible-vault encrypt` wrote. */
export function isEncryptedWhole(text: string): boolean {
  return text.startsWith('$ANSIBLE_VAULT;')
}

async function readSmall(file: string): Promise<ReadContent> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  const sum = sha256(bytes)
  // What is not exactly this text again when it is written has no text.
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) && !text.includes('\0') ? { sha256: () => sum, text } : { sha256: () => sum }
}

async function readLarge(file: string, size: number): Promise<ReadContent> {
  const sum = await fileSum(file, size).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  const sha256 = () => {
    try {
      return sum.sha256()
    } catch (error) {
      throw unreadable(file, error)
    }
  }
  return { sha256, hashed: sum.hashed }
}

/** Calculates when it is first asked. */
function once<T>(calculate: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => {
    known ??= { value: calculate() }
    return known.value
  }
}

function unreadable(file: string, error: unknown): LoadError {
  return new LoadError(
    problem('file-unreadable', `${file} cannot be read: ${(error as Error).message}`, {
      mend: 'check its permissions',
    }),
    { cause: error },
  )
}
