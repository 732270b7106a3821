import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { baseName, expanded } from '../../lib/posix/words.ts'
import {
  type Change,
  type Context,
  create,
  join,
  NotYetError,
  problem,
  type Result,
  raw,
  s,
  sh,
  TaskError,
  task,
  update,
  type Value,
} from '../../lib/task.ts'

/** What the observer `file` sees of this machine. */
interface Here {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'nothing'
  readonly sha1?: string
  readonly md5?: string
}

interface State {
  readonly look: Look
  readonly readable: boolean
  readonly here: Here
}

interface Data {
  readonly from: string
  readonly to: string
  readonly sha1: string
}

export default task({
  summary: 'A copy of a file of the host is on this machine.',
  keepsHere: true,
  args: s.args({
    src: s.string('File on the host; a link is followed.'),
    dest: s.string(
      'Folder beside the playbook, in which the file gets the path HOST/whole/path; with flat the path of the copy itself, or a folder when it ends in "/".',
    ),
    flat: s.boolean('Leave host and path out of the name of the copy.').default(false),
    fail_on_missing: s.boolean('A file that is not there, or may not be read, fails the task.').default(true),
    validate_checksum: s.boolean('Compare the copy with the file afterwards.').default(true),
  }),
  examples: [
    'fetch: { src: /var/log/example/error.log, dest: logs }',
    `name: Keep the certificate of the server
fetch:
  src: /etc/ssl/certs/chat.example.org.pem
  dest: certificates/{{ inventory_hostname }}.pem
  flat: true`,
  ],
  returns: {
    dest: 'Path of the copy.',
    file: 'Path of the file, when nothing was to do.',
    checksum: 'SHA-1 of the copy.',
    remote_checksum: 'SHA-1 of the file.',
    md5sum: 'MD5 of the copy.',
  },

  probe: ({ src, dest, flat }, context) => ({
    ask: [
      {
        on: 'shell',
        script: join([
          raw('{'),
          lookScript(src, { follow: true, sums: { sha256: false, sha1: true } }),
          raw('}; if [ -r "$p" ]; then echo readable; fi'),
        ]),
      },
      {
        on: 'controller',
        observe: 'file',
        input: { path: targetOf(src, dest, flat, context), folder: folderOf(context) },
      },
    ],
    read: ([there, here]): State => ({
      look: readLook(there),
      readable: there?.text.endsWith('readable\n') === true,
      here: hereOf(here?.json, here?.errors),
    }),
  }),
  diff: ({ src, dest, fail_on_missing, validate_checksum }, { look, readable, here }): readonly Change<Data>[] => {
    const trouble = troubleWith(look, readable)
    if (trouble !== undefined) {
      if (!fail_on_missing) return []
      throw new NotYetError(
        problem('file-missing', `${src}: ${trouble}`, { mend: 'check the path; become: true reads files of root' }),
        {
          values: { file: look.path, msg: trouble },
        },
      )
    }
    if (here.kind === 'folder')
      throw new TaskError(
        problem('is-a-folder', `${here.path} is a folder of this machine`, {
          mend: `end dest with a slash to put the file into it: ${dest}/`,
        }),
      )
    const sha1 = look.sha1 ?? ''
    if (here.sha1 === sha1) return []
    const data = { from: look.path, to: here.path, sha1 }
    const after = `${look.path} of the host, SHA-1 ${sha1}`
    const change =
      here.kind === 'nothing' ? create(here.path, after, data) : update(here.path, `SHA-1 ${here.sha1}`, after, data)
    // A log that grows never is what its copy is; so it is not compared afterwards when that is not wanted.
    return [validate_checksum ? change : { ...change, action: 'run' }]
  },
  apply: async ({ data }, io, { validate_checksum }): Promise<Result> => {
    const kept = await io.keep(data.to, sh`cat -- ${expanded(data.from)}`)
    const values: { readonly [key: string]: Value } = {
      dest: data.to,
      checksum: kept.sha1,
      remote_checksum: data.sha1,
      md5sum: kept.md5,
      remote_md5sum: null,
    }
    if (!validate_checksum || kept.sha1 === data.sha1) return { values }
    throw new TaskError(
      problem('checksum-differs', `the copy of ${data.from} has the SHA-1 ${kept.sha1}, not ${data.sha1}`, {
        mend: 'the file was changed while it was read: run again, or say validate_checksum: false for a log that grows',
      }),
      { values: { ...values, msg: 'checksum mismatch', file: data.from } },
    )
  },
  result: ({ src }, { look, readable, here }) => {
    const trouble = troubleWith(look, readable)
    if (trouble !== undefined) return { values: { file: src, msg: `${trouble}, not transferring, ignored` } }
    return { values: { file: look.path, dest: here.path, checksum: here.sha1 ?? '', md5sum: here.md5 ?? '' } }
  },
})

function hereOf(json: unknown, errors = ''): Here {
  if (json !== undefined) return json as Here
  throw new TaskError(problem('file-unreadable', `the copy that is on this machine cannot be read: ${errors}`))
}

function folderOf({ variable }: Context): string {
  return String(variable('playbook_dir') ?? '.')
}

/** Where the copy belongs. No part of the host's path leads out of the folder. */
function targetOf(src: string, dest: string, flat: boolean, { host }: Context): string {
  if (flat) return dest.endsWith('/') ? `${dest}${baseName(src)}` : dest
  const inside = src.split('/').filter((part) => !['', '.', '..', '~'].includes(part))
  return [dest.replace(/(?<=.)\/+$/, ''), host, ...inside].join('/')
}

/** Why the file cannot be fetched, in Ansible's words; undefined when it can. */
function troubleWith({ entry }: Look, readable: boolean): string | undefined {
  if (entry === undefined || entry.kind === 'link') return 'the remote file does not exist'
  if (entry.kind === 'directory') return 'remote file is a directory, fetch cannot work on directories'
  return readable ? undefined : 'the remote file may not be read by this account'
}
