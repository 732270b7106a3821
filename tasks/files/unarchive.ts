import { type ArchiveLook, archiveScript, extractScript, readArchive } from '../../lib/posix/archive.ts'
import { attributeArgs } from '../../lib/posix/arguments.ts'
import { describeEntry, lookScript, readLook } from '../../lib/posix/look.ts'
import { expanded } from '../../lib/posix/words.ts'
import {
  type Change,
  type Context,
  type Finding,
  type HttpRequest,
  type Io,
  join,
  problem,
  type Result,
  raw,
  run,
  type Script,
  type Source,
  s,
  sh,
  task,
  type Value,
} from '../../lib/task.ts'
import { download } from '../../lib/web/download.ts'
import { checkUrl, requestOf } from '../../lib/web/request.ts'

interface State {
  /** Undefined when the archive has to be downloaded before anything can be said. */
  readonly look: ArchiveLook | undefined
  readonly request: HttpRequest | undefined
}

export default task({
  summary: 'The content of an archive is in a folder of the host.',
  args: s.args({
    src: s.union(
      s.file(''),
      s.string(''),
      'Archive (tar, also with gzip, bzip2, xz or zstd, or zip) beside the playbook; with remote_src a path of the host or an address.',
      { source: 'file', sourceUnless: 'remote_src', sourceWhile: 'copy' },
    ),
    dest: s.string('Folder of the host to unpack into; it must exist.'),
    remote_src: s.boolean('The archive is on the host, or is to be downloaded.').default(false),
    copy: s.boolean('The older word for the opposite of remote_src.').optional(),
    creates: s.string('Path; when it exists, nothing is unpacked.').optional(),
    list_files: s.boolean('Return the names of what is in the archive.').default(false),
    include: s.list(s.string('A name.'), 'Unpack only these.').default([]),
    exclude: s.list(s.string('A name or pattern.'), 'Leave these out.').default([]),
    keep_newer: s.boolean('Leave files alone that are newer than those of the archive.').default(false),
    extra_opts: s.list(s.string('One word.'), 'More options for tar or unzip.').default([]),
    ...attributeArgs(),
    validate_certs: s.boolean('Download only from a server whose certificate is trusted.').default(true),
    decrypt: s.boolean('Accepted for playbooks that have it; files are read as they are.').default(true),
  }),
  examples: [
    'unarchive: { src: site.tar.gz, dest: /srv/www, owner: www-data, group: www-data }',
    `name: Unpack what was brought before
unarchive:
  src: /opt/server-8.1.tar.gz
  dest: /opt/server
  remote_src: true
  extra_opts: [--strip-components=1]
  creates: /opt/server/main.js`,
  ],
  returns: {
    dest: 'The folder.',
    src: 'The archive.',
    handler: 'What unpacks it: TarArchive, TgzArchive or ZipArchive.',
    files: 'Names of what is in the archive, with list_files.',
    mode: 'Permissions of the folder as octal text.',
    owner: 'Name of its owner.',
    group: 'Name of its group.',
    uid: 'Number of its owner.',
    gid: 'Number of its group.',
    size: 'Its length in bytes.',
    state: 'directory',
  },

  validate: ({ src, include, exclude }): readonly Finding[] => {
    const wrong = (name: string, message: string, mend: string): Finding => ({
      path: [name],
      diagnostic: problem('wrong-argument', message, { mend }),
    })
    return [
      ...(typeof src === 'string' && isAddress(src) ? checkUrl(src, 'src') : []),
      ...(typeof src === 'object' && src.folder ? [wrong('src', `${src.path} is a folder`, 'name an archive')] : []),
      ...(include.length > 0 && exclude.length > 0
        ? [wrong('exclude', 'unarchive takes include or exclude, not both', 'remove one of them')]
        : []),
    ]
  },
  probe: (args, context) => {
    const { src } = args
    const request =
      typeof src === 'string' && isAddress(src) ? requestFor(src, args.validate_certs, context) : undefined
    const read = (answer: Parameters<typeof readArchive>[0]): State => ({
      look: readArchive(answer, args, nameOf(src)),
      request,
    })
    if (typeof src === 'object') {
      // The list comes from the host's own tar or unzip, so the archive travels there and is gone with the answer.
      const script = join([raw(`t=$(mktemp) && u=$t; trap 'rm -f -- "$u"' EXIT; cat >"$t"`), archiveScript(args)])
      return {
        ask: [{ on: 'input', script, input: () => src.pieces(), sha256: src.sha256() }],
        inTurn: true,
        read: ([answer]) => read(answer),
      }
    }
    if (request === undefined) {
      const script = join([sh`t=${expanded(src)}; u=`, archiveScript(args)])
      return { ask: [{ on: 'shell', script: sh`(${script}\n)` }], read: ([answer]) => read(answer) }
    }
    const { creates } = args
    return {
      ask:
        creates === undefined ? [] : [{ on: 'shell', script: sh`if [ -e ${expanded(creates)} ]; then echo skip; fi` }],
      read: ([answer]) => ({
        look:
          answer?.text === 'skip\n'
            ? { kind: undefined, skipped: true, dest: args.dest, members: [], differing: [] }
            : undefined,
        request,
      }),
    }
  },
  diff: (args, { look, request }): readonly Change<State>[] => {
    if (look !== undefined && (look.skipped || look.differing.length === 0)) return []
    const after = look === undefined ? `content of ${nameOf(args.src)}` : shown(look)
    return [{ ...run(`${look?.dest ?? args.dest} from ${nameOf(args.src)}`, { look, request }), after }]
  },
  apply: async ({ data }, io, args): Promise<Result> => {
    const { src } = args
    if (data.look !== undefined && typeof src === 'string') return extract(sh`${expanded(src)}`, data.look, io, args)
    const made = await io.sh(sh`umask 077 && mktemp -d "\${TMPDIR:-/tmp}"/archive.XXXXXXXX`, { more: true })
    const folder = made.stdout.toString().trim()
    const draft = `${folder}/archive`
    try {
      if (typeof src === 'object' && data.look !== undefined) {
        await io.put(draft, () => src.pieces(), { mode: 0o600, more: true })
        return await extract(sh`${draft}`, data.look, io, args)
      }
      if (data.request === undefined) throw new TypeError('an archive is a file, or has an address')
      return await download(data.request, io, draft, { mode: 0o600 }, async () => {
        const { stdout, stderr } = await io.sh(join([sh`t=${draft}; u=`, archiveScript(args)]), { looks: true })
        const look = readArchive({ text: stdout.toString(), errors: stderr.toString() }, args, nameOf(src))
        const known = await valuesOf(look, io, args)
        return look.differing.length === 0 ? { changed: false, values: known } : extract(sh`${draft}`, look, io, args)
      })
    } finally {
      await io.sh(sh`rm -rf -- ${folder}`)
    }
  },
  result: (args, { look }) => {
    if (look?.skipped) return { skipped: `${args.creates} exists, matching creates option` }
    return look === undefined ? {} : { values: basics(look, args) }
  },
})

interface Args {
  readonly src: Source | string
  readonly dest: string
  readonly list_files: boolean
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly keep_newer: boolean
  readonly extra_opts: readonly string[]
  readonly creates?: string | undefined
  readonly mode?: string | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

const nameOf = (src: Source | string): string => (typeof src === 'string' ? src : src.path)
const isAddress = (src: string): boolean => /^[a-z]+:\/\//.test(src)

function requestFor(url: string, validate: boolean, context: Pick<Context, 'environment'>): HttpRequest {
  const wish = { url, headers: {}, force_basic_auth: false, validate_certs: validate, use_proxy: true }
  return requestOf(
    { ...wish, http_agent: 'ansible-httpget', unredirected_headers: [], decompress: false, timeout: 60 },
    context,
  )
}

/** At most so many differences are shown; the rest is counted. */
const most = 100

function shown({ differing }: ArchiveLook): string {
  const rest = differing.length - most
  return [...differing.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}

async function extract(archive: Script, look: ArchiveLook, io: Io, args: Args): Promise<Result> {
  await io.sh(join([sh`t=${archive}`, extractScript(args, look)]))
  return { values: await valuesOf(look, io, args) }
}

async function valuesOf(look: ArchiveLook, io: Io, args: Args): Promise<{ readonly [key: string]: Value }> {
  const { stdout } = await io.sh(lookScript(look.dest, { follow: true }), { looks: true })
  const { entry } = readLook({ ok: true, code: 0, text: stdout.toString(), errors: '' })
  return { ...(entry && describeEntry(entry)), ...basics(look, args) }
}

function basics({ dest, kind, members }: ArchiveLook, { src, list_files }: Args): { readonly [key: string]: Value } {
  return {
    dest,
    src: nameOf(src),
    handler: kind === 'zip' ? 'ZipArchive' : kind === 'tgz' ? 'TgzArchive' : 'TarArchive',
    ...(list_files && { files: members.map(({ name }) => name) }),
  }
}
