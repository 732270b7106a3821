import { StringDecoder } from 'node:string_decoder'
import { TaskError, ToolError } from '../core/diagnostic.ts'
import type { Answer } from '../core/query.ts'
import type { Ask, Reply, Send } from './docker-request.ts'
import { dockerProblem } from './docker-way.ts'

/** Of a stream that is told line by line only the end is kept as text. */
const keptOfStream = 64 * 1024

/**
 * Asks the engine and reads the whole answer. A GET is asked once more when the stream that was kept open has died in the
 * meantime. When the engine cannot be asked, the answer says why; other troubles are thrown.
 */
export async function dockerAnswer(send: Send, ask: Ask): Promise<Answer> {
  try {
    return await read(await send(ask), ask)
  } catch (error) {
    if (ask.method !== 'GET' || error instanceof ToolError) return failed(error, ask)
  }
  try {
    return await read(await send(ask), ask)
  } catch (error) {
    return failed(error, ask)
  }
}

async function read({ response, check, end }: Reply, { onProgress }: Ask): Promise<Answer> {
  const decoder = new StringDecoder('utf8')
  const kept: string[] = []
  let line = ''
  try {
    for await (const chunk of response) {
      const text = decoder.write(chunk)
      if (onProgress === undefined) kept.push(text)
      else {
        const lines = (line + text).split(/\r?\n/)
        line = lines.pop() ?? ''
        for (const one of lines) if (one !== '') onProgress(one)
        kept.splice(0, kept.length, (kept.join('') + text).slice(-keptOfStream))
      }
    }
  } catch (error) {
    check()
    throw error
  } finally {
    end()
  }
  if (line !== '') onProgress?.(line)
  return answerOf(response.statusCode ?? 0, kept.join(''), response.headers['content-type'])
}

function answerOf(code: number, text: string, type: string | undefined): Answer {
  const json = type?.includes('json') ? parsed(text) : undefined
  return { ok: code >= 200 && code < 300, code, text, errors: '', ...(json !== undefined && { json }) }
}

/** JSON, or undefined: a pull answers with many documents in one body. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function failed(error: unknown, { upload }: Ask): Answer {
  if (error instanceof TaskError && (error.code === 'docker-unavailable' || error.code === 'pipe-ended')) {
    const [first] = error.diagnostics
    const why = error.code === 'docker-unavailable' ? first : dockerProblem('the way to it broke', first?.detail ?? '')
    return { ok: false, code: -1, text: '', errors: error.message, ...(why && { unavailable: why }) }
  }
  if (error instanceof ToolError) throw error
  const message = error instanceof Error ? error.message : String(error)
  const why = dockerProblem(
    'the engine closed the connection before it had answered',
    upload === undefined ? message : `${message} (while a file was being sent to it)`,
    'see `journalctl -u docker` on the host: it may have been restarted',
  )
  return { ok: false, code: -1, text: '', errors: why.message, unavailable: why }
}
