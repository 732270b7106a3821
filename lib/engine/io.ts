import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { type Connection, FencedError, fenced, type Output, type Rider } from '../core/connection.ts'
import { problem, TaskError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import type { Io, StoreIo } from '../core/module.ts'
import { join, raw, type Script, sh } from '../core/script.ts'
import type { Text } from '../core/secret.ts'
import { endingLines } from '../core/text.ts'
import type { Asked } from './asked.ts'
import type { HostState } from './host-state.ts'
import { pause } from './pause.ts'

/** Milliseconds a single command of a task may take unless the task says otherwise. */
export const applyTimeout = 1_800_000

export interface IoOptions {
  readonly host: HostState
  readonly become: Become | undefined
  readonly store: StoreIo
  readonly environment: ReadonlyMap<string, Text>
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly stopping: AbortSignal
  /** Nothing is changed before it settles. */
  readonly onDisk: Promise<void> | undefined
  /** What can be asked together with the change; undefined when another change follows. */
  readonly questions: (() => Promise<readonly Asked[]>) | undefined
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void
}

/**
 * The hands of a task on one host: everything it may do, with deadlines and the stop signal built in. Nothing is changed
 * unless the lock of the host is ours.
 */
export function createIo(options: IoOptions): Io {
  const { host, become, signal } = options
  const { lock, answers } = host
  const aboard = (more: boolean) =>
    options.questions === undefined || more ? undefined : { become, questions: options.questions }
  /** Time passes: what is known of the host may not hold any more. */
  const passing = <T>(work: () => Promise<T>) =>
    answers.changing(async () => {
      await options.onDisk
      return work()
    })
  /** A host that is reached over its API alone has no place for a lock. */
  const holdIfLinked = async () => {
    if (host.linked || lock.held) await lock.hold(become)
  }
  return {
    signal,
    async sh(script, { expect = [0], timeout = options.timeout, live = false, looks = false, more = false } = {}) {
      // A character may be cut between two chunks.
      const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
      const send = async (fence?: Script, rider?: Rider) => {
        const connection = await host.connection()
        await options.onDisk
        return connection.exec(withEnvironment(script, options.environment), {
          become,
          signal,
          timeout,
          fence,
          rider,
          ...(live && {
            onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) =>
              options.onOutput(stream, decoders[stream].write(chunk)),
          }),
        })
      }
      const work = async (rider?: Rider) => {
        const output = await (looks ? send() : lock.guard(become, (fence) => send(fence, rider)))
        if (!expect.includes(output.code)) throw new TaskError(commandFailed(script, output))
        return output
      }
      return looks ? passing(work) : answers.changing(work, aboard(more))
    },
    put: (path, content, { more = false, ...put }) =>
      answers.changing(async (rider) => {
        const sent = await lock.guard(become, async (fence) => {
          const connection = await host.connection()
          await options.onDisk
          try {
            await connection.put(path, content, { timeout: options.timeout, ...put, become, signal, fence, rider })
            return { code: 0 }
          } catch (error) {
            if (error instanceof FencedError) return { code: fenced, error }
            throw error
          }
        })
        if ('error' in sent) throw sent.error
      }, aboard(more)),
    http: (request) =>
      passing(async () => {
        if (request.method !== 'GET' && request.method !== 'HEAD') await lock.hold(become)
        const { dial } = await host.connection()
        return host.services.http(request, { dial, signal })
      }),
    keep: (path, script) =>
      passing(async () => {
        const connection = await host.connection()
        const told = withEnvironment(script, options.environment)
        return host.services.keep(path, await readable(connection, told, { become, signal }))
      }),
    now: () => Date.now(),
    docker: {
      request: (method, path, request) =>
        passing(async () => {
          if (method !== 'GET') await lock.hold(become)
          return (await host.docker(become)).request(method, path, request)
        }),
      exec: (container, command, exec) =>
        passing(async () => {
          await lock.hold(become)
          return (await host.docker(become)).exec(container, command, exec)
        }),
    },
    api: {
      request: (method, path, body) =>
        passing(async () => {
          if (method !== 'GET') await holdIfLinked()
          return host.api().request(method, path, body)
        }),
      renew() {
        answers.forget()
        host.api().renew()
      },
      proves: (userId, token) => passing(() => host.api().proves(userId, token)),
    },
    store: {
      get: (name) => options.store.get(name),
      set: (name, value) =>
        passing(async () => {
          await holdIfLinked()
          await options.store.set(name, value)
        }),
      delete: (name) =>
        passing(async () => {
          await holdIfLinked()
          await options.store.delete(name)
        }),
    },
    random: (bytes) => randomBytes(bytes),
    dial: (target) => passing(async () => (await host.connection()).dial(target)),
    observe: (name, input, from) => passing(() => host.observe(name, input, from)),
    until: (what, look, { timeout, every = 1000 }) =>
      passing(async () => {
        const end = Date.now() + timeout
        let state = 'nothing yet'
        let said: string | undefined
        for (;;) {
          options.stopping.throwIfAborted()
          if (said !== state) host.doing('waiting', { waits: `${what} (${state})`, deadline: end - Date.now() })
          said = state
          const found = await look((text) => {
            state = text
          })
          if (found !== undefined) return found
          if (Date.now() + every > end) {
            throw new TaskError(
              problem('deadline-passed', `waited ${Math.round(timeout / 1000)} s for ${what}; last seen: ${state}`, {
                mend: 'look at the state shown; if it only needs longer, raise the timeout of the task',
              }),
            )
          }
          await pause(every, options.stopping)
        }
      }),
    pause: (ms, enough) => passing(() => pause(ms, options.stopping, enough)),
    async reconnect() {
      await host.drop()
      await host.connection()
    },
    progress: (text) => host.doing(text),
  }
}

/** What a script prints, as a stream where the link can do that. */
async function readable(
  connection: Connection,
  script: Script,
  options: { readonly become: Become | undefined; readonly signal: AbortSignal },
): Promise<Readable> {
  if (connection.pipe === undefined) return Readable.from([(await connection.exec(script, options)).stdout])
  const stream = await connection.pipe(script, options)
  stream.end()
  return stream
}

/** What a failed command tells: the command with labels for secrets, the exit code, the last lines. */
export function commandFailed(script: Script, output: Output): ReturnType<typeof problem> {
  const lines = `${output.stderr.toString()}\n${output.stdout.toString()}`
    .split('\n')
    .filter((line) => line.trim() !== '')
  const how = output.signal === undefined ? `exit code ${output.code}` : `signal ${output.signal}`
  return problem(
    'command-failed',
    `a command failed with ${how}${lines[0] === undefined ? '' : `: ${lines[0].trim()}`}`,
    {
      detail: `command: ${script.toString()}\n${endingLines(lines, 20)}`.trimEnd(),
    },
  )
}

/** Puts `export NAME=value` before a script; values travel on stdin with it. */
export function withEnvironment(script: Script, environment: ReadonlyMap<string, Text>): Script {
  if (environment.size === 0) return script
  const exports = [...environment].map(([name, value]) => join([raw(`export ${name}=`), sh`${value}`], ''))
  return join([...exports, script])
}
