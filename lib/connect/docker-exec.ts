import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Output } from '../core/connection.ts'
import { problem, TaskError, ToolError } from '../core/diagnostic.ts'
import type { DockerIo } from '../core/module.ts'
import type { Answer } from '../core/query.ts'
import { reveal, type Text } from '../core/secret.ts'
import type { Ask, Modem, Send } from './docker-request.ts'
import { seconds } from './trouble.ts'

/** How long a command may run when nothing else is said, in milliseconds. */
const streamPatience = 3_600_000

type Options = NonNullable<Parameters<DockerIo['exec']>[2]>

/**
 * Runs a command in a running container: made, started with its streams, waited for, asked for its exit code. The
 * engine has no way to stop a command: after a timeout it goes on inside the container.
 * Throws TaskError `docker-unavailable`, `docker-exec-failed`, `command-timeout`.
 */
export async function dockerExec(
  modem: Modem,
  send: Send,
  request: (ask: Ask) => Promise<Answer>,
  container: string,
  command: readonly string[],
  { stdin, env, user, timeout }: Options = {},
): Promise<Output> {
  const limit = timeout === undefined ? {} : { timeout }
  const body = {
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Cmd: command,
    ...(env && { Env: env }),
    ...(user !== undefined && { User: user }),
  }
  const path = `/containers/${encodeURIComponent(container)}/exec`
  const made = settled(await request({ method: 'POST', path, body, ...limit }), container)
  const { Id: id } = made.json as { readonly Id: string }
  const output = await attached(modem, send, id, { stdin, container, ...limit }).catch((error) => {
    throw error instanceof ToolError && error.code === 'docker-timeout' ? noEnd(container, command, timeout) : error
  })
  return { ...output, code: await exitCode(request, id, container) }
}

async function attached(
  modem: Modem,
  send: Send,
  id: string,
  {
    stdin,
    container,
    timeout,
  }: { readonly stdin: Text | undefined; readonly container: string; readonly timeout?: number },
): Promise<Pick<Output, 'stdout' | 'stderr'>> {
  const start: Ask = {
    method: 'POST',
    path: `/exec/${id}/start`,
    body: { Detach: false, Tty: false },
    hijack: true,
    timeout: timeout ?? streamPatience,
  }
  const { response, signal, check, end } = await send(start).catch((error) => broke(error, container))
  try {
    if (response.statusCode !== undefined && response.statusCode >= 300) {
      const chunks = await response.toArray()
      throw execFailed(container, Buffer.concat(chunks).toString())
    }
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    modem.demuxStream(response, collect(stdout), collect(stderr))
    // After the upgrade the library no longer listens to the signal.
    const ended = finished(response, { writable: false, signal })
    if (response.writable) response.end(stdin === undefined ? undefined : reveal(stdin))
    await ended
    return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
  } catch (error) {
    await check()
    return broke(error, container)
  } finally {
    end()
    response.destroy()
  }
}

function collect(chunks: Buffer[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
}

/** The streams can end a moment before the engine knows the exit code. */
async function exitCode(request: (ask: Ask) => Promise<Answer>, id: string, container: string): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const state = settled(await request({ method: 'GET', path: `/exec/${id}/json` }), container)
    const { Running: running, ExitCode: code } = state.json as { Running?: boolean; ExitCode?: number | null }
    if (running !== true && typeof code === 'number') return code
    await sleep(100)
  }
  throw execFailed(container, 'the engine did not say how the command ended')
}

function noEnd(container: string, [program = '']: readonly string[], timeout = streamPatience): TaskError {
  return new TaskError(
    problem('command-timeout', `no end after ${seconds(timeout)} in the container ${container}: ${program}`, {
      mend: 'the engine cannot stop it: it goes on inside the container, which can be restarted',
    }),
  )
}

function settled(answer: Answer, container: string): Answer {
  if (answer.unavailable !== undefined) throw new TaskError(answer.unavailable)
  if (!answer.ok) throw execFailed(container, answer.text)
  return answer
}

function broke(error: unknown, container: string): never {
  if (error instanceof ToolError) throw error
  throw execFailed(container, error instanceof Error ? error.message : String(error), error)
}

function execFailed(container: string, said: string, cause?: unknown): TaskError {
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(said)?.[1] ?? said
  return new TaskError(
    problem('docker-exec-failed', `no command could be run in the container ${container}`, {
      detail: message.trim(),
      mend: 'check that the container runs (`docker ps`), and what it says (`docker logs`)',
    }),
    { cause },
  )
}
