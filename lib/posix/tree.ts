import {
  type Answer,
  type Change,
  create,
  type Io,
  join,
  problem,
  type Result,
  raw,
  type Script,
  type SourceFolder,
  sh,
  TaskError,
} from '../task.ts'
import { type Attributes, attributesScript } from './attributes.ts'
import { type Entry, readEntry, statFormat } from './look.ts'
import { applyPlace, type PlaceData, placeChanges } from './place.ts'
import { expanded } from './words.ts'

/** What is on the host of a folder that shall be copied there. */
export interface TreeLook {
  readonly root: string
  readonly umask: number
  /** By the path relative to the folder; `.` is the folder itself. */
  readonly entries: ReadonlyMap<string, Entry>
  readonly sums: ReadonlyMap<string, string>
}

export type TreeData = PlaceData | { readonly kind: 'folder'; readonly path: string; readonly attributes: Attributes }

export interface TreePlacing extends Attributes {
  readonly directoryMode: string | undefined
  readonly backup: boolean
  readonly force: boolean
  /** For `mode: preserve`. */
  readonly preserve: boolean
}

/** Looks at exactly the paths that the folder has, whatever else is beside them. */
export function treeScript(root: string, folder: SourceFolder): Script {
  const names = ['.', ...folder.entries.map((entry) => `./${entry.path}`)]
  const files = folder.entries.filter((entry) => entry.file).map((entry) => `./${entry.path}`)
  const lines = [
    sh`p=${expanded(root)}; printf '%s\n%s\n' "$p" "$(umask)"`,
    raw('cd -- "$p" 2>/dev/null || exit 0'),
    sh`stat -c ${`${statFormat} %n`} -- ${names} 2>/dev/null`,
    raw('echo =='),
  ]
  if (files.length > 0) lines.push(sh`sha256sum -- ${files} 2>/dev/null`)
  return join([...lines, raw(':')])
}

export function readTree(answer: Answer | undefined): TreeLook {
  const [root, umask, ...lines] = (answer?.text ?? '').split('\n')
  if (root === undefined || umask === undefined) {
    throw new TaskError(
      problem('probe-failed', 'the host could not say what is in the folder', { detail: answer?.errors ?? '' }),
    )
  }
  const entries = new Map<string, Entry>()
  const sums = new Map<string, string>()
  const middle = lines.indexOf('==')
  for (const line of lines.slice(0, Math.max(middle, 0))) {
    const entry = readEntry(line)
    if (entry) entries.set(line.split(' ').slice(12).join(' ').replace(/^\.\//, ''), entry)
  }
  for (const line of lines.slice(middle + 1)) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *]\.\/(.*)$/.exec(line) ?? []
    if (sum !== undefined && name !== undefined) sums.set(name, sum)
  }
  return { root: root.replace(/(?<=.)\/+$/, ''), umask: Number.parseInt(umask, 8), entries, sums }
}

/** What must change for all of the folder to be on the host; what is there besides is left alone. */
export function treeChanges(look: TreeLook, folder: SourceFolder, how: TreePlacing): readonly Change<TreeData>[] {
  const changes: Change<TreeData>[] = []
  const { owner, group } = how
  const makeFolder = (name: string, path: string) => {
    const entry = look.entries.get(name)
    if (entry?.kind === 'directory' || entry?.kind === 'link') return
    if (entry !== undefined)
      throw new TaskError(problem('not-a-folder', `${path} is a file, but a folder shall be copied there`))
    const attributes = { mode: how.directoryMode, owner, group }
    changes.push(create(path, 'folder', { kind: 'folder', path, attributes }))
  }
  makeFolder('.', look.root)
  for (const { path: name, file } of folder.entries) {
    const path = `${look.root}/${name}`
    if (!file) {
      makeFolder(name, path)
      continue
    }
    const mode = how.preserve ? `0${(file.mode & 0o777).toString(8)}` : how.mode
    const one = {
      path,
      umask: look.umask,
      parent: true,
      entry: look.entries.get(name),
      target: undefined,
      mine: { owner: false, group: false },
      sha256: look.sums.get(name),
      sha1: undefined,
      content: undefined,
    }
    const wanted = {
      content: file.text ?? (() => file.pieces()),
      size: file.size,
      sha256: () => file.sha256(),
      shown: file.text,
    }
    changes.push(...placeChanges(one, wanted, { mode, owner, group, backup: how.backup, force: how.force }))
  }
  return changes
}

export async function applyTree(change: Change<TreeData>, io: Io): Promise<Result | undefined> {
  const { data } = change
  if (data.kind !== 'folder') return applyPlace({ ...change, data }, io)
  const { mode, owner, group } = data.attributes
  const attributes = attributesScript(data.path, { mode, owner, group })
  await io.sh(
    attributes.pieces.length === 0 ? sh`mkdir -p -- ${data.path}` : sh`mkdir -p -- ${data.path} && ${attributes}`,
  )
  return undefined
}
