import { StringDecoder } from 'node:string_decoder'
import { type Diagnostic, TaskError, ToolError } from '../core/diagnostic.ts'
import type { Answer } from '../core/query.ts'
import { ending } from '../core/text.ts'
import type { Ask, Reply, Send } from './docker-request.ts'
import { dockerProblem, engineStopped } from './docker-way.ts'

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
        kept.splice(0, kept.length, ending(kept.join('') + text, keptOfStream))
      }
    }
  } catch (error) {
    await check()
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
  const [why] = error instanceof TaskError ? error.diagnostics : []
  if (error instanceof TaskError && error.code === 'docker-unavailable' && why) return without(why)
  if (error instanceof TaskError && error.code === 'pipe-ended') {
    const said = why?.detail ?? ''
    return without(bridgeProblem(said))
  }
  if (error instanceof ToolError) throw error
  const message = error instanceof Error ? error.message : String(error)
  const broken = dockerProblem(
    'the engine closed the connection before it had answered',
    upload === undefined ? message : `${message} (while a file was being sent to it)`,
    'see `journalctl -u docker` on the host: it may have been restarted',
  )
  return without(broken)
}

/** What the command that leads to the socket said before it ended. */
function bridgeProblem(said: string): Diagnostic {
  if (/cannot connect to the docker daemon|connection refused|no such file/i.test(said)) return engineStopped(said)
  if (!/permission denied/i.test(said)) return dockerProblem('the way to it through a command broke', said)
  const mend = 'become root, or an account that is in the group docker'
  return dockerProblem('the account we became may not open its socket either', said, mend)
}

function without(unavailable: Diagnostic): Answer {
  return { ok: false, code: -1, text: '', errors: unavailable.message, unavailable }
}
