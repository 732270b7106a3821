import { problem, TaskError } from '../core/diagnostic.ts'
import type { HttpAnswer, HttpReply, HttpRequest } from '../core/http.ts'
import { exchange } from './exchange.ts'
import type { Way } from './open.ts'

/** The most of a body that is held in memory, in bytes. */
const most = 32 * 1024 * 1024

/** Sends a request and reads the whole body. Throws like `exchange`, and TaskError `answer-too-large`. */
export async function answerOf(request: HttpRequest, way: Way): Promise<HttpAnswer> {
  const started = performance.now()
  const reply = await exchange(request, way)
  const bytes = await read(reply, request)
  const { body: _, ...rest } = reply
  return { ...rest, bytes, elapsed: Math.floor((performance.now() - started) / 1000) }
}

async function read({ body }: HttpReply, { url }: HttpRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size <= most) continue
    throw new TaskError(
      problem('answer-too-large', `${url} answers with more than ${most / 1024 / 1024} MB`, {
        mend: 'bring large files with get_url, which writes them straight to the host',
      }),
    )
  }
  return Buffer.concat(chunks)
}
