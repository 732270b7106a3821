import { bytesOf, type HttpAnswer, type HttpRequest } from '../core/http.ts'
import { exchange } from './exchange.ts'
import type { Way } from './open.ts'

/** Sends a request and reads the whole body. Throws like `exchange`, and TaskError `answer-too-large`. */
export async function answerOf(request: HttpRequest, way: Way): Promise<HttpAnswer> {
  const started = performance.now()
  const reply = await exchange(request, way)
  const bytes = await bytesOf({ body: reply.body, url: request.url })
  const { body: _, ...rest } = reply
  return { ...rest, bytes, elapsed: Math.floor((performance.now() - started) / 1000) }
}
