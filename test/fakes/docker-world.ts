import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { problem, TaskError } from '../../lib/core/diagnostic.ts'
import type { DockerIo, Io } from '../../lib/core/module.ts'
import type { Answer, Query } from '../../lib/core/query.ts'
import { reveal } from '../../lib/core/secret.ts'
import { revealAll } from '../../lib/core/text.ts'
import { type DockerDouble, type DockerOptions, startDocker } from '../../lib/sandbox/docker/docker-double.ts'
import { fakeIo } from './io.ts'

export interface DockerWorld {
  readonly engine: DockerDouble
  ask(queries: readonly Query[]): Promise<readonly Answer[]>
  readonly io: Io
  /** Requests that changed something, in order, as `METHOD /path`. */
  readonly changes: string[]
  remove(): Promise<void>
}

/** A double of a Docker engine behind a real socket, for tasks that are about containers. Time in it goes a hundred times faster. */
export async function dockerWorld(options: Omit<DockerOptions, 'state' | 'listen'> = {}): Promise<DockerWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ametys-rocketchat-test-'))
  const socket = join(folder, 'docker.sock')
  const engine = await startDocker({ pace: 0.01, ...options, state: join(folder, 'state'), listen: socket })
  return {
    engine,
    ...dockerClient(socket),
    remove: () => engine.close().then(() => rm(folder, { recursive: true, force: true })),
  }
}

/** The same client for any engine, a real one included. */
export function dockerClient(socket: string, every = 10): Pick<DockerWorld, 'ask' | 'io' | 'changes'> {
  const changes: string[] = []
  const fake = fakeIo()
  const request: DockerIo['request'] = async (method, path, { body, upload, headers, onProgress } = {}) => {
    if (method !== 'GET') changes.push(`${method} ${path}`)
    return send(socket, method, path, { body, upload, headers, onProgress })
  }
  const until: Io['until'] = async (what, look, { timeout }) => {
    const end = Date.now() + timeout
    let last = 'nothing yet'
    for (;;) {
      const found = await look((state) => {
        last = state
      })
      if (found !== undefined) return found
      if (Date.now() > end) throw new TaskError(problem('deadline-passed', `waited for ${what}; last seen: ${last}`))
      await wait(every)
    }
  }
  return {
    changes,
    io: { ...fake, until, docker: { ...fake.docker, request } },
    ask: (queries) =>
      Promise.all(
        queries.map((query) => {
          if (query.on !== 'docker') throw new Error(`this world cannot ask ${query.on}`)
          return send(socket, 'GET', query.path, {})
        }),
      ),
  }
}

type Sent = NonNullable<Parameters<DockerIo['request']>[2]>

function send(
  socketPath: string,
  method: string,
  path: string,
  { body, upload, headers, onProgress }: { [K in keyof Sent]?: Sent[K] | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? undefined : JSON.stringify(revealAll(body))
    const request = httpRequest(
      {
        socketPath,
        method,
        path,
        headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (onProgress) for (const line of text.split('\n')) if (line.trim() !== '') onProgress(line)
          const code = response.statusCode ?? 0
          resolve({ ok: code >= 200 && code < 300, code, text, errors: '', ...parsed(text) })
        })
      },
    )
    request.on('error', reject)
    if (typeof upload === 'function') upload().pipe(request)
    else if (upload !== undefined)
      Readable.from([Buffer.isBuffer(upload) ? upload : Buffer.from(reveal(upload))]).pipe(request)
    else request.end(json)
  })
}

function parsed(text: string): { readonly json?: unknown } {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return {}
  }
}
