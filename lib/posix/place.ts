import {
  byteLength,
  type Change,
  create,
  type Io,
  NotYetError,
  type Pieces,
  type Plain,
  problem,
  type Result,
  type Script,
  Secret,
  sh,
  sha256,
  TaskError,
  type Text,
  update,
} from '../task.ts'
import { type Attributes, attributeDifference, attributesScript, chmodWord } from './attributes.ts'
import { describeEntry, type Look } from './look.ts'
import { newFileMode, resolveMode } from './mode.ts'
import { expanded, folderOf, splitWords } from './words.ts'

/** Bytes of a text that are still worth a line diff. */
export const shownLimit = 100_000

/** The file that shall be at a path. */
export interface Wanted {
  readonly content: Text | Pieces
  /** Length in bytes. */
  readonly size: number
  sha256(): string
  /** The content when it is text to be shown in a diff. */
  readonly shown: Text | undefined
}

export interface Placing extends Attributes {
  /** Keep the old file under a name with the time in it. */
  readonly backup?: boolean | undefined
  /** A command with `%s` for the new file; the file is only put in place when it succeeds. */
  readonly validate?: string | undefined
  /** Write through a link instead of replacing it. */
  readonly follow?: boolean | undefined
  /** False: leave a file alone that is there already. */
  readonly force?: boolean | undefined
  /** Make the folder when it is missing, with this mode (the system's usual one when it is empty). */
  readonly makeFolder?: string | undefined
}

export type PlaceData =
  | { readonly kind: 'write'; readonly path: string; readonly write: Write; readonly parent: boolean }
  | { readonly kind: 'attributes'; readonly path: string; readonly attributes: Attributes }
  | { readonly kind: 'included' }

interface Write {
  readonly content: Wanted['content']
  readonly mode: number
  readonly owner: string | undefined
  readonly group: string | undefined
  readonly backup: boolean
  readonly validate: string | undefined
  readonly makeFolder: string | undefined
}

/** Wanted content given as text. */
export function wantedText(content: Text): Wanted {
  return { content, size: byteLength(content), sha256: () => sha256(content), shown: content }
}

/** What must change for the file to be at the path that was looked at. */
export function placeChanges(look: Look, wanted: Wanted, how: Placing): readonly Change<PlaceData>[] {
  const { entry, path } = look
  if (entry?.kind === 'directory') {
    throw new TaskError(
      problem('is-a-folder', `${path} is a folder, so no file can be put in its place`, {
        mend: 'name the file itself, or remove the folder with file: { state: absent } first',
      }),
    )
  }
  const link = entry?.kind === 'link' && how.follow !== true
  if (entry !== undefined && how.force === false) return attributeChange(look, how)
  if (entry !== undefined && !link && isSum(look.sha256, wanted)) return attributeChange(look, how)
  const write: Write = {
    content: wanted.content,
    ...newAttributes(look, how),
    backup: how.backup === true && entry !== undefined,
    validate: how.validate,
    makeFolder: look.parent ? undefined : how.makeFolder,
  }
  const data: PlaceData = { kind: 'write', path, write, parent: look.parent }
  const shownWanted = shownText(wanted.shown, wanted.sha256())
  if (entry === undefined) return [create(path, shownWanted, data)]
  if (link) return [update(path, `link to ${look.target ?? 'nothing'}`, shownWanted, data)]
  const before = wanted.shown instanceof Secret ? '(secret)' : shownText(look.content, look.sha256, entry.size)
  const after = wanted.shown instanceof Secret ? '(secret) differs' : shownWanted
  const attributes = attributeDifference({ umask: look.umask, entry }, how)
  return [
    update(path, before, after, data),
    ...(attributes === undefined
      ? []
      : [update(path, attributes.before, attributes.after, { kind: 'included' } as PlaceData)]),
  ]
}

/** Mode, owner and group of a path whose content may stay as it is. */
export function attributeChange(look: Look, how: Placing): readonly Change<PlaceData>[] {
  if (look.entry === undefined) return []
  const difference = attributeDifference({ umask: look.umask, entry: look.entry }, how)
  if (difference === undefined) return []
  const { before, after } = difference
  return [update(look.path, before, after, { kind: 'attributes', path: look.path, attributes: after })]
}

/** Makes one change of `placeChanges`. */
export async function applyPlace(change: Change<PlaceData>, io: Io): Promise<Result | undefined> {
  const { data } = change
  if (data.kind === 'included') return undefined
  if (data.kind === 'attributes') {
    await io.sh(attributesScript(data.path, data.attributes))
    return undefined
  }
  const { path, write } = data
  if (write.makeFolder !== undefined) await io.sh(makeFolder(path, write.makeFolder), { more: true })
  else if (!data.parent) throw new NotYetError(folderMissing(path))
  const values = write.backup ? { backup_file: await backup(path, io) } : {}
  const options = {
    mode: write.mode,
    ...(write.owner !== undefined && { owner: write.owner }),
    ...(write.group !== undefined && { group: write.group }),
  }
  if (write.validate === undefined) await io.put(path, write.content, options)
  else await putValidated(path, write, options, io)
  return { values }
}

/**
 * The values that Ansible's copy and template return. The checksum of a secret is one too: of a short one, trying all there are
 * would tell which it is.
 */
export function placeResult(look: Look, extra: { readonly [key: string]: Plain } = {}, shown?: Text): Result {
  const { entry, path, sha1 } = look
  return {
    values: {
      dest: path,
      path,
      ...(entry && describeEntry(entry)),
      ...(sha1 !== undefined && {
        checksum: shown instanceof Secret ? new Secret(sha1, `checksum of ${shown.label}`) : sha1,
      }),
      ...extra,
    },
  }
}

export function folderMissing(path: string): ReturnType<typeof problem> {
  return problem('folder-missing', `the folder ${folderOf(path)} that ${path} shall be in does not exist`, {
    mend: `make it in a task before: file: { path: ${folderOf(path)}, state: directory }`,
  })
}

function makeFolder(path: string, mode: string): Script {
  const folder = folderOf(path)
  return mode === '' ? sh`mkdir -p -- ${folder}` : sh`mkdir -p -- ${folder} && chmod ${chmodWord(mode)} ${folder}`
}

/** Mode and owner of a file that takes the place of what was looked at: those wanted, else those it had. */
export function newAttributes(
  look: Look,
  how: Placing,
): { mode: number; owner: string | undefined; group: string | undefined } {
  const { entry, mine } = look
  const kept = entry !== undefined && !(entry.kind === 'link' && how.follow !== true)
  return {
    mode: modeFor(look, how),
    owner: how.owner ?? (kept && !mine.owner ? String(entry.uid) : undefined),
    group: how.group ?? (kept && !mine.group ? String(entry.gid) : undefined),
  }
}

function modeFor(look: Look, { mode }: Placing): number {
  const kept = look.entry?.kind === 'file' ? look.entry.mode : newFileMode(look.umask)
  return mode === undefined ? kept : resolveMode(mode, kept, false, look.umask)
}

/** A sum that was not taken is that of another content. */
function isSum(sum: string | undefined, wanted: Wanted): boolean {
  return sum !== undefined && sum === wanted.sha256()
}

/** A text as a change shows it: itself, or what can be said of it (its sum, else its length in bytes) when it is secret, binary or too long. */
export function shownText(text: Text | undefined, sum: string | undefined, size?: number): string {
  if (text instanceof Secret) return '(secret)'
  const isText = text !== undefined && text.length <= shownLimit && !/[\0\uFFFD]/.test(text)
  if (isText) return text
  return sum === undefined && size !== undefined
    ? `content of ${size} bytes`
    : `content with SHA-256 ${(sum ?? 'unknown').slice(0, 12)}…`
}

/** Copies a file beside itself, named as Ansible names backups; returns the name. */
export async function backup(path: string, io: Io): Promise<string> {
  const { stdout } = await io.sh(
    sh`p=${path}; b="$p.$$.$(date +%Y-%m-%d@%H:%M:%S)~"; cp -p -- "$p" "$b" && printf %s "$b"`,
    { more: true },
  )
  return stdout.toString()
}

async function putValidated(path: string, write: Write, options: { mode: number }, io: Io): Promise<void> {
  const made = await io.sh(sh`mktemp ${`${folderOf(path)}/.new.XXXXXX`}`, { more: true })
  const draft = made.stdout.toString().trim()
  try {
    await io.put(draft, write.content, { ...options, more: true })
    const words = splitWords(write.validate ?? '').map((word) => expanded(word.replaceAll('%s', draft)))
    const { code, stdout, stderr } = await io.sh(sh`${words} </dev/null`, { expect: everyCode, more: true })
    if (code !== 0) {
      throw new TaskError(
        problem('validation-failed', `the new content of ${path} was refused by: ${write.validate}`, {
          detail: `${stderr.toString()}${stdout.toString()}`.replaceAll(draft, path).trim(),
          mend: 'the old file is untouched; correct the content and run again',
        }),
      )
    }
    await io.sh(sh`mv -f -- ${draft} ${path}`)
  } catch (error) {
    await io.sh(sh`rm -f -- ${draft}`, { more: true })
    throw error
  }
}

/** All exit codes a command can have. */
export const everyCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code)
