import { attributeArgs, preservableMode, writeArgs } from '../../lib/posix/arguments.ts'
import { textOf } from '../../lib/posix/json-text.ts'
import { hashPatience, type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { modeText } from '../../lib/posix/mode.ts'
import {
  applyPlace,
  type PlaceData,
  placeChanges,
  placeResult,
  shownLimit,
  type Wanted,
  wantedText,
} from '../../lib/posix/place.ts'
import {
  applyRemote,
  type RemoteData,
  type RemoteLook,
  readRemote,
  remoteChanges,
  remoteScript,
} from '../../lib/posix/remote-copy.ts'
import { applyTree, readTree, type TreeData, type TreeLook, treeChanges, treeScript } from '../../lib/posix/tree.ts'
import { baseName } from '../../lib/posix/words.ts'
import {
  type Change,
  type Finding,
  problem,
  Secret,
  type Source,
  type SourceFolder,
  s,
  task,
  type Value,
} from '../../lib/task.ts'

type State =
  | { readonly of: 'file'; readonly look: Look }
  | { readonly of: 'tree'; readonly look: TreeLook }
  | { readonly of: 'remote'; readonly look: RemoteLook }

type Data =
  | { readonly of: 'file'; readonly data: PlaceData }
  | { readonly of: 'tree'; readonly data: TreeData }
  | { readonly of: 'remote'; readonly data: RemoteData }

export default task({
  summary: 'A file with this content, or a copy of a file or folder, is in place.',
  args: s.args({
    src: s
      .union(
        s.file(''),
        s.string(''),
        'File or folder beside the playbook (files/), or a path of the host with remote_src. A folder with a slash at the end means its content.',
        { source: 'file', sourceUnless: 'remote_src' },
      )
      .optional(),
    content: s
      .any('The content itself instead of a source; lists and mappings become JSON. May be a secret.')
      .optional(),
    dest: s.string('Path on the host; in a folder, the file gets the name of the source.'),
    ...attributeArgs(),
    ...writeArgs(),
    mode: preservableMode(),
    directory_mode: s.mode('Permissions of folders that have to be made.').optional(),
    remote_src: s.boolean('The source is on the host already.').default(false),
    force: s.boolean('Replace a file that has other content; false only makes missing files.').default(true),
    follow: s.boolean('Write through a symbolic link instead of replacing it.').default(false),
    local_follow: s
      .boolean('Links within a source folder are copied as what they point at; links are never copied as links.')
      .default(true),
    checksum: s.string('SHA-256 that the source must have.').optional(),
    decrypt: s.boolean('Accepted for playbooks that have it; files are read as they are.').default(true),
  }),
  examples: [
    `copy:
  content: |
    { "log-driver": "local" }
  dest: /etc/docker/daemon.json
  mode: "0644"`,
    `name: Place the key of the certificate
copy:
  content: "{{ tls_key }}"
  dest: /etc/ssl/private/chat.example.org.key
  owner: root
  group: root
  mode: "0600"`,
    `copy: { src: /etc/hosts, dest: /var/backups/hosts, remote_src: true, mode: preserve }`,
  ],
  returns: {
    dest: 'Path of the file, or of the folder.',
    src: 'Path of the source, when there is one.',
    checksum: 'SHA-1 of the file, when the result is registered or shown (`-v`).',
    mode: 'Permissions as octal text.',
    owner: 'Name of the owner.',
    group: 'Name of the group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Length in bytes.',
    state: 'What is at the path: file or directory.',
    backup_file: 'Path of the backup, when one was made.',
  },

  validate: ({ src, content, checksum, local_follow }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (name: string, message: string, mend: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    if (src === undefined && content === undefined)
      add('dest', 'copy needs src or content', 'say which file (src) or which text (content) shall be at dest')
    if (src !== undefined && content !== undefined)
      add('content', 'copy takes src or content, not both', 'remove one of them')
    if (!local_follow)
      add(
        'local_follow',
        'links are always copied as what they point at',
        'remove local_follow, and make links with file: { state: link }',
      )
    if (checksum !== undefined && !/^[0-9a-f]{64}$/i.test(checksum))
      add('checksum', 'the checksum must be a SHA-256: 64 hexadecimal digits', 'find it with: sha256sum FILE')
    else if (checksum !== undefined && isSource(src) && src.sha256() !== checksum.toLowerCase())
      add(
        'checksum',
        `the source has the SHA-256 ${src.sha256()}`,
        'the file is not the one that was expected; get it again',
      )
    return found
  },
  probe: ({ src, content, dest, follow, checksum }, { unread = false }) => {
    if (typeof src === 'string') {
      const wish = { src, dest, follow, checked: checksum !== undefined, read: !unread }
      return {
        ask: [{ on: 'shell', script: remoteScript(wish) }],
        read: ([answer]): State => ({ of: 'remote', look: readRemote(answer) }),
      }
    }
    if (src?.folder) {
      const { folder } = src
      return {
        ask: [
          { on: 'shell', script: treeScript(treeRoot(src, dest), folder), patience: hashPatience(bytesIn(folder)) },
        ],
        meanwhile: async () => {
          for (const { file } of folder.entries) await file?.hashed?.()
        },
        read: ([answer]): State => ({ of: 'tree', look: readTree(answer) }),
      }
    }
    const { shown, sha256, size } = wantedOf(src, content)
    const readable = shown !== undefined && !(shown instanceof Secret) && shown.length <= shownLimit
    const name = src === undefined ? undefined : baseName(src.path)
    const script = lookScript(dest.endsWith('/') ? `${dest}${name ?? ''}` : dest, {
      resolve: follow,
      sums: { size, sha1: !unread },
      into: dest.endsWith('/') ? undefined : name,
      content: readable ? { limit: shownLimit, unless: sha256() } : undefined,
    })
    return {
      ask: [{ on: 'shell', script, patience: hashPatience(size) }],
      meanwhile: async () => src?.hashed?.(),
      read: ([answer]): State => ({ of: 'file', look: readLook(answer) }),
    }
  },
  diff: ({ src, content, mode, directory_mode, checksum, ...how }, state): readonly Change<Data>[] => {
    const preserve = mode === 'preserve'
    switch (state.of) {
      case 'remote':
        return wrap('remote', remoteChanges(state.look, { ...how, mode, directoryMode: directory_mode, checksum }))
      case 'tree': {
        const folder = isSource(src) ? src.folder : undefined
        const placing = { ...how, mode: preserve ? undefined : mode, preserve, directoryMode: directory_mode }
        return folder ? wrap('tree', treeChanges(state.look, folder, placing)) : []
      }
      case 'file': {
        const source = isSource(src) ? src : undefined
        const placing = {
          ...how,
          mode: preserve ? source && modeText(source.mode & 0o7777) : mode,
          makeFolder: how.dest.endsWith('/') ? (directory_mode ?? '') : undefined,
        }
        return wrap('file', placeChanges(state.look, wantedOf(source, content), placing))
      }
      default:
        return state satisfies never
    }
  },
  apply: async (change, io) => {
    const { data } = change
    if (data.of === 'remote') return applyRemote({ ...change, data: data.data }, io)
    if (data.of === 'tree') return applyTree({ ...change, data: data.data }, io)
    return applyPlace({ ...change, data: data.data }, io)
  },
  result: ({ src, content }, state) => {
    if (state.of === 'tree')
      return {
        values: {
          dest: state.look.root,
          path: state.look.root,
          state: 'directory',
          ...(isSource(src) && { src: src.path }),
        },
      }
    if (state.of === 'remote') return placeResult(state.look.dest, { src: state.look.source.path })
    const { shown } = wantedOf(src, content)
    return placeResult(state.look, isSource(src) ? { src: src.path } : {}, shown)
  },
})

function isSource(src: Source | string | undefined): src is Source {
  return typeof src === 'object'
}

function wantedOf(src: Source | string | undefined, content: Value | undefined): Wanted {
  if (!isSource(src)) return wantedText(textOf(content ?? ''))
  return { content: src.text ?? (() => src.pieces()), size: src.size, sha256: () => src.sha256(), shown: src.text }
}

function bytesIn({ entries }: SourceFolder): number {
  return entries.reduce((sum, { file }) => sum + (file?.size ?? 0), 0)
}

/** A folder is copied into `dest` under its own name, unless only its content is meant. */
function treeRoot(src: Source, dest: string): string {
  return src.folder?.contents ? dest : `${dest.replace(/\/+$/, '')}/${baseName(src.path)}`
}

function wrap<Of extends Data['of'], D>(of: Of, changes: readonly Change<D>[]): readonly Change<{ of: Of; data: D }>[] {
  return changes.map((change) => ({ ...change, data: { of, data: change.data } }))
}
