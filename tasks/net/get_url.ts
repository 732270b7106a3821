import { attributeArgs } from '../../lib/posix/arguments.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import {
  applyPlace,
  attributeChange,
  folderMissing,
  newAttributes,
  type PlaceData,
  placeResult,
} from '../../lib/posix/place.ts'
import { baseName } from '../../lib/posix/words.ts'
import {
  type Answer,
  type Change,
  type Context,
  create,
  type Diagnostic,
  type Finding,
  type HttpAnswer,
  type HttpRequest,
  type Io,
  join,
  NotYetError,
  problem,
  type Query,
  type Result,
  raw,
  run,
  s,
  sh,
  task,
  update,
} from '../../lib/task.ts'
import { type Checksum, checkChecksum, checksumOf, sumIn, wrongSum } from '../../lib/web/checksum.ts'
import { download, draftBeside, moveInPlace, requestFailed } from '../../lib/web/download.ts'
import { checkUrl, requestOf, type WebWish, webArgs } from '../../lib/web/request.ts'

interface State {
  readonly look: Look
  /** Sum of the file that is there, by the algorithm of the checksum. */
  readonly sum: string | undefined
  /** The sum that the file shall have. */
  readonly wanted: string | undefined
  /** What a HEAD request was answered, when no checksum can tell. */
  readonly head: Answer | undefined
  readonly request: HttpRequest
}

type Data =
  | {
      readonly kind: 'download'
      readonly request: HttpRequest
      readonly look: Look
      readonly wanted: string | undefined
    }
  | { readonly kind: 'attributes'; readonly place: PlaceData }

export default task({
  summary: 'A file from a web server is on the host.',
  args: s.args({
    ...webArgs(),
    dest: s.string('Path of the file; in a folder it gets the last part of the address as its name.'),
    checksum: s
      .string(
        'What the file must be: "sha256:" (or md5, sha1, sha224, sha384, sha512) and the sum, or the address of a list of sums. A file that has it is not asked for again.',
      )
      .optional(),
    force: s
      .boolean(
        'Bring a file without checksum each time; false: only when the server says that it is newer than the one here.',
      )
      .default(false),
    backup: s.boolean('Keep the old file beside the new one, with the time in its name.').default(false),
    timeout: s.int('Seconds without a byte until it is given up.').default(10),
    tmp_dest: s.string('Folder for the file until it is whole; that of the file itself when not given.').optional(),
    ...attributeArgs(),
  }),
  examples: [
    `name: Bring the archive of the server
get_url:
  url: https://downloads.example.org/server-8.1.tar.gz
  dest: /opt/server-8.1.tar.gz
  checksum: sha256:3f5d1c1f2bb1fbd31e0c9b53a5ab1d7ba0a0c24c3bd3c6b7b9d0b1cb7b5a9e0d
  mode: "0644"`,
    `get_url:
  url: https://downloads.example.org/tool
  dest: /usr/local/bin/
  checksum: sha256:https://downloads.example.org/SHA256SUMS
  mode: "0755"`,
  ],
  returns: {
    dest: 'Path of the file.',
    url: 'The address.',
    status_code: 'Status of the answer.',
    msg: 'How it went, in words.',
    elapsed: 'Seconds that it took.',
    checksum_src: 'SHA-1 of what was brought.',
    checksum_dest: 'SHA-1 of the file that was there before.',
    md5sum: 'MD5 of the file.',
    src: 'Where it was until it was whole.',
    size: 'Length in bytes.',
    mode: 'Permissions as octal text.',
    owner: 'Name of the owner.',
    group: 'Name of the group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    state: 'What is at the path: file.',
    backup_file: 'Path of the backup, when one was made.',
  },

  validate: ({ url, checksum }): readonly Finding[] => [...checkUrl(url), ...checkChecksum(checksum)],
  probe: (args, context) => {
    const request = requestFor(args, context)
    const checksum = wishedSum(args)
    const list = checksum?.url === undefined ? undefined : requestFor({ ...args, url: checksum.url }, context)
    const ask: Query[] = [{ on: 'shell', script: fileScript(args, checksum) }]
    if (list) ask.push({ on: 'http', request: list })
    if (checksum === undefined && !args.force) ask.push({ on: 'http', request: { ...request, method: 'HEAD' } })
    const read = ([file, page]: readonly Answer[]): State => {
      const [look = '', sum] = (file?.text ?? '').split(/^==\n/m)
      return {
        request,
        look: readLook({ ok: true, code: 0, text: look, errors: file?.errors ?? '' }),
        sum: sum?.trim() || undefined,
        wanted: checksum && (list ? sumIn(listText(page, list), fileName(args.url), checksum) : checksum.sum),
        head: list ? undefined : page,
      }
    }
    return { ask, inTurn: ask.length > 1, read }
  },
  diff: (args, state): readonly Change<Data>[] => {
    const { look, sum, wanted, head, request } = state
    const { entry, path } = look
    const attributes = attributeChange(look, args).map((change) => ({
      ...change,
      data: { kind: 'attributes' as const, place: change.data },
    }))
    const data: Data = { kind: 'download', request, look, wanted }
    const after = {
      url: request.url,
      ...(wanted !== undefined && { checksum: `${wishedSum(args)?.algorithm}:${wanted}` }),
    }
    if (head) refuseMissing(head, request)
    if (entry === undefined) return [create(path, after, data)]
    if (wanted !== undefined && sum === wanted) return attributes
    if (wanted !== undefined)
      return [update(path, { checksum: `${wishedSum(args)?.algorithm}:${sum ?? 'none'}` }, after, data), ...attributes]
    if (!args.force && head && !isNewer(head, entry.mtime)) return attributes
    // Only the file itself tells whether it is another one.
    return [{ ...run(path, data), after }, ...attributes]
  },
  apply: async (change, io, args): Promise<Result | undefined> => {
    const { data } = change
    if (data.kind === 'attributes') return applyPlace({ ...change, data: data.place }, io)
    return bring(data, io, args)
  },
  result: ({ url }, { look }) => ({
    values: {
      ...placeResult(look).values,
      url,
      msg: look.entry === undefined ? '' : 'file already exists',
      elapsed: 0,
    },
  }),
})

interface Args extends WebWish {
  readonly dest: string
  readonly checksum?: string | undefined
  readonly force: boolean
  readonly backup: boolean
  readonly tmp_dest?: string | undefined
  readonly mode?: string | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

function requestFor(args: Args, context: Pick<Context, 'environment'>): HttpRequest {
  return requestOf(args, context, args.force ? { headers: { 'cache-control': 'no-cache' } } : {})
}

function wishedSum({ checksum }: Args): Checksum | undefined {
  return checksum === undefined ? undefined : checksumOf(checksum)
}

/** The last part of an address, as the name of a file. */
function fileName(url: string): string {
  return decodeURIComponent(baseName(new URL(url).pathname)) || 'index.html'
}

function fileScript({ url, dest }: Args, checksum: Checksum | undefined) {
  const name = fileName(url)
  const look = dest.endsWith('/')
    ? lookScript(`${dest}${name}`, { sums: true, resolve: true })
    : lookScript(dest, { into: name, sums: true, resolve: true })
  return checksum === undefined
    ? look
    : join([
        look,
        raw("echo '=='"),
        sh`if [ -f "$p" ]; then ${raw(`${checksum.algorithm}sum`)} <"$p" | cut -d" " -f1; fi`,
      ])
}

function listText(page: Answer | undefined, { url }: HttpRequest): string {
  if (page?.ok) return page.text
  if (page && page.code !== -1) throw requestFailed(url, page.json as HttpAnswer)
  throw new NotYetError((page?.json as Diagnostic | undefined) ?? problem('http-failed', `${url} gave no answer`))
}

/** That there is no such file is better known before anything is done; a server need not know HEAD, though. */
function refuseMissing(head: Answer, { url }: HttpRequest): void {
  if (head.code === -1)
    throw new NotYetError((head.json as Diagnostic | undefined) ?? problem('http-failed', `${url} gave no answer`), {
      values: { url, msg: head.errors },
    })
  if (head.code === 404 || head.code === 410) throw requestFailed(url, head.json as HttpAnswer)
}

/** Is it newer than the file, as far as the server tells? Times in seconds. */
function isNewer({ ok, json }: Answer, mtime: number): boolean {
  const modified = ok ? Date.parse((json as HttpAnswer).headers['last-modified'] ?? '') : Number.NaN
  return Number.isNaN(modified) || modified / 1000 > mtime
}

async function bring(
  { request, look, wanted }: Extract<Data, { kind: 'download' }>,
  io: Io,
  args: Args,
): Promise<Result> {
  const { path } = look
  if (!look.parent) throw new NotYetError(folderMissing(path))
  const algorithm = wishedSum(args)?.algorithm ?? 'sha1'
  const draft = draftBeside(path, io, args.tmp_dest)
  const { mode } = newAttributes(look, args)
  return download(
    request,
    io,
    draft,
    { mode },
    async (file, { sums, values }) => {
      const found = sums[algorithm] ?? ''
      if (wanted !== undefined && found !== wanted) throw wrongSum(request.url, algorithm, wanted, found)
      const brought = {
        ...values,
        url: args.url,
        dest: path,
        checksum_src: sums.sha1 ?? '',
        checksum_dest: look.sha1 ?? null,
        md5sum: sums.md5 ?? '',
      }
      if (look.entry !== undefined && sums.sha1 === look.sha1) return { changed: false, values: brought }
      const kept = await moveInPlace(file, look, args, io)
      const { stdout } = await io.sh(lookScript(path), { looks: true })
      const now = readLook({ ok: true, code: 0, text: stdout.toString(), errors: '' })
      return { changed: true, values: { ...placeResult(now).values, ...brought, ...kept } }
    },
    [algorithm],
  )
}
