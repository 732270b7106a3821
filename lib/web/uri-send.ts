import { Readable } from 'node:stream'
import { type Look, lookScript, readLook } from '../posix/look.ts'
import { applyPlace, type PlaceData, placeChanges } from '../posix/place.ts'
import { baseName, expanded } from '../posix/words.ts'
import {
  bytesOf,
  type Change,
  type HttpAnswer,
  type HttpRequest,
  type Io,
  problem,
  type Result,
  type Script,
  sh,
  sha256,
  TaskError,
} from '../task.ts'
import { answerValues } from './answer-values.ts'
import { checkStatus, codesOf, noAnswer } from './status.ts'
import { isSafe, type UriWish } from './uri-request.ts'

/** Sends a request and checks its answer; gives what Ansible's uri returns, and writes the answer to a file where one is wanted. */
export async function send(asked: HttpRequest, io: Io, args: UriWish): Promise<Result> {
  const wanted = codesOf(args.status_code)
  const request = await withRemoteBody(asked, io, args)
  const started = io.now()
  const since = () => Math.floor((io.now() - started) / 1000)
  try {
    const { body, ...reply } = await io.http(request)
    const answer: HttpAnswer = { ...reply, bytes: await bytesOf({ body, url: reply.url }), elapsed: since() }
    checkStatus(answer, wanted, args.return_content)
    const values = answerValues(answer, args.return_content)
    if (args.dest === undefined) return { values, changed: !isSafe(request) }
    const written = await write(args.dest, answer, io, args)
    return { values: { ...values, ...written.values, url: reply.url }, changed: written.changed || !isSafe(request) }
  } catch (error) {
    if (!(error instanceof TaskError) || error.code !== 'http-failed') throw error
    throw noAnswer(error.diagnostics[0] ?? problem('http-failed', error.message), request.url, wanted, {
      elapsed: since(),
    })
  }
}

async function withRemoteBody(request: HttpRequest, io: Io, { src }: UriWish): Promise<HttpRequest> {
  if (typeof src !== 'string') return request
  const { stdout } = await io.sh(sh`cat -- ${expanded(src)}`)
  return { ...request, body: stdout }
}

async function write(dest: string, answer: HttpAnswer, io: Io, args: UriWish) {
  const { stdout } = await io.sh(destScript(dest, answer))
  const look = readLook({ ok: true, code: 0, text: stdout.toString(), errors: '' })
  const changes = placing(look, answer.bytes, args)
  for (const change of changes) await applyPlace(change, io)
  return { changed: changes.length > 0, values: { path: look.path } }
}

/** Looks at the file that an answer is to be written to; in a folder it gets the last part of the address as its name. */
export function destScript(dest: string, { url }: Pick<HttpRequest, 'url'>): Script {
  const name = baseName(new URL(url).pathname) || 'index.html'
  const into = dest.endsWith('/') ? undefined : name
  return lookScript(dest.endsWith('/') ? `${dest}${name}` : dest, { into, sums: true })
}

/** What must change for the file to hold the answer. */
export function placing(look: Look, bytes: Buffer, { mode, owner, group }: UriWish): readonly Change<PlaceData>[] {
  const text = bytes.toString()
  const shown = Buffer.from(text).equals(bytes) ? text : undefined
  const wanted = { content: () => Readable.from([bytes]), size: bytes.length, sha256: () => sha256(bytes), shown }
  return placeChanges(look, wanted, { mode, owner, group })
}
