import { type Change, create, NotYetError, type Plain, problem, remove, run, TaskError, update } from '../task.ts'
import { type Attributes, attributeDifference } from './attributes.ts'
import type { Entry, Look } from './look.ts'
import { modeText } from './mode.ts'
import { folderMissing } from './place.ts'
import { parseTime, type Seconds, type Times, touchFlags } from './times.ts'

export interface FileArgs extends Attributes {
  readonly state?: 'absent' | 'directory' | 'file' | 'hard' | 'link' | 'touch' | undefined
  readonly src?: string | undefined
  readonly recurse: boolean
  readonly force: boolean
  readonly modification_time?: string | undefined
  readonly modification_time_format: string
  readonly access_time?: string | undefined
  readonly access_time_format: string
}

export interface State {
  readonly look: Look
  /** What `src` leads to, when it leads to anything. */
  readonly source: { readonly inode: number; readonly device: number } | undefined
  /** The path is a folder with something in it. */
  readonly full: boolean
  /** With `recurse`: the distinct kinds, modes and owners of everything in the folder. */
  readonly below: readonly Entry[]
  /** The times that are asked for, in seconds. */
  readonly wanted: Seconds
}

export type Data = { readonly path: string } & (
  | { readonly kind: 'remove' }
  | { readonly kind: 'attributes'; readonly attributes: Attributes; readonly link: boolean }
  | { readonly kind: 'recurse'; readonly attributes: Attributes }
  | { readonly kind: 'folder'; readonly attributes: Attributes }
  | {
      readonly kind: 'link'
      readonly source: string
      readonly hard: boolean
      readonly emptyFolder: boolean
      readonly attributes: Attributes
    }
  | {
      readonly kind: 'touch'
      readonly times: readonly (readonly string[])[]
      readonly attributes: Attributes
    }
)

/** What must change for the path to be in its state. */
export function fileChanges(args: FileArgs, state: State): readonly Change<Data>[] {
  const { entry } = state.look
  const attributes: Attributes = { mode: args.mode, owner: args.owner, group: args.group }
  switch (args.state ?? (entry ? 'as-found' : args.recurse ? 'directory' : 'file')) {
    case 'absent':
      return absent(state)
    case 'directory':
      return [...directory(args, state, attributes), ...timesOf(args, state)]
    case 'link':
    case 'hard':
      return link(args, state, attributes)
    case 'touch':
      return touch(args, state, attributes)
    case 'as-found':
      return args.recurse && entry?.kind === 'directory'
        ? [...directory(args, state, attributes), ...timesOf(args, state)]
        : [...attributesOf(state, attributes), ...timesOf(args, state)]
    default:
      return [...existing(state, attributes), ...timesOf(args, state)]
  }
}

function absent({ look: { entry, path } }: State): readonly Change<Data>[] {
  return entry === undefined ? [] : [remove(path, entry.kind, { kind: 'remove', path })]
}

function existing(state: State, attributes: Attributes): readonly Change<Data>[] {
  const { entry, path } = state.look
  if (entry === undefined) {
    throw new NotYetError(
      problem('file-missing', `there is no file ${path}, and state: file makes none`, {
        mend: 'make it with copy or template, or use state: touch for an empty file, state: directory for a folder',
      }),
    )
  }
  if (entry.kind === 'directory') throw new TaskError(problem('is-a-folder', `${path} is a folder, not a file`))
  return attributesOf(state, attributes)
}

function attributesOf({ look }: State, attributes: Attributes): readonly Change<Data>[] {
  const { entry, path, umask } = look
  const difference = entry && attributeDifference({ umask, entry }, attributes)
  if (!difference) return []
  return [
    update(path, difference.before, difference.after, {
      kind: 'attributes',
      path,
      attributes: difference.after,
      link: entry.kind === 'link',
    }),
  ]
}

function directory(args: FileArgs, state: State, attributes: Attributes): readonly Change<Data>[] {
  const { entry, umask } = state.look
  const path = state.look.path.replace(/(?<=.)\/+$/, '')
  if (entry === undefined)
    return [create(path, { state: 'directory', ...defined(attributes) }, { kind: 'folder', path, attributes })]
  if (entry.kind !== 'directory') {
    throw new TaskError(
      problem('not-a-folder', `${path} is there already, but is no folder`, {
        mend: 'remove it in a task before, with state: absent, if it may go',
      }),
    )
  }
  if (!args.recurse) return attributesOf(state, attributes)
  const wrong = state.below.filter((one) => attributeDifference({ umask, entry: one }, attributes) !== undefined)
  if (wrong.length === 0) return []
  const before = wrong.map((one) => `${one.kind} ${modeText(one.mode)} ${one.user}:${one.group}`)
  return [update(path, before, { everything: defined(attributes) }, { kind: 'recurse', path, attributes })]
}

function link(args: FileArgs, state: State, attributes: Attributes): readonly Change<Data>[] {
  const { look, source } = state
  const { entry, path } = look
  const hard = args.state === 'hard'
  const src = args.src ?? look.target
  if (src === undefined)
    throw new TaskError(
      problem('wrong-argument', `${path} is no link yet, so src is needed`, {
        mend: 'say in src what the link shall point at',
      }),
    )
  const data: Data = { kind: 'link', path, source: src, hard, emptyFolder: entry?.kind === 'directory', attributes }
  const there = hard
    ? entry !== undefined && source !== undefined && entry.inode === source.inode && entry.device === source.device
    : entry?.kind === 'link' && look.target === src
  if (there) return attributesOf(state, attributes)
  if (source === undefined && (hard || !args.force) && args.src !== undefined) {
    throw new NotYetError(
      problem('link-target-missing', `there is no ${src} for ${path} to point at`, {
        mend: hard
          ? 'make the file in a task before'
          : 'make it in a task before, or allow a link to nothing with force: true',
      }),
    )
  }
  if (!look.parent) throw new NotYetError(folderMissing(path))
  const after: Plain = hard ? `another name of ${src}` : `link to ${src}`
  if (entry === undefined) return [create(path, after, data)]
  if (entry.kind === 'directory' && state.full) {
    throw new TaskError(
      problem('folder-not-empty', `${path} is a folder with something in it, so no link is put in its place`, {
        mend: 'empty it or remove it in a task before',
      }),
    )
  }
  if (entry.kind !== 'link' && !args.force) {
    throw new TaskError(
      problem('in-the-way', `${path} is a ${entry.kind} where a link shall be`, { mend: 'force: true replaces it' }),
    )
  }
  return [update(path, entry.kind === 'link' ? `link to ${look.target ?? 'nothing'}` : entry.kind, after, data)]
}

function touch(args: FileArgs, state: State, attributes: Attributes): readonly Change<Data>[] {
  const { entry, path } = state.look
  const times = timesIn(args)
  if (entry !== undefined) return [...attributesOf(state, attributes), ...timesOf(args, state)]
  const data: Data = { kind: 'touch', path, times: touchFlags(times), attributes }
  return [create(path, 'empty file', data)]
}

/** The times a path is to have; what is not said is the present for `touch` and stays otherwise. */
export function timesIn(args: Omit<FileArgs, 'recurse' | 'force'>): Times {
  const usual = args.state === 'touch' ? 'now' : 'preserve'
  const one = (time: string | undefined, format: string) =>
    time === undefined ? usual : /^(now|preserve)$/.test(time) ? time : (parseTime(time, format) ?? usual)
  return {
    modification: one(args.modification_time, args.modification_time_format),
    access: one(args.access_time, args.access_time_format),
  }
}

function timesOf(args: FileArgs, { look: { entry, path }, wanted }: State): readonly Change<Data>[] {
  const times = timesIn(args)
  const data: Data = { kind: 'touch', path, times: touchFlags(times), attributes: {} }
  if (times.modification === 'now' || times.access === 'now') return [run(`touch ${path}`, data)]
  const before: { [key: string]: number | null } = {}
  const after: { [key: string]: string } = {}
  if (wanted.modification !== undefined && wanted.modification !== entry?.mtime) {
    before.modification_time = entry?.mtime ?? null
    after.modification_time = times.modification
  }
  if (wanted.access !== undefined && wanted.access !== entry?.atime) {
    before.access_time = entry?.atime ?? null
    after.access_time = times.access
  }
  return Object.keys(after).length === 0 ? [] : [update(path, before, after, data)]
}

function defined(attributes: Attributes): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
