import { Readable } from 'node:stream'
import type { Look } from '../posix/look.ts'
import { backup, newAttributes, type Placing } from '../posix/place.ts'
import { baseName, expanded, folderOf } from '../posix/words.ts'
import {
  type HttpReply,
  type HttpRequest,
  type Io,
  NotYetError,
  problem,
  type Script,
  sh,
  type Value,
} from '../task.ts'
import { messageOf } from './answer-values.ts'

export interface Downloaded {
  /** Hexadecimal sums by algorithm. */
  readonly sums: { readonly [algorithm: string]: string }
  readonly values: { readonly [key: string]: Value }
}

/**
 * Streams what a request is answered to a new file of the host, which `use` then works on and may move away; it is removed
 * in any case. Nothing is held in memory, and nothing is needed on the host but a shell.
 */
export async function download<T>(
  request: HttpRequest,
  io: Io,
  draft: string,
  options: { readonly mode: number; readonly owner?: string | undefined; readonly group?: string | undefined },
  use: (draft: string, found: Downloaded) => Promise<T>,
  algorithms: readonly string[] = [],
): Promise<T> {
  const started = io.now()
  const first = await ask(request, io)
  let next: HttpReply | undefined = first
  // A write that has to be done again needs the answer again.
  const content = () =>
    Readable.from(
      (async function* () {
        const reply = next ?? (await ask(request, io))
        next = undefined
        yield* reply.body
      })(),
    )
  try {
    await io.put(draft, content, { ...options, more: true })
    const wanted = [...new Set(['sha1', 'md5', ...algorithms])]
    const { stdout } = await io.sh(sumsScript(draft, wanted), { looks: true })
    const sums = Object.fromEntries(
      stdout
        .toString()
        .trim()
        .split('\n')
        .map((line, index) => [wanted[index] ?? '', line.trim()]),
    )
    const values = {
      elapsed: Math.floor((io.now() - started) / 1000),
      status_code: first.status,
      msg: messageOf(first),
      src: draft,
    }
    return await use(draft, { sums, values })
  } finally {
    first.body.destroy()
    await io.sh(sh`rm -f -- ${draft}`)
  }
}

/** A name beside a path that nothing has. */
export function draftBeside(path: string, io: Io, folder?: string): string {
  const random = Buffer.from(io.random(6)).toString('hex')
  return `${folder ?? folderOf(path)}/.${baseName(path).slice(0, 100)}.${random}`
}

/** Puts a draft in the place of what was looked at; gives the name of the backup, when one was wanted. */
export async function moveInPlace(
  draft: string,
  look: Look,
  how: Placing,
  io: Io,
): Promise<{ readonly [key: string]: string }> {
  const kept = how.backup === true && look.entry !== undefined ? { backup_file: await backup(look.path, io) } : {}
  const { owner, group } = newAttributes(look, how)
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  if (account !== '') await io.sh(sh`chown ${account} ${draft}`, { more: true })
  await io.sh(sh`mv -f -- ${draft} ${look.path}`)
  return kept
}

/** Prints one sum in hexadecimal digits a line. */
export function sumsScript(path: string, algorithms: readonly string[]): Script {
  return sh`for a in ${algorithms}; do "\${a}sum" <${expanded(path)} | cut -d" " -f1; done`
}

async function ask(request: HttpRequest, io: Io): Promise<HttpReply> {
  const reply = await io.http(request)
  if (reply.status === 200) return reply
  reply.body.destroy()
  throw requestFailed(request.url, reply)
}

/** An answer that holds no file, with the values of Ansible's get_url. */
export function requestFailed(url: string, reply: Pick<HttpReply, 'status' | 'reason' | 'headers'>): NotYetError {
  const { status, reason } = reply
  return new NotYetError(
    problem('unexpected-status', `${url} answers ${status} ${reason}`, {
      mend:
        status === 404 ? 'check the address: there is no such file' : 'open the address by hand, and look what it says',
    }),
    { values: { status_code: status, response: messageOf(reply), url, msg: 'Request failed' } },
  )
}
