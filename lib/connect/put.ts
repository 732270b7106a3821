import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { type Content, FencedError, fenced, type Output, type Pieces, type PutOptions } from '../core/connection.ts'
import { problem, TaskError } from '../core/diagnostic.ts'
import { type Script, sh } from '../core/script.ts'
import { reveal, Secret, type Text } from '../core/secret.ts'
import { endingLines } from '../core/text.ts'
import type { Shell } from './launch.ts'
import { run } from './run.ts'
import type { Series } from './series.ts'

/**
 * Writes a file on the host. The temporary file lies beside it, so that the rename is atomic; it is created by nobody
 * else (`set -C`), is readable by nobody else (umask 077) and has its owner before any content. Only a file that arrived
 * whole is given its name, whatever breaks on the way: a short text travels within the script, which is only run whole;
 * other content is followed by a trailer with its length.
 * Throws TaskError: no-space, read-only-file-system, no-such-folder, permission-denied, is-a-folder, no-such-account,
 * content-unreadable, put-failed; FencedError when the fence did not hold.
 */
export async function put(
  shell: Shell,
  path: string,
  content: Content | Pieces,
  options: PutOptions,
  series?: Series,
): Promise<void> {
  if (!posix.isAbsolute(path) || path.endsWith('/')) {
    throw new TaskError(problem('path-not-absolute', `a file's path must be absolute and name a file: ${path}`))
  }
  const nonce = randomBytes(16).toString('hex')
  const within = contentWithin(content)
  const output = await run(
    shell,
    {
      ...(within === undefined
        ? { script: putScript(path, nonce, options), input: () => withTrailer(chunks(content, path), nonce) }
        : { script: putScript(path, nonce, options, within) }),
      fence: options.fence,
      rider: options.rider,
      become: options.become,
      signal: options.signal,
      timeout: options.timeout,
      onOutput: options.onOutput,
      what: `writing ${path}`,
    },
    series,
  )
  if (output.code === fenced && options.fence !== undefined) throw notOurs(path, shell.transport.label)
  if (output.code !== 0) throw putTrouble(path, shell.transport.label, output)
}

/** Bytes after the content: nonce, its length in 20 digits, nothing else. */
const trailerLength = 32 + 20

async function* withTrailer(content: AsyncIterable<Buffer>, nonce: string): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of content) {
    length += chunk.length
    yield chunk
  }
  yield Buffer.from(nonce + String(length).padStart(20, '0'))
}

async function* chunks(content: Content | Pieces, path: string): AsyncGenerator<Buffer> {
  if (typeof content === 'string' || content instanceof Secret) return yield Buffer.from(reveal(content))
  if (Buffer.isBuffer(content)) return yield content
  try {
    for await (const chunk of content()) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TaskError(problem('content-unreadable', `the content for ${path} could not be read to its end: ${why}`), {
      cause: error,
    })
  }
}

/** The longest text in bytes that travels within the script. */
const shortest = 32 * 1024

/** A text that can stand in a script; undefined for what is long, streamed, or no text. */
function contentWithin(content: Content | Pieces): Text | undefined {
  if (typeof content !== 'string' && !(content instanceof Secret)) return undefined
  const text = reveal(content)
  return Buffer.byteLength(text) <= shortest && !text.includes('\0') ? content : undefined
}

/** While the content arrives the owner can always read and write: the trailer is looked at and cut off through the name. */
function putScript(path: string, nonce: string, { mode, owner, group }: PutOptions, within?: Text): Script {
  const folder = posix.dirname(path)
  const temporary = posix.join(folder, `.${posix.basename(path).slice(0, 100)}.${nonce.slice(0, 12)}`)
  const account =
    owner === undefined && group === undefined ? '' : `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const octal = (bits: number) => bits.toString(8).padStart(4, '0')
  const write = within === undefined ? received(nonce) : sh`printf %s ${within} | cat >"$t" || exit 5`
  return sh`LC_ALL=C; export LC_ALL; umask 077
f=${path}; t=${temporary}; a=${account}
[ -d ${folder} ] || { echo "no-such-folder" >&2; exit 2; }
[ -d "$f" ] && { echo "is-a-folder" >&2; exit 2; }
( set -C; : >"$t" ) || exit 3
trap 'rm -f -- "$t"' EXIT
trap 'exit 129' HUP INT TERM
if [ -n "$a" ]; then chown -- "$a" "$t" || exit 4; fi
chmod ${octal(mode | 0o600)} "$t" || exit 4
${write}
[ ${octal(mode)} = ${octal(mode | 0o600)} ] || chmod ${octal(mode)} "$t" || exit 4
mv -f -- "$t" "$f" || exit 7
trap - EXIT`
}

/** Takes content and trailer from stdin, and cuts the trailer off. */
function received(nonce: string): Script {
  return sh`cat >"$t" || exit 5
case $(tail -c ${trailerLength} <"$t" | tr -d '\\000') in
  ${nonce}*) n=$(tail -c 20 <"$t") ;;
  *) echo "incomplete" >&2; exit 6 ;;
esac
n=\${n#"\${n%%[!0]*}"}; n=\${n:-0}
[ "$(($(wc -c <"$t")))" -eq "$((n + ${trailerLength}))" ] || { echo "incomplete" >&2; exit 6; }
dd if=/dev/null of="$t" bs=1 seek="$n" count=0 2>/dev/null || exit 5`
}

/** What the host's words mean; they are in English because the script sets the locale. */
const meanings: readonly (readonly [RegExp, string, string, string])[] = [
  [
    /^no-such-folder$/m,
    'no-such-folder',
    'the folder does not exist',
    'create it first with a `file: state: directory` task',
  ],
  [/^is-a-folder$/m, 'is-a-folder', 'a folder has that name', 'give the full path of the file, its name included'],
  [
    /no space left/i,
    'no-space',
    'the disk is full',
    'free some space (df -h, df -i), then run again; the old file is untouched',
  ],
  [
    /quota exceeded/i,
    'no-space',
    'the quota is used up',
    'raise the quota or free some space; the old file is untouched',
  ],
  [
    /file too large|file size limit/i,
    'no-space',
    'the file is larger than the host allows',
    'raise the file size limit (ulimit -f) or use a file system that takes large files; the old file is untouched',
  ],
  [
    /read-only file system/i,
    'read-only-file-system',
    'the file system is mounted read-only',
    'remount it for writing; a disk error can also have made it read-only (see dmesg)',
  ],
  [
    /invalid (user|group|spec)|unknown (user|group)/i,
    'no-such-account',
    'the owner or group does not exist',
    'create the account in an earlier task',
  ],
  [
    /permission denied|operation not permitted/i,
    'permission-denied',
    'the account may not do that there',
    'use `become: true`, or another folder',
  ],
]

function notOurs(path: string, label: string): FencedError {
  return new FencedError(problem('not-ours', `${path} was not written: ${label} is not ours to change`))
}

function putTrouble(path: string, label: string, output: Output): TaskError {
  const said = output.stderr.toString().trim()
  // A process that hits its file size limit is ended by SIGXFSZ and may say nothing: exit code 128 + 25.
  const words = output.code === 5 && said === '' ? 'file too large' : said
  const [, code, why, mend] = meanings.find(([pattern]) => pattern.test(words)) ?? [
    undefined,
    'put-failed',
    `the host ended with code ${output.code}`,
    'see what it said below',
  ]
  return new TaskError(
    problem(code, `${path} could not be written on ${label}: ${why}`, {
      detail: endingLines(said.split('\n'), 6),
      mend,
    }),
  )
}
