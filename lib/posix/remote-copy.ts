import {
  type Answer,
  type Change,
  create,
  type Io,
  join,
  NotYetError,
  problem,
  type Result,
  raw,
  type Script,
  sh,
  TaskError,
  update,
} from '../task.ts'
import { attributesScript } from './attributes.ts'
import { type Look, lookScript, readLook } from './look.ts'
import { modeText, resolveMode } from './mode.ts'
import { applyPlace, attributeChange, backup, folderMissing, type PlaceData, type Placing } from './place.ts'
import { baseName, expanded } from './words.ts'

/** Source and destination of a copy within the host. */
export interface RemoteLook {
  readonly source: Look
  readonly dest: Look
  /** For folders: the files, relative, that are missing in the destination or have other content there. */
  readonly differing: readonly string[]
}

export type RemoteData =
  | PlaceData
  | {
      readonly kind: 'copy'
      readonly from: string
      readonly to: string
      readonly folder: boolean
      readonly mode: string | undefined
      readonly owner: string | undefined
      readonly group: string | undefined
      readonly backup: boolean
      readonly parent: boolean
    }

export interface RemoteWish {
  readonly src: string
  readonly dest: string
  /** Write through a link. */
  readonly follow: boolean
  /** The source is compared with a sum, whatever is at the destination. */
  readonly checked: boolean
  /** Somebody reads the result, and the checksum in it. */
  readonly read: boolean
}

/** Looks at both ends; files are hashed when they have the same length; of folders, the sums of all files below. */
export function remoteScript({ src, dest, follow, checked, read }: RemoteWish): Script {
  const name = baseName(src)
  const target = dest.endsWith('/') && !src.endsWith('/') ? `${dest}${name}` : dest
  const into = src.endsWith('/') || dest.endsWith('/') ? undefined : name
  const source = checked ? { sha1: false } : { size: raw('"$y"'), sha1: false }
  return join([
    sh`a=${expanded(src)}; b=${expanded(target)}`,
    into === undefined ? raw(':') : sh`if [ -d "$b" ]; then b="\${b%/}"/${into}; fi`,
    raw('x=$(stat -L -c %s -- "$a" 2>/dev/null); y=$(stat -L -c %s -- "$b" 2>/dev/null)'),
    sh`(${lookScript(src, { follow: true, sums: source })})`,
    raw("echo '=='"),
    sh`(${lookScript(target, { resolve: follow, sums: { size: raw('"$x"'), sha1: read }, into })})`,
    raw("echo '=='"),
    raw(
      'if [ -d "$a" ]; then (cd -- "$a" && find . -type f -exec sha256sum {} + | sort); echo ==; if [ -d "$b" ]; then (cd -- "$b" && find . -type f -exec sha256sum {} + | sort); fi; fi',
    ),
  ])
}

export function readRemote(answer: Answer | undefined): RemoteLook {
  const [source = '', dest = '', ofSource = '', ofDest = ''] = (answer?.text ?? '').split(/^==\n/m)
  const errors = answer?.errors ?? ''
  const part = (text: string): Answer => ({ ok: true, code: 0, text, errors })
  const there = new Set(ofDest.split('\n'))
  const differing = ofSource
    .split('\n')
    .filter((line) => line !== '' && !there.has(line))
    .map((line) => line.slice(66).replace(/^\.\//, ''))
  return { source: readLook(part(source)), dest: readLook(part(dest)), differing }
}

export function remoteChanges(
  look: RemoteLook,
  how: Placing & { readonly checksum: string | undefined; readonly directoryMode: string | undefined },
): readonly Change<RemoteData>[] {
  const { source, dest } = look
  if (source.entry === undefined) {
    throw new NotYetError(
      problem('source-missing', `there is no ${source.path} on the host to copy`, {
        mend: 'without remote_src the source is a file beside the playbook',
      }),
    )
  }
  if (how.checksum !== undefined && source.sha256 !== how.checksum.toLowerCase()) {
    throw new TaskError(
      problem(
        'checksum-differs',
        `${source.path} has the SHA-256 ${source.sha256 ?? 'of no file'}, not the one that was expected`,
      ),
    )
  }
  const folder = source.entry.kind === 'directory'
  const modeOf = dest.entry?.mode ?? source.entry.mode
  const mode = how.mode === 'preserve' ? modeText(source.entry.mode) : how.mode
  const wanted = { ...how, mode }
  if (
    folder
      ? dest.entry?.kind === 'directory' && look.differing.length === 0
      : dest.entry !== undefined &&
        (how.force === false || (source.sha256 !== undefined && source.sha256 === dest.sha256))
  ) {
    return folder ? [] : attributeChange(dest, wanted)
  }
  const data: RemoteData = {
    kind: 'copy',
    from: source.path,
    to: dest.path,
    folder,
    mode:
      mode === undefined
        ? folder || dest.entry === undefined
          ? undefined
          : modeText(dest.entry.mode)
        : modeText(resolveMode(mode, modeOf, folder, dest.umask)),
    owner: how.owner,
    group: how.group,
    backup: how.backup === true && dest.entry !== undefined && !folder,
    parent: dest.parent,
  }
  const after = folder
    ? look.differing.map((name) => `${name} copied from ${source.path}`).join('\n')
    : `copy of ${source.path}`
  return [dest.entry === undefined ? create(dest.path, after, data) : update(dest.path, 'other content', after, data)]
}

export async function applyRemote(change: Change<RemoteData>, io: Io): Promise<Result | undefined> {
  const { data } = change
  if (data.kind !== 'copy') return applyPlace({ ...change, data }, io)
  const { from, to, folder, mode, owner, group } = data
  if (!data.parent) throw new NotYetError(folderMissing(to))
  const values = data.backup ? { backup_file: await backup(to, io) } : {}
  if (folder) {
    await io.sh(sh`mkdir -p -- ${to} && cp -R -- ${`${from.replace(/\/+$/, '')}/.`} ${to}`)
    if (mode !== undefined) await io.sh(sh`find ${to} -type f -exec chmod ${mode} {} +`)
    if (owner !== undefined || group !== undefined)
      await io.sh(sh`chown -R ${`${owner ?? ''}${group === undefined ? '' : `:${group}`}`} ${to}`)
    return { values }
  }
  const draft = raw('"$d"')
  const steps = [
    sh`cat -- ${from} >"$d"`,
    ...(mode === undefined ? [raw('chmod "$(printf %o $((0666 & ~$(umask))))" "$d"')] : []),
    attributesScript(draft, { mode, owner, group }),
    sh`mv -f -- "$d" ${to}`,
  ].filter((step) => step.pieces.length > 0)
  await io.sh(sh`d=$(mktemp ${`${to}.XXXXXX`}) && { ${join(steps, ' && ')}; } || { rm -f -- "$d"; exit 1; }`)
  return { values }
}
